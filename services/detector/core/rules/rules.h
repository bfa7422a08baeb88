// The rules. One file each; rule_table.cc lists those that judge signals, deadlines and ticks, and
// advance.cc shows the others what comes.

#ifndef SERVICES_DETECTOR_CORE_RULES_RULES_H_
#define SERVICES_DETECTOR_CORE_RULES_RULES_H_

#include <optional>
#include <string>

#include "veille/event/v1/event.pb.h"

#include "services/detector/core/liveness.h"
#include "services/detector/core/rule.h"

namespace veille::detector {

// sos.cc, device_fall.cc, hazard.cc: told at once, also from a device that the plan does not know
// (device −1) or that was not bound at the time. A detector in the room is held against the home's
// other sensors first: room_fall.cc.
void OnPersonalEmergency(Context& context, int device, const event::v1::Event& event);
// "I need help", whoever asked.
void OnHelpAnswer(Context& context, int device, const event::v1::Event& event);
void OnDeviceFall(Context& context, int device, const event::v1::Event& event);
void OnRoomFall(Context& context, int device, const event::v1::Event& event);
void OnHazard(Context& context, int device, const event::v1::Event& event);

// fall_rule.cc
void OnAcceleration(Context& context, int device, const event::v1::Event& event);
// Whatever became of a prompt.
void OnFallAnswer(Context& context, const event::v1::Event& event);
// The fall that a prompt asked about; nothing when it asked about something else, or the person is
// up again.
struct AskedFall {
  int patient = 0;
  Observed impact;
};
std::optional<AskedFall> FallOfPrompt(Context& context, const std::string& prompt_id);
// A device told the fall of this person, or that they are up: what is suspected of it is the same.
void CloseFalls(Context& context, int patient, bool up);

// battery_low.cc
void OnBattery(Context& context, int device, const event::v1::Event& event);

// clock_skew.cc: how the gateway dated a batch, and the source's own clock.
void OnClocks(Context& context, int source, const event::v1::EventBatch& batch);

extern const Rule kFall, kNightExit, kDoorLeftOpen, kHabits, kInactivity, kOccupied, kPresence,
    kRoomFall;
// Outdoors: whereabouts.cc, geofence_rule.cc, geofence_far.cc, disorientation.cc, off_route.cc,
// transit.cc, in_vehicle.cc, tracker_silent.cc
extern const Rule kWhereabouts, kGeofence, kGeofenceFar, kDisorientation, kOffRoute, kTransit,
    kInVehicle, kTrackerSilent;
// Daily living and wandering.
extern const Rule kBathroomLong, kBedExit, kMealMissed, kNoMorning, kNotReturned, kRoomPatterns,
    kTrends;
// The dwelling.
extern const Rule kStoveUnattended, kRoomHot, kRoomCold, kWaterNone, kWaterContinuous,
    kWaterRunning, kElectricityFlat, kGasFlowLong, kMeterBook, kPowerCut, kDose;
// The installation.
extern const Rule kSensorSilent, kOffBody, kTamper, kHubOnBattery;
// Vital signs.
extern const Rule kPartialNews2, kSpo2Low, kPulseAtRest, kBodyTemperatureLow;

// sensor_silent.cc: a device's own readable word, whatever it says, before it is noted and after;
// and whether it was told silent.
void BeforeDeviceSpeaks(Context& context, int device, int64_t time_us);
void OnDeviceSpoke(Context& context, int device, int64_t time_us);
bool IsToldSilent(const Context& context, int device);

// hub_offline.cc
void OnContact(Context& context, int source);
void OnOfflineTick(Context& context, int64_t tick_us);
int64_t OfflineServerDeadline(const HomePlan& plan, const HomeState& state);

// How the sensors' device is called in a sentence.
std::string RoomOf(const HomePlan& plan, int device);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_RULES_H_
