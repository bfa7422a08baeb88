#include "services/detector/core/rule_table.h"

#include <iterator>

#include "services/detector/core/rules/rules.h"

namespace veille::detector {
namespace {

// Of two deadlines at one instant the upper rule's comes first. Inactivity is last: it moves the
// last sign of life on, which the others compare with.
const Rule* const kRules[] = {
    &kPresence,  // First: what others conclude is muted or lowered by it.
    &kFall,      // Ticks only: samples are judged as they come.
    &kNightExit, &kDoorLeftOpen, &kGeofence, &kHabits, &kInactivity,
};
static_assert(std::size(kRules) <= kMostRules);

}  // namespace

RuleList AllRules() { return {kRules, std::size(kRules)}; }

}  // namespace veille::detector
