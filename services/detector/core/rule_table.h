// Every rule that judges signals, deadlines or ticks, in the order in which they are asked.

#ifndef SERVICES_DETECTOR_CORE_RULE_TABLE_H_
#define SERVICES_DETECTOR_CORE_RULE_TABLE_H_

#include <cstddef>

#include "services/detector/core/rule.h"

namespace veille::detector {

inline constexpr int kMostRules = 48;

struct RuleList {
  const Rule* const* first;
  std::size_t count;
  const Rule* const* begin() const { return first; }
  const Rule* const* end() const { return first + count; }
  std::size_t size() const { return count; }
  const Rule* operator[](std::size_t index) const { return first[index]; }
};

// At most kMostRules. Thread safe.
RuleList AllRules();

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULE_TABLE_H_
