// The audit trail in the audit log.

#ifndef SERVICES_CARE_ADAPTERS_AUDIT_LOG_TRAIL_H_
#define SERVICES_CARE_ADAPTERS_AUDIT_LOG_TRAIL_H_

#include <utility>

#include "services/care/app/audit_trail.h"
#include "services/domain/audit/audit_log.h"

namespace veille::care {

class AuditLogTrail final : public AuditTrail {
 public:
  AuditLogTrail(domain::AuditLog::Options options, metrics::Registry& metrics)
      : log_(std::move(options), metrics) {}

  absl::Status BeforeShown(const store::v1::AuditEntry& entry) override;
  void Done(const store::v1::AuditEntry& entry) override;

 private:
  domain::AuditLog log_;
};

}  // namespace veille::care

#endif  // SERVICES_CARE_ADAPTERS_AUDIT_LOG_TRAIL_H_
