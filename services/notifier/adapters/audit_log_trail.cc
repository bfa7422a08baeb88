#include "services/notifier/adapters/audit_log_trail.h"

#include "common/log/log.h"

namespace veille::notifier {
namespace {

// Of one view, however many homes it shows.
constexpr absl::Duration kPatience = absl::Seconds(2);

}  // namespace

absl::Status AuditLogTrail::BeforeShown(const std::vector<store::v1::AuditEntry>& entries) {
  return log_.RecordAllAndWait(entries, kPatience);
}

void AuditLogTrail::Done(const store::v1::AuditEntry& entry) {
  if (const absl::Status recorded = log_.Record(entry); !recorded.ok()) {
    VEILLE_LOG(kError, "what was done could not be recorded in the audit log")
        .Field("action", entry.action())
        .Field("alert", entry.alert_id())
        .Field(recorded);
  }
}

}  // namespace veille::notifier
