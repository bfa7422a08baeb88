// What people may ask of whoever keeps data about them: see it, know who looked, have it erased,
// know for how long it is kept. Operators ask for them. Thread safe; blocks for the stores.

#ifndef SERVICES_CARE_APP_RIGHTS_DESK_H_
#define SERVICES_CARE_APP_RIGHTS_DESK_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "veille/rights/v1/rights_service.pb.h"

#include "common/time/clock.h"
#include "services/care/app/audit_trail.h"
#include "services/care/app/eraser.h"
#include "services/care/app/home_store.h"
#include "services/care/app/personal_records.h"
#include "services/care/app/retention.h"
#include "services/care/core/rights.h"

namespace veille::care {

class RightsDesk {
 public:
  struct Parts {
    HomeStore& homes;
    PersonalRecords& records;
    Eraser& eraser;
    const Retention& retention;
    AuditTrail& audit;
    std::shared_ptr<const Clock> clock;
  };
  explicit RightsDesk(Parts parts) : parts_(std::move(parts)) {}

  // Hands over the parts of the export, one by one; stops where `on_part` fails.
  using OnPart = std::function<absl::Status(rights::v1::ExportPatientResponse)>;
  absl::Status Export(const Caller& caller, const rights::v1::ExportPatientRequest& request,
                      const OnPart& on_part);
  absl::StatusOr<rights::v1::ErasePatientResponse> Erase(
      const Caller& caller, const rights::v1::ErasePatientRequest& request);
  absl::StatusOr<rights::v1::GetErasureResponse> GetErasure(
      const Caller& caller, const rights::v1::GetErasureRequest& request);
  absl::StatusOr<rights::v1::ListAccessesResponse> ListAccesses(
      const Caller& caller, const rights::v1::ListAccessesRequest& request);
  absl::StatusOr<rights::v1::ListRetentionResponse> ListRetention(
      const Caller& caller, const rights::v1::ListRetentionRequest& request);

 private:
  absl::StatusOr<store::v1::StoredHome> HomeOf(const std::string& patient_id);
  absl::Status Shown(const Caller& caller, const char* action, const std::string& home_id,
                     const std::string& patient_id);

  const Parts parts_;
};

}  // namespace veille::care

#endif  // SERVICES_CARE_APP_RIGHTS_DESK_H_
