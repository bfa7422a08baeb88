#include "services/detector/core/rules/meters.h"

#include <algorithm>

namespace veille::detector {
namespace {

using event::v1::MeterReading;

// A meter that was not heard for this long before an instant says nothing of it.
constexpr int64_t kCoveredUs = 2LL * 3600 * 1000000;
// When an absence could not be judged, it is looked at again after this.
constexpr int64_t kLookAgainUs = 1800LL * 1000000;
// A device that gave a flow within this is judged by flows.
constexpr int64_t kFlowsUs = 2LL * 3600 * 1000000;

bool IsFlow(uint32_t code) {
  return code == MeterReading::kWaterLitresPerMinute || code == MeterReading::kGasM3PerHour ||
         code == MeterReading::kElectricityW;
}

double RateOf(Commodity of, double amount, int64_t span_us) {
  const double hours = static_cast<double>(span_us) / 3600e6;
  switch (of) {
    case Commodity::kWater:
      return amount / (hours * 60);
    case Commodity::kElectricity:
      return amount * 1000 / hours;
    default:
      return amount / hours;
  }
}

// A reading that comes after the instant may yet say what was used before it.
bool IsReadLater(const Context& context, int device, int64_t at_us) {
  for (const auto& pending : context.state.record().pending()) {
    if (static_cast<int>(pending.device()) == device && pending.time_us() > at_us &&
        static_cast<SignalKind>(pending.kind()) == SignalKind::kMeter) {
      return true;
    }
  }
  return false;
}

// Every meter of it was heard, and none stands at a flow.
bool AllSayNothing(const Context& context, Commodity of, int64_t at_us) {
  bool some = false;
  for (const int device : context.plan.dwelling.meters) {
    const auto& meter = InstallationOf(context, device).meter();
    const bool flows = meter.flow_us() != 0 && CommodityOf(meter.flow_code()) == of;
    if (!flows && (meter.total_us() == 0 || CommodityOf(meter.total_code()) != of)) continue;
    some = true;
    // Standing electric power is the base load; standing water runs.
    if (flows && of != Commodity::kElectricity && meter.flow() > 0) return false;
    const int64_t read = std::max(meter.total_us(), meter.flow_us());
    const int64_t heard = IsReadLater(context, device, at_us)
                              ? read
                              : std::max(read, context.state.record().devices(device).seen_us());
    if (!IsAlive(context, device, at_us) || heard < at_us - kCoveredUs) return false;
  }
  return some;
}

}  // namespace

Commodity CommodityOf(uint32_t code) {
  switch (code) {
    case MeterReading::kWaterLitres:
    case MeterReading::kWaterLitresPerMinute:
      return Commodity::kWater;
    case MeterReading::kGasM3:
    case MeterReading::kGasM3PerHour:
      return Commodity::kGas;
    case MeterReading::kElectricityKwh:
    case MeterReading::kElectricityW:
      return Commodity::kElectricity;
    default:
      return Commodity::kNone;
  }
}

Reading ReadMeter(const Context& context, const Signal& seen) {
  Reading reading;
  const DevicePlan& device = context.plan.device(seen.device);
  if (seen.kind != SignalKind::kMeter || device.role != care::v1::ROLE_METER) return reading;
  const auto& meter = InstallationOf(context, seen.device).meter();
  reading.flow = IsFlow(seen.code);
  reading.to_us = seen.time_us;
  if (reading.flow) {
    const bool before = meter.flow_code() == seen.code && meter.flow_us() != 0;
    if (before && seen.time_us <= meter.flow_us()) return reading;
    reading.of = CommodityOf(seen.code);
    reading.known = true;
    reading.from_us = before ? meter.flow_us() : seen.time_us;
    reading.rate = seen.value;
    return reading;
  }
  const bool before = meter.total_code() == seen.code && meter.total_us() != 0;
  if (before && seen.time_us <= meter.total_us()) return reading;
  reading.of = CommodityOf(seen.code);
  reading.from_us = before ? meter.total_us() : seen.time_us;
  reading.exchanged = before && seen.value < meter.total();
  if (!before || reading.exchanged) return reading;
  reading.known = true;
  reading.amount = seen.value - meter.total();
  reading.rate = RateOf(reading.of, reading.amount, reading.to_us - reading.from_us);
  return reading;
}

bool IsCoarser(const Context& context, const Signal& seen, const Reading& reading) {
  const auto& meter = InstallationOf(context, seen.device).meter();
  return !reading.flow && meter.flow_us() != 0 && CommodityOf(meter.flow_code()) == reading.of &&
         seen.time_us - meter.flow_us() < kFlowsUs;
}

Flow JudgeFlow(const FlowFigures& figures, const Reading& reading) {
  if (!reading.known) return Flow::kUnknown;
  // On average no more: it stopped some time between.
  if (reading.rate <= figures.flow) return Flow::kStopped;
  // How long it ran between two readings far apart is not known. A flow stands until the next.
  const bool coarse = !reading.flow && reading.to_us - reading.from_us > figures.resolution_us;
  return coarse ? Flow::kUnknown : Flow::kRuns;
}

bool IsAbsent(const Context& context, Commodity of, const AbsenceFigures& figures,
              int64_t deadline_us, store::v1::Spell& spell) {
  const auto& record = context.state.record();
  const int64_t since = std::max(spell.since_us(), record.door_us());
  const absl::Time due =
      AfterInWindow(absl::FromUnixMicros(since), absl::Microseconds(figures.span_us),
                    context.plan.zone(), figures.window);
  if (due > absl::FromUnixMicros(deadline_us)) {
    spell.set_ask_us(due == absl::InfiniteFuture() ? 0 : absl::ToUnixMicros(due));
    return false;
  }
  if (IsOut(record) || !AllSayNothing(context, of, deadline_us)) {
    spell.set_ask_us(deadline_us + kLookAgainUs);
    return false;
  }
  return true;
}

}  // namespace veille::detector
