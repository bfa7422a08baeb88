// Keeps book of who looked at what, and who changed what: the port that the audit log implements.
// Thread safe.

#ifndef SERVICES_CARE_APP_AUDIT_TRAIL_H_
#define SERVICES_CARE_APP_AUDIT_TRAIL_H_

#include "absl/status/status.h"

#include "veille/store/v1/audit.pb.h"

namespace veille::care {

class AuditTrail {
 public:
  virtual ~AuditTrail() = default;
  // Before anything is shown; durable when it returns. UNAVAILABLE when that cannot be had in time:
  // nothing is to be shown.
  virtual absl::Status BeforeShown(const store::v1::AuditEntry& entry) = 0;
  // After it was done, or refused. Never in anybody's way.
  virtual void Done(const store::v1::AuditEntry& entry) = 0;
};

}  // namespace veille::care

#endif  // SERVICES_CARE_APP_AUDIT_TRAIL_H_
