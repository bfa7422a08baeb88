#include "services/detector/core/rule_table.h"

#include <iterator>

#include "services/detector/core/rules/rules.h"

namespace veille::detector {
namespace {

// Of two deadlines at one instant the upper rule's comes first. Inactivity is last: it moves the
// last sign of life on, which the others compare with.
const Rule* const kRules[] = {
    &kPresence,  // First: what others conclude is muted or lowered by it.
    &kHabits,    // What others learn of the day goes into the day that it begins.
    &kFall,
    &kRoomFall,
    &kNightExit,
    &kDoorLeftOpen,
    // Outdoors. Whereabouts first: the others look at it.
    &kWhereabouts,
    &kGeofence,
    &kGeofenceFar,
    &kDisorientation,
    &kOffRoute,
    &kTransit,
    &kInVehicle,
    &kTrackerSilent,
    // Daily living and wandering.
    &kBedExit,
    &kRoomPatterns,
    &kBathroomLong,
    &kNoMorning,
    &kMealMissed,
    &kTrends,
    // The dwelling. The book of meters comes after those who compare with it.
    &kStoveUnattended,
    &kRoomHot,
    &kRoomCold,
    &kWaterNone,
    &kWaterContinuous,
    &kWaterRunning,
    &kElectricityFlat,
    &kGasFlowLong,
    &kMeterBook,
    &kPowerCut,
    &kDose,
    // The installation.
    &kSensorSilent,
    &kOffBody,
    &kTamper,
    &kHubOnBattery,
    // Vital signs: silent unless the deployment switches them on.
    &kPartialNews2,
    &kSpo2Low,
    &kPulseAtRest,
    &kBodyTemperatureLow,
    // What others ask about, as it was before the signal.
    &kNotReturned,
    &kOccupied,
    &kInactivity,
};
static_assert(std::size(kRules) <= kMostRules);

}  // namespace

RuleList AllRules() { return {kRules, std::size(kRules)}; }

}  // namespace veille::detector
