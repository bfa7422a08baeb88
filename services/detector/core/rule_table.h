// Every rule that judges signals, deadlines or ticks, in the order in which they are asked.

#ifndef SERVICES_DETECTOR_CORE_RULE_TABLE_H_
#define SERVICES_DETECTOR_CORE_RULE_TABLE_H_

#include "absl/types/span.h"

#include "services/detector/core/rule.h"

namespace veille::detector {

inline constexpr int kMostRules = 48;

// At most kMostRules. Thread safe.
absl::Span<const Rule* const> AllRules();

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULE_TABLE_H_
