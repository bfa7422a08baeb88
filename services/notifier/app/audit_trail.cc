#include "services/notifier/app/audit_trail.h"

namespace veille::notifier {

store::v1::AuditEntry MakeAuditEntry(const char* action, const Actor& actor,
                                     const std::string& home_id, const std::string& patient_id,
                                     const absl::Status& outcome) {
  store::v1::AuditEntry entry;
  entry.set_actor(actor.caregiver_id);
  entry.set_client(actor.client);
  entry.set_action(action);
  entry.set_home_id(home_id);
  entry.set_patient_id(patient_id);
  entry.set_outcome(absl::StatusCodeToString(outcome.code()));
  return entry;
}

}  // namespace veille::notifier
