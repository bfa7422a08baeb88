// What each rule does with what it is shown. One file a rule; advance.cc shows.
//
// Times are event times in microseconds. A rule remembers in the home's record and concludes
// through Conclude(); it never waits: it says by when it wants to be asked again.

#ifndef SERVICES_DETECTOR_CORE_RULES_RULES_H_
#define SERVICES_DETECTOR_CORE_RULES_RULES_H_

#include <cstdint>
#include <limits>

#include "veille/event/v1/event.pb.h"

#include "services/detector/core/findings.h"

namespace veille::detector {

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// A discrete event, put in order.
struct Seen {
  int device = 0;
  int64_t time_us = 0;
  int64_t receive_us = 0;
};

// sos.cc, device_fall.cc, hazard.cc: told at once, also from a device that the plan does not know
// (device −1) or that was not bound at the time.
void OnPersonalEmergency(Context& context, int device, const event::v1::Event& event);
void OnDeviceFall(Context& context, int device, const event::v1::Event& event);
void OnHazard(Context& context, int device, const event::v1::Event& event);

// fall_rule.cc
void OnAcceleration(Context& context, int device, const event::v1::Event& event);
void OnFallTick(Context& context, int64_t tick_us);
int64_t FallServerDeadline(const HomePlan& plan, const HomeState& state);

// battery_low.cc
void OnBattery(Context& context, int device, const event::v1::Event& event);

// clock_skew.cc
void OnClockQuality(Context& context, int source, const event::v1::Event* wrong);

// geofence_rule.cc
void OnFix(Context& context, const Seen& seen, double latitude, double longitude,
           double accuracy_m);

// night_exit.cc
void OnExitDoorForNightExit(Context& context, const Seen& seen, bool open);
void OnPresenceForNightExit(Context& context, const Seen& seen);
int64_t NightExitDeadline(const HomeState& state);
void OnNightExitDeadline(Context& context);
void OnNightExitTick(Context& context, int64_t tick_us);
int64_t NightExitServerDeadline(const HomePlan& plan, const HomeState& state);

// door_left_open.cc
void OnExitDoorForLeftOpen(Context& context, const Seen& seen, bool open);
int64_t DoorLeftOpenDeadline(const Context& context, int* device);
void OnDoorLeftOpenDeadline(Context& context, int device, int64_t deadline_us);

// inactivity.cc
void OnPresenceForInactivity(Context& context, const Seen& seen);
// Cheap while `frontier_us` is not near.
int64_t InactivityDeadline(const Context& context, int64_t frontier_us);
void OnInactivityDeadline(Context& context, int64_t deadline_us);

// hub_offline.cc
void OnContact(Context& context, int source);
void OnOfflineTick(Context& context, int64_t tick_us);
int64_t OfflineServerDeadline(const HomePlan& plan, const HomeState& state);

// A person near the door makes the last motion a moment after it moves: only later movement is
// inside.
inline constexpr int64_t kDoorwayUs = 5'000'000;
// How the sensors' device is called in a sentence.
std::string RoomOf(const HomePlan& plan, int device);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_RULES_H_
