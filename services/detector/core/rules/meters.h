// What a meter's readings mean: what was drawn, between which instants.
//
// A cumulative value below the one before is an exchanged meter: nothing is known of the time
// between. Values come out of turn and twice: only what is newer counts.

#ifndef SERVICES_DETECTOR_CORE_RULES_METERS_H_
#define SERVICES_DETECTOR_CORE_RULES_METERS_H_

#include <cstdint>

#include "services/detector/core/rules/spell.h"

namespace veille::detector {

enum class Commodity { kNone, kWater, kGas, kElectricity };

Commodity CommodityOf(uint32_t code);  // The case of MeterReading.

struct Reading {
  Commodity of = Commodity::kNone;
  bool flow = false;   // A flow or power at `to_us`; else what was drawn since `from_us`.
  bool known = false;  // False: the first of a meter, or of an exchanged one; and for nothing new.
  bool exchanged = false;
  int64_t from_us = 0, to_us = 0;
  double rate = 0;    // L/min, m³/h, W: at that instant, or on average.
  double amount = 0;  // L, m³, kWh; 0 for flows.
};

// `of` is kNone when the device is no meter, or the reading is not new.
Reading ReadMeter(const Context& context, const Signal& seen);

// A device that gives flows is judged by them; its cumulative values are too coarse beside them.
bool IsCoarser(const Context& context, const Signal& seen, const Reading& reading);

// Whether more than `figures.flow` ran up to this reading.
enum class Flow { kUnknown, kRuns, kStopped };
Flow JudgeFlow(const FlowFigures& figures, const Reading& reading);

// Nothing of it was used since the spell began: true when that is to be told at the deadline. Else
// the spell says when to look again: the person was out, the hours did not count, or a meter was
// silent.
bool IsAbsent(const Context& context, Commodity of, const AbsenceFigures& figures,
              int64_t deadline_us, store::v1::Spell& spell);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_METERS_H_
