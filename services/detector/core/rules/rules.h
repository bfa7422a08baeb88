// The rules. One file each; rule_table.cc lists those that judge signals, deadlines and ticks, and
// advance.cc shows the others what comes.

#ifndef SERVICES_DETECTOR_CORE_RULES_RULES_H_
#define SERVICES_DETECTOR_CORE_RULES_RULES_H_

#include "veille/event/v1/event.pb.h"

#include "services/detector/core/liveness.h"
#include "services/detector/core/rule.h"

namespace veille::detector {

// sos.cc, device_fall.cc, hazard.cc: told at once, also from a device that the plan does not know
// (device −1) or that was not bound at the time.
void OnPersonalEmergency(Context& context, int device, const event::v1::Event& event);
void OnDeviceFall(Context& context, int device, const event::v1::Event& event);
void OnHazard(Context& context, int device, const event::v1::Event& event);

// fall_rule.cc
void OnAcceleration(Context& context, int device, const event::v1::Event& event);
// battery_low.cc
void OnBattery(Context& context, int device, const event::v1::Event& event);

// clock_skew.cc
void OnClockQuality(Context& context, int source, const event::v1::Event* wrong);

extern const Rule kFall, kNightExit, kDoorLeftOpen, kGeofence, kHabits, kInactivity, kPresence;

// hub_offline.cc
void OnContact(Context& context, int source);
void OnOfflineTick(Context& context, int64_t tick_us);
int64_t OfflineServerDeadline(const HomePlan& plan, const HomeState& state);

// How the sensors' device is called in a sentence.
std::string RoomOf(const HomePlan& plan, int device);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_RULES_H_
