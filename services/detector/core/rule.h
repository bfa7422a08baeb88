// What a rule is to the engine: which signals it is shown, and by when it wants to be asked again.
//
// A rule is one file in rules/ with one `const Rule`. It remembers in the home's record, concludes
// through Conclude(), and never waits. rule_table.cc lists all of them.

#ifndef SERVICES_DETECTOR_CORE_RULE_H_
#define SERVICES_DETECTOR_CORE_RULE_H_

#include <cstdint>
#include <limits>

#include "services/detector/core/findings.h"
#include "services/detector/core/signal.h"

namespace veille::detector {

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
// What was seen and is due is told this long after its time when contact was lost: two missed
// heartbeats.
inline constexpr int64_t kContactGraceUs = 120'000'000;

// What shows that a deadline has passed.
enum class Proof {
  // Something was seen that makes waiting dangerous: any later event shows that time has passed.
  kTrigger,
  // The rule concludes from silence: only as far as the sources' watermarks reach.
  kSilence,
};

struct Rule {
  // Signals that it is shown, in the order of event time.
  SignalSet wants = 0;
  void (*on_signal)(Context& context, const Signal& signal) = nullptr;

  // The next instant of event time at which it wants to judge; kNever for none. May be too early
  // where the true one lies beyond `by_us` and is dear to find: it is asked again when `by_us` has
  // come there. Changes only with a signal that the rule wants, or with its own judgement.
  int64_t (*deadline)(const Context& context, int64_t by_us) = nullptr;
  void (*on_deadline)(Context& context, int64_t deadline_us) = nullptr;
  Proof proof = Proof::kTrigger;

  // The service's own ticks: for what was seen and must be told although contact is lost. Not
  // called by a tick that says that the silence before it was ours.
  void (*on_tick)(Context& context, int64_t tick_us) = nullptr;
  // The earliest tick that could change something; kNever for none.
  int64_t (*server_deadline)(const HomePlan& plan, const HomeState& state) = nullptr;
};

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULE_H_
