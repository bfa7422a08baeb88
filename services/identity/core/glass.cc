#include "services/identity/core/glass.h"

#include <algorithm>

#include "common/base/digest.h"
#include "common/base/timestamp.h"
#include "services/domain/keys.h"

namespace veille::identity {
namespace {

constexpr std::size_t kLeast = 10, kMost = 300;

}  // namespace

absl::Status CheckReason(const std::string& reason) {
  const bool printable = std::all_of(reason.begin(), reason.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  });
  if (printable && reason.size() >= kLeast && reason.size() <= kMost) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "reason: 10 to 300 characters in one line, for the circle to read");
}

store::v1::Finding GlassFinding(const Glass& glass, absl::Time now) {
  store::v1::Finding finding;
  finding.set_format(1);
  finding.set_home_id(glass.home_id);
  finding.set_patient_id(glass.patient_id);
  finding.set_rule_key(std::string(domain::kBreakGlassRule));
  finding.set_alert_id(glass.home_id + "." +
                       Sha256Hex16(std::string(domain::kBreakGlassRule) + '\n' + glass.account_id +
                                   '\n' + std::to_string(absl::ToUnixMicros(now))));
  finding.set_finding_id(finding.alert_id() + "/1");
  finding.set_kind(store::v1::Finding::KIND_RAISE);
  finding.set_severity(alert::v1::SEVERITY_MEDIUM);
  finding.set_status(alert::v1::STATUS_ACTUAL);
  for (auto* stamp : {finding.mutable_event_time(), finding.mutable_decide_time(),
                      finding.mutable_receive_time()})
    SetTime(now, *stamp);
  finding.mutable_reason()->set_fr(
      glass.account_id +
      " a ouvert le dossier en urgence, pour une heure. Motif : " + glass.reason);
  finding.mutable_reason()->set_en(
      glass.account_id +
      " opened the records in an emergency, for an hour. Reason: " + glass.reason);
  finding.mutable_evidence()->set_rule(std::string(domain::kBreakGlassRule));
  finding.mutable_evidence()->set_rule_version(1);
  return finding;
}

}  // namespace veille::identity
