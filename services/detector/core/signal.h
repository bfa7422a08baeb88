// A discrete event as the rules see it: put in order, and free of what they need not know.
//
// Pure.

#ifndef SERVICES_DETECTOR_CORE_SIGNAL_H_
#define SERVICES_DETECTOR_CORE_SIGNAL_H_

#include <cstdint>
#include <string_view>

#include "veille/event/v1/event.pb.h"
#include "veille/store/v1/home_state.pb.h"

#include "services/detector/core/home_plan.h"

namespace veille::detector {

// What a signal means, with its values. The numbers stand in stored states: they never change.
enum class SignalKind : uint32_t {
  kNothing = 0,
  kMovement = 1,  // A motion sensor; whatever is only a sign of life.
  kDoorOpen = 2,  // An exit door's edge.
  kDoorClosed = 3,
  kFix = 4,  // value, value_2: degrees; value_3: accuracy m, 0 unknown; value_4: m/s, −1 unknown.
  kDoorStillOpen = 5,  // An exit door's state, said once more.
  kDoorStillClosed = 6,
  kLeft = 7,       // The occupant left, by a sensor's own judgement.
  kAnswered = 8,   // The person answered a prompt, wherever.
  kUnclear = 9,    // Something of a sensor of signs of life that could not be read.
  kReturned = 10,  // The occupant came back, by a sensor's own judgement.
  kUseBegan = 11,  // Bed, seat, toilet, appliance: the device's role says which.
  kUseEnded = 12,
  kOpened = 13,  // An inner door, cupboard, fridge.
  kClosed = 14,
  kSwitchOn = 15,
  kSwitchOff = 16,
  kDoseTaken = 17,  // text: the compartment.
  kDoseMissed = 18,
  kTemperature = 19,  // value: °C, NaN unknown; value_2: %, NaN unknown; code: the sensor's alarm.
  kMeter = 20,        // value; code: MeterReading's oneof case, which names the unit.
  kWorn = 21,
  kOffBody = 22,
  kCharging = 23,
  kSteps = 24,    // value: steps; value_2: seconds they were counted in, 0 unknown.
  kTap = 25,      // text: network, line and stop, each ended by a line feed; code: direction.
  kCompany = 26,  // code: Presence.Kind; value: 1 near, 0 gone; value_2: m, −1 unknown;
                  // text: who.
  kPause = 27,    // value: 1 paused, 0 goes on; value_2: seconds at most, 0 unlimited.
  kStatus = 28,   // code: DeviceStatus.Kind, all but check-ins.
  kVital = 29,    // value; code: the number of the field of Vitals; value_3: Activity;
                  // value_4: Quality.
};

// A set of kinds, and whether any sign of life is wanted, too.
using SignalSet = uint64_t;
constexpr SignalSet Of(SignalKind kind) { return SignalSet{1} << static_cast<uint32_t>(kind); }
inline constexpr SignalSet kSignsOfLife = SignalSet{1} << 63;
inline constexpr SignalSet kDoorEdges = Of(SignalKind::kDoorOpen) | Of(SignalKind::kDoorClosed) |
                                        Of(SignalKind::kDoorStillOpen) |
                                        Of(SignalKind::kDoorStillClosed);

struct Signal {
  SignalKind kind = SignalKind::kNothing;
  int device = 0;  // The index in the plan.
  int64_t time_us = 0;
  int64_t receive_us = 0;
  bool sign_of_life = false;  // Somebody inside the home must have made it.
  uint32_t code = 0;
  double value = 0, value_2 = 0;
  float value_3 = 0, value_4 = 0;
  std::string_view text;  // Valid while the rule is shown the signal.

  bool In(SignalSet set) const {
    return (set & Of(kind)) != 0 || (sign_of_life && (set & kSignsOfLife) != 0);
  }
  bool opens_door() const {
    return kind == SignalKind::kDoorOpen || kind == SignalKind::kDoorStillOpen;
  }
};

// How many signals an event can make: one, or one a value.
int PartsOf(const event::v1::Event& event);
// What one part means to the rules; kNothing for nothing. A test means nothing.
SignalKind KindOf(const DevicePlan& device, const event::v1::Event& event, int part);
// The kind's values into what is kept until its turn.
void Fill(const DevicePlan& device, const event::v1::Event& event, int part, SignalKind kind,
          store::v1::PendingEvent& pending);

// Points into `pending`.
Signal SignalOf(const store::v1::PendingEvent& pending);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_SIGNAL_H_
