#include "services/domain/keys.h"

#include "absl/strings/str_format.h"

#include "common/base/digest.h"
#include "services/domain/erasure_keys.h"

namespace veille::domain {
namespace {

std::string HomeKey(int partition, const char* name) {
  return absl::StrFormat("veille:{p%03d}:%s", partition, name);
}

std::string HomeKey(int partition, const char* name, std::string_view id) {
  return HomeKey(partition, name) + ":" + std::string(id);
}

std::string CaregiverKey(int partition, const char* name, std::string_view id) {
  return absl::StrFormat("veille:{c%03d}:%s:", partition, name) + std::string(id);
}

std::string IdentityKey(const std::string& name) { return "veille:{identity}:" + name; }

std::string AccountKey(std::string_view name, std::string_view of = {}) {
  std::string key = "veille:{account}:";
  key.append(name);
  if (!of.empty()) key.append(":").append(of);
  return key;
}

int Spread(std::string_view id, int partitions) {
  return static_cast<int>(StableHash64(id) % static_cast<unsigned>(partitions));
}

}  // namespace

int PartitionOf(std::string_view home_id, int partitions) { return Spread(home_id, partitions); }

int CaregiverPartitionOf(std::string_view caregiver_id, int partitions) {
  return Spread(caregiver_id, partitions);
}

std::string_view HomeOfAlert(std::string_view alert_id) {
  const auto dot = alert_id.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : alert_id.substr(0, dot);
}

std::string DeploymentKey() { return "veille:deployment"; }
std::string DetectorsKey() { return "veille:detectors"; }
std::string GatewaySeenKey() { return "veille:gateway_seen"; }

std::string DenialsKey() { return IdentityKey("denials"); }
std::string EnrollmentCodeKey(std::string_view secret_digest) {
  return IdentityKey("code:" + std::string(secret_digest));
}
std::string EnrollmentTriesKey(std::string_view address) {
  return IdentityKey("tries:" + std::string(address));
}
std::string CertificatesKey(std::string_view id) {
  return IdentityKey("certificates:" + std::string(id));
}

std::string WrappedKeysKey() { return "veille:{keys}:wrapped"; }
std::string KeyStateKey() { return "veille:{keys}:state"; }
std::string DestroyedKeysKey() { return "veille:{keys}:destroyed"; }

std::string AccountsKey() { return AccountKey("accounts"); }
std::string InvitationKey(std::string_view secret_digest) {
  return AccountKey("invitation", secret_digest);
}
std::string SessionsKey() { return AccountKey("sessions"); }
std::string SessionsOfKey(std::string_view account_id) {
  return AccountKey("sessions_of", account_id);
}
std::string SessionsVersionKey() { return AccountKey("sessions_version"); }
std::string AccountTriesKey(std::string_view account_id) {
  // A digest: what was typed where an id belongs may be a password.
  return AccountKey("tries_of", Sha256Hex16(account_id));
}
std::string AddressTriesKey(std::string_view address) { return AccountKey("tries_from", address); }
std::string GlassesKey() { return AccountKey("glasses"); }
std::string GlassField(std::string_view account_id, std::string_view patient_id) {
  std::string field(account_id);
  field.append("\n").append(patient_id);
  return field;
}

std::string LogKey(int partition) { return HomeKey(partition, "log"); }
std::string SequencesKey(int partition) { return HomeKey(partition, "sequences"); }
std::string LeaseKey(int partition) { return HomeKey(partition, "lease"); }
std::string CheckpointsKey(int partition) { return HomeKey(partition, "checkpoints"); }
std::string ProgressKey(int partition) { return HomeKey(partition, "progress"); }
std::string InflightKey(int partition) { return HomeKey(partition, "inflight"); }
std::string QueueKey(int partition) { return HomeKey(partition, "queue"); }
std::string PromptsKey(int partition) { return HomeKey(partition, "prompts"); }
std::string AlertKey(int partition, std::string_view alert_id) {
  return HomeKey(partition, "alert", alert_id);
}
std::string OpenAlertsKey(int partition, std::string_view home_id) {
  return HomeKey(partition, "open", home_id);
}
std::string AlertsKey(int partition, std::string_view home_id) {
  return HomeKey(partition, "alerts", home_id);
}
std::string CircleKey(int partition, std::string_view home_id) {
  return HomeKey(partition, "circle", home_id);
}
std::string TimersKey(int partition) { return HomeKey(partition, "timers"); }
std::string DeadLettersKey(int partition) { return HomeKey(partition, "dead"); }
std::string PendingKey(int partition) { return HomeKey(partition, "pending"); }
std::string AttemptsKey(int partition) { return HomeKey(partition, "attempts"); }
std::string QuarantineKey(int partition) { return HomeKey(partition, "quarantine"); }
std::string AuditKey(int partition) { return HomeKey(partition, "audit"); }
std::string AuditHeadKey(int partition) { return HomeKey(partition, "audit_head"); }
std::string AuditCheckpointsKey(int partition) { return HomeKey(partition, "audit_checkpoints"); }
std::string UpkeepKey(int partition) { return HomeKey(partition, "upkeep"); }
std::string UpkeepHolderKey(int partition) { return HomeKey(partition, "upkeep_holder"); }

std::string HomesKey(int partition) { return HomeKey(partition, "homes"); }
std::string HomeRevisionsKey(int partition) { return HomeKey(partition, "home_revisions"); }
std::string HomeChangesKey(int partition) { return HomeKey(partition, "home_changes"); }
std::string HomePlansKey(int partition, std::string_view home_id) {
  return HomeKey(partition, "home_plans", home_id);
}
std::string HomeRequestKey(int partition, std::string_view request) {
  return HomeKey(partition, "home_request", request);
}
std::string HomeClaimsKey(int partition) { return HomeKey(partition, "home_claims"); }

std::string ErasuresKey() { return "veille:{rights}:erasures"; }
std::string ErasureTurnKey() { return "veille:{rights}:turn"; }

std::string InboxKey(int partition, std::string_view caregiver_id) {
  return CaregiverKey(partition, "inbox", caregiver_id);
}
std::string WatcherKey(int partition, std::string_view caregiver_id) {
  return CaregiverKey(partition, "watcher", caregiver_id);
}
std::string ToldKey(int partition, std::string_view caregiver_id) {
  return CaregiverKey(partition, "told", caregiver_id);
}
std::string InboxChannel(int partition) { return CaregiverKey(partition, "inboxes", ""); }
std::string GoneKey(int partition, std::string_view caregiver_id) {
  return CaregiverKey(partition, "gone", caregiver_id);
}
std::string FailedKey(int partition, std::string_view caregiver_id) {
  return CaregiverKey(partition, "failed", caregiver_id);
}

}  // namespace veille::domain
