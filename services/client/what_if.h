// What another care plan would have told over the same recording: what comes, goes, changes.
//
// Pure.

#ifndef SERVICES_CLIENT_WHAT_IF_H_
#define SERVICES_CLIENT_WHAT_IF_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

#include "veille/alert/v1/alert.pb.h"
#include "veille/store/v1/finding.pb.h"

namespace veille::client {

// An alert as one plan makes it: its findings, joined.
struct Told {
  std::string rule_key;
  std::string patient_id;
  std::string alert_id;
  absl::Time event_time;                                           // When the situation began.
  absl::Time decide_time;                                          // When it was first told.
  alert::v1::Severity severity = alert::v1::SEVERITY_UNSPECIFIED;  // The highest it reached.
  alert::v1::Text reason;
};

struct Difference {
  enum class Kind { kComes, kGoes, kChanges };
  Kind kind = Kind::kComes;
  Told before;  // Empty where it comes.
  Told after;   // Empty where it goes.
};

// In the order of event time. Alerts are the same when they have the same id, or the same rule and
// person and began within ten minutes of each other.
std::vector<Difference> Compare(const std::vector<store::v1::Finding>& before,
                                const std::vector<store::v1::Finding>& after);

}  // namespace veille::client

#endif  // SERVICES_CLIENT_WHAT_IF_H_
