#include "services/detector/app/operator_findings.h"

#include "veille/event/v1/event.pb.h"

#include "common/base/digest.h"
#include "services/detector/core/rules/urgent.h"
#include "services/domain/keys.h"

namespace veille::detector {
namespace {

using store::v1::Finding;

Finding Base(const std::string& home_id, const std::string& rule_key, const std::string& opening) {
  Finding finding;
  finding.set_format(1);
  finding.set_home_id(home_id);
  finding.set_rule_key(rule_key);
  finding.set_alert_id(home_id + "." + Sha256Hex16(rule_key + '\n' + opening));
  finding.set_finding_id(finding.alert_id() + "/1");
  finding.set_kind(Finding::KIND_RAISE);
  finding.set_severity(alert::v1::SEVERITY_TECHNICAL);
  finding.set_status(home_id == domain::kExerciseHome ? alert::v1::STATUS_EXERCISE
                                                      : alert::v1::STATUS_ACTUAL);
  finding.mutable_evidence()->set_rule(rule_key);
  finding.mutable_evidence()->set_rule_version(1);
  return finding;
}

void SetReason(const std::string& fr, const std::string& en, Finding& finding) {
  finding.mutable_reason()->set_fr(fr);
  finding.mutable_reason()->set_en(en);
}

Finding AboutMassSilence(const std::string& alert_id, Finding::Kind kind, absl::Time now) {
  Finding finding = Base(std::string(domain::kOperatorHome), "MASS_SILENCE", "");
  finding.set_alert_id(alert_id);
  finding.set_finding_id(alert_id + "/" + std::to_string(kind));
  finding.set_kind(kind);
  finding.set_severity(alert::v1::SEVERITY_HIGH);
  for (auto* stamp : {finding.mutable_event_time(), finding.mutable_decide_time(),
                      finding.mutable_receive_time()})
    stamp->set_seconds(absl::ToUnixSeconds(now));
  return finding;
}

// The rule's name and a sentence; false for what can wait.
bool Describe(const event::v1::Event& event, std::string& rule, std::string& fr, std::string& en) {
  using event::v1::Event;
  if (event.test()) return false;
  switch (ObservationOf(event)) {
    case Event::kPersonalEmergency:
      rule = "SOS";
      fr = "Appel à l'aide";
      en = "Call for help";
      return true;
    case Event::kFall:
      rule = "DEVICE_FALL";
      fr = "Chute détectée par l'appareil porté";
      en = "Fall detected by the worn device";
      return true;
    case Event::kSmoke:
      rule = "HAZARD/smoke";
      fr = "Fumée détectée";
      en = "Smoke detected";
      return IsDetected(event.smoke());
    case Event::kCarbonMonoxide:
      rule = "HAZARD/carbon_monoxide";
      fr = "Monoxyde de carbone détecté";
      en = "Carbon monoxide detected";
      return IsDetected(event.carbon_monoxide());
    case Event::kGas:
      rule = "HAZARD/gas";
      fr = "Gaz détecté";
      en = "Gas detected";
      return IsDetected(event.gas());
    case Event::kWater:
      rule = "HAZARD/water";
      fr = "Fuite d'eau détectée";
      en = "Water detected";
      return IsDetected(event.water());
    case Event::kPromptAnswer:
      rule = "SOS";
      fr = "Appel à l'aide";
      en = "Call for help";
      return event.prompt_answer().answer() == event::v1::PromptAnswer::ANSWER_HELP;
    default:
      return false;
  }
}

}  // namespace

Finding DamagedCheckpointFinding(const std::string& home_id, const std::string& position,
                                 const std::string& what) {
  Finding finding = Base(home_id, "CHECKPOINT_DAMAGED", position);
  finding.set_for_operators(true);
  SetReason("Un point de reprise est endommagé (" + home_id + ") : " + what,
            "A checkpoint is damaged (" + home_id + "): " + what, finding);
  return finding;
}

std::string MassSilenceAlertId(absl::Time began) {
  // Every detector finds out by itself, within seconds: of one minute, it is one alert, told once.
  // No silence can begin again within a minute of its end.
  return std::string(domain::kOperatorHome) + "." +
         Sha256Hex16("MASS_SILENCE\n" + std::to_string(absl::ToUnixSeconds(began) / 60));
}

Finding MassSilenceFinding(const std::string& alert_id, bool no_gateway, int quiet, int heard,
                           absl::Time now) {
  Finding finding = AboutMassSilence(alert_id, Finding::KIND_RAISE, now);
  if (no_gateway) {
    SetReason("Aucune passerelle ne répond depuis une minute : les foyers ne peuvent être entendus",
              "No gateway has shown itself for a minute: homes cannot be heard", finding);
    return finding;
  }
  const std::string quiet_of = std::to_string(quiet) + "/" + std::to_string(heard);
  SetReason("Silence de masse : " + quiet_of +
                " foyers ne sont plus entendus ; passerelle ou réseau en cause",
            "Mass silence: " + quiet_of +
                " homes are not heard any more; look at the gateways and the network",
            finding);
  return finding;
}

Finding MassSilenceIsOver(const std::string& alert_id, absl::Time now) {
  Finding finding = AboutMassSilence(alert_id, Finding::KIND_CLEAR, now);
  SetReason("Les foyers sont de nouveau entendus", "The homes are heard again", finding);
  return finding;
}

Finding PoisonFinding(const std::string& home_id, const std::string& entry) {
  Finding finding = Base(home_id, "ENTRY_QUARANTINED", entry);
  finding.set_for_operators(true);
  SetReason("Une entrée du journal a été mise de côté (" + home_id + ") : " + entry,
            "An entry of the log was put aside (" + home_id + "): " + entry, finding);
  return finding;
}

std::vector<Finding> RawFindings(const care::v1::Home& home, const store::v1::Envelope& envelope) {
  std::vector<Finding> findings;
  event::v1::EventBatch batch;
  if (!envelope.has_batch() || !batch.ParseFromString(envelope.batch())) return findings;
  for (const event::v1::Event& event : batch.events()) {
    std::string rule, fr, en;
    if (!Describe(event, rule, fr, en)) continue;
    Finding finding = Base(home.home_id(), rule,
                           event.device_id() + '\n' + std::to_string(event.device_sequence()) +
                               '\n' + event.event_time().ShortDebugString());
    finding.set_patient_id(home.patients(0).patient_id());
    for (const care::v1::Device& device : home.devices()) {
      if (device.device_id() == event.device_id() && !device.patient_id().empty())
        finding.set_patient_id(device.patient_id());
    }
    finding.set_severity(alert::v1::SEVERITY_HIGH);
    finding.set_latching(true);
    *finding.mutable_event_time() = event.event_time();
    *finding.mutable_decide_time() = event.event_time();
    *finding.mutable_receive_time() = envelope.receive_time();
    SetReason(fr, en, finding);
    findings.push_back(finding);
  }
  return findings;
}

}  // namespace veille::detector
