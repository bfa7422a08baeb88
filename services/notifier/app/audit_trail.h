// Keeps book of who looked at what, and who did what: the port that the audit log implements.
// Thread safe.

#ifndef SERVICES_NOTIFIER_APP_AUDIT_TRAIL_H_
#define SERVICES_NOTIFIER_APP_AUDIT_TRAIL_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

#include "veille/store/v1/audit.pb.h"

#include "services/notifier/core/answers.h"

namespace veille::notifier {

class AuditTrail {
 public:
  virtual ~AuditTrail() = default;
  // Before anything is shown, one entry a home; durable when it returns. UNAVAILABLE when that
  // cannot be had in time: nothing is to be shown.
  virtual absl::Status BeforeShown(const std::vector<store::v1::AuditEntry>& entries) = 0;
  // After it was done, or refused. Never in anybody's way.
  virtual void Done(const store::v1::AuditEntry& entry) = 0;
};

// `action` as in AuditEntry.action.
store::v1::AuditEntry MakeAuditEntry(const char* action, const Actor& actor,
                                     const std::string& home_id, const std::string& patient_id,
                                     const absl::Status& outcome);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_APP_AUDIT_TRAIL_H_
