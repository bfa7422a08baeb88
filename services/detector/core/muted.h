// What is kept of a finding that is not told now, and the finding again when it is.
//
// A person may be away for weeks, and each rule has its say meanwhile: kept are the times, the
// sentence and what was seen. Everything else stands in the plan. Pure.

#ifndef SERVICES_DETECTOR_CORE_MUTED_H_
#define SERVICES_DETECTOR_CORE_MUTED_H_

#include "veille/store/v1/circumstances_state.pb.h"

#include "services/detector/core/findings.h"

namespace veille::detector {

// Replaces what `muted` keeps of a finding by this one; why and how long stay as they are.
void Keep(const Conclusion& conclusion, const store::v1::Finding& finding,
          store::v1::MutedFinding& muted);

// The rule's message in the person's plan; null where this version knows no such rule.
const google::protobuf::Message* RuleOf(const HomePlan& plan, const store::v1::MutedFinding& muted);

// The finding, decided at `at_us`; `rule` as of RuleOf().
store::v1::Finding Recall(const Context& context, const store::v1::MutedFinding& muted,
                          const google::protobuf::Message& rule, store::v1::Finding::Kind kind,
                          int64_t at_us);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_MUTED_H_
