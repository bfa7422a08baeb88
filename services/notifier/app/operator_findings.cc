#include "services/notifier/app/operator_findings.h"

#include "common/base/digest.h"
#include "services/domain/keys.h"
#include "services/notifier/core/chain.h"

namespace veille::notifier {
namespace {

using store::v1::AlertRecord;
using store::v1::Finding;

std::string OperatorAlertId(const std::string& of) {
  return std::string(domain::kOperatorHome) + "." + Sha256Hex16(of);
}

// Ids only: operators run the service, they are in no circle.
Finding AboutAlert(const std::string& rule, const AlertRecord& record) {
  const alert::v1::Alert& alert = record.alert();
  Finding finding = MakeOperatorFinding(rule, alert.alert_id(), std::to_string(record.round()));
  finding.set_status(alert.status());
  *finding.mutable_event_time() = alert.event_time();
  *finding.mutable_decide_time() = alert.update_time();
  *finding.mutable_receive_time() = alert.update_time();
  finding.set_correlation_id(alert.correlation_id());
  return finding;
}

}  // namespace

Finding MakeOperatorFinding(const std::string& rule, const std::string& what,
                            const std::string& occasion) {
  Finding finding;
  finding.set_format(1);
  finding.set_home_id(std::string(domain::kOperatorHome));
  finding.set_rule_key(what.empty() ? rule : rule + "/" + what);
  finding.set_alert_id(OperatorAlertId(rule + "/" + what + "/" + occasion));
  finding.set_finding_id(finding.alert_id() + "/1");
  finding.set_kind(Finding::KIND_RAISE);
  finding.set_severity(alert::v1::SEVERITY_HIGH);
  finding.set_status(alert::v1::STATUS_ACTUAL);
  finding.set_latching(true);
  finding.mutable_evidence()->set_rule(rule);
  finding.mutable_evidence()->set_rule_version(1);
  return finding;
}

Finding NobodyAnswered(const AlertRecord& record) {
  Finding finding = AboutAlert("NOBODY_ANSWERED", record);
  finding.mutable_reason()->set_fr("Personne n'a répondu à l'alerte " + record.alert().alert_id());
  finding.mutable_reason()->set_en("Nobody has answered alert " + record.alert().alert_id());
  return finding;
}

Finding NobodyTold(const AlertRecord& record) {
  Finding finding = AboutAlert("NOBODY_TOLD", record);
  const alert::v1::Alert& alert = record.alert();
  // Who looks today can look today at this, too; the rest cannot wait.
  if (alert.severity() < alert::v1::SEVERITY_MEDIUM)
    finding.set_severity(alert::v1::SEVERITY_TECHNICAL);
  const std::string what = alert.alert_id() + " (" + alert.rule() + ", " + alert.home_id() + ")";
  finding.mutable_reason()->set_fr("La chaîne d'appel ne nomme personne pour l'alerte " + what);
  finding.mutable_reason()->set_en("The escalation chain names nobody for alert " + what);
  return finding;
}

Finding DeadLetter(const std::string& entry, int partition, const std::string& about,
                   absl::Time now) {
  Finding finding = MakeOperatorFinding("DEAD_LETTER", "", std::to_string(partition) + "/" + entry);
  for (auto* stamp : {finding.mutable_event_time(), finding.mutable_decide_time(),
                      finding.mutable_receive_time()}) {
    SetTime(now, *stamp);
  }
  const std::string what = entry + (about.empty() ? "" : " (" + about + ")");
  finding.mutable_reason()->set_fr("Un travail du notifieur échoue toujours : " + what);
  finding.mutable_reason()->set_en("A job of the notifier keeps failing: " + what);
  return finding;
}

Finding ChannelDown(const std::string& channel, bool down, absl::Time since, absl::Time now) {
  Finding finding =
      MakeOperatorFinding("CHANNEL_DOWN", channel, std::to_string(absl::ToUnixMillis(since)));
  finding.set_severity(alert::v1::SEVERITY_MEDIUM);
  finding.set_latching(false);
  if (!down) {
    finding.set_kind(Finding::KIND_CLEAR);
    finding.set_finding_id(finding.alert_id() + "/2");
  }
  SetTime(since, *finding.mutable_event_time());
  SetTime(now, *finding.mutable_decide_time());
  SetTime(now, *finding.mutable_receive_time());
  finding.mutable_reason()->set_fr(
      (down ? "Ce canal échoue pour tout le monde : " : "Ce canal fonctionne de nouveau : ") +
      channel);
  finding.mutable_reason()->set_en(
      (down ? "This channel fails for everybody: " : "This channel works again: ") + channel);
  return finding;
}

Finding ToOperators(const Finding& finding) {
  Finding handed = finding;
  handed.set_home_id(std::string(domain::kOperatorHome));
  handed.clear_patient_id();
  handed.set_rule_key(finding.rule_key() + "/" + finding.home_id());
  handed.set_alert_id(OperatorAlertId(finding.alert_id()));
  handed.set_finding_id(handed.alert_id() + "/" + Sha256Hex16(finding.finding_id()));
  return handed;
}

Finding PowerCutOf(const Finding& finding) {
  Finding line = ToOperators(finding);
  line.set_rule_key("POWER_CUTS");
  line.set_alert_id(OperatorAlertId("POWER_CUTS/" + finding.alert_id()));
  line.set_finding_id(line.alert_id() + "/" + Sha256Hex16(finding.finding_id()));
  line.set_severity(alert::v1::SEVERITY_TECHNICAL);
  line.set_latching(false);
  auto& evidence = *line.mutable_evidence();
  evidence.Clear();
  evidence.set_rule("POWER_CUTS");
  evidence.set_rule_version(1);
  (*evidence.mutable_parameters())["home"] = finding.home_id();
  line.mutable_reason()->set_fr("Coupure de courant : " + finding.home_id());
  line.mutable_reason()->set_en("Power cut: " + finding.home_id());
  return line;
}

}  // namespace veille::notifier
