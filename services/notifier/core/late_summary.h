// Late news in one line: what began and ended inside a late backlog, below HIGH, is gathered into
// one summary of the home and reconnect, and told once. Nothing is dropped: each condition is an
// observation of the summary. Pure.
//
// The first such finding opens the summary; it is told when none has come for a while.

#ifndef SERVICES_NOTIFIER_CORE_LATE_SUMMARY_H_
#define SERVICES_NOTIFIER_CORE_LATE_SUMMARY_H_

#include "absl/time/time.h"

#include "veille/store/v1/finding.pb.h"
#include "veille/store/v1/notification.pb.h"

namespace veille::notifier {

// HIGH, and what latches, is never folded, whatever the finding says.
bool IsFolded(const store::v1::Finding& finding);

// The folded finding as a line of its person's summary: another rule key, so that all of them join.
store::v1::Finding SummaryLine(const store::v1::Finding& folded);

// `record` was just made of its first line.
void BeginSummary(absl::Time now, store::v1::AlertRecord& record);
void AddToSummary(const store::v1::Finding& line, absl::Time now, store::v1::AlertRecord& record);
// Complete: closed, to be told.
void EndSummary(absl::Time now, store::v1::AlertRecord& record);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_LATE_SUMMARY_H_
