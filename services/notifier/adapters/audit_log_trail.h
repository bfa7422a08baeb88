// The audit trail in the audit log.

#ifndef SERVICES_NOTIFIER_ADAPTERS_AUDIT_LOG_TRAIL_H_
#define SERVICES_NOTIFIER_ADAPTERS_AUDIT_LOG_TRAIL_H_

#include <vector>

#include "services/domain/audit/audit_log.h"
#include "services/notifier/app/audit_trail.h"

namespace veille::notifier {

class AuditLogTrail final : public AuditTrail {
 public:
  AuditLogTrail(domain::AuditLog::Options options, metrics::Registry& metrics)
      : log_(std::move(options), metrics) {}

  absl::Status BeforeShown(const std::vector<store::v1::AuditEntry>& entries) override;
  void Done(const store::v1::AuditEntry& entry) override;

 private:
  domain::AuditLog log_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ADAPTERS_AUDIT_LOG_TRAIL_H_
