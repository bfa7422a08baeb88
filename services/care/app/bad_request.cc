#include "services/care/app/bad_request.h"

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"

namespace veille::care {

absl::Status BadRequest(const std::vector<domain::HomeFault>& faults) {
  if (faults.empty()) return absl::OkStatus();
  google::rpc::BadRequest details;
  for (const domain::HomeFault& fault : faults) {
    auto* violation = details.add_field_violations();
    violation->set_field(fault.field);
    violation->set_description(fault.reason);
  }
  absl::Status status =
      absl::InvalidArgumentError(faults.front().field + ": " + faults.front().reason);
  status.SetPayload("type.googleapis.com/google.rpc.BadRequest",
                    absl::Cord(details.SerializeAsString()));
  return status;
}

}  // namespace veille::care
