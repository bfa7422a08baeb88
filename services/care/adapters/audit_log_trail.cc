#include "services/care/adapters/audit_log_trail.h"

#include "common/log/log.h"

namespace veille::care {

absl::Status AuditLogTrail::BeforeShown(const store::v1::AuditEntry& entry) {
  return log_.RecordAndWait(entry);
}

void AuditLogTrail::Done(const store::v1::AuditEntry& entry) {
  if (const absl::Status recorded = log_.Record(entry); !recorded.ok()) {
    VEILLE_LOG(kError, "what was done could not be recorded in the audit log")
        .Field("action", entry.action())
        .Field("home", entry.home_id())
        .Field(recorded);
  }
}

}  // namespace veille::care
