#include "tests/integration/notifier/world.h"

#include <algorithm>

#include "common/base/digest.h"
#include "services/domain/keys.h"

namespace veille::notifier {
namespace {

void AddPatient(const std::string& id, const Strings& circle, care::v1::Home& home) {
  care::v1::Patient& patient = *home.add_patients();
  patient.set_patient_id(id);
  patient.set_display_name("Madame " + id);
  for (const std::string& caregiver : circle) {
    patient.mutable_circle()->add_members()->set_caregiver_id(caregiver);
    patient.mutable_circle()->add_steps()->add_caregiver_ids(caregiver);
  }
}

care::v1::Home MakeHome(const std::string& id) {
  care::v1::Home home;
  home.set_home_id(id);
  home.set_zone("Europe/Paris");
  home.add_sources()->set_source_id("hub-" + id);
  return home;
}

std::string Describe(const alert::v1::Update& update) {
  const char* reason = update.reason() == alert::v1::Update::REASON_NOTIFY    ? "!"
                       : update.reason() == alert::v1::Update::REASON_SUMMARY ? "summary"
                       : update.reason() == alert::v1::Update::REASON_QUIET   ? "quiet"
                                                                              : "changed";
  return update.alert().rule() + " v" + std::to_string(update.alert().version()) + " " + reason +
         (update.step() > 0 ? std::to_string(update.step()) : "");
}

}  // namespace

std::shared_ptr<const domain::Registry> TestRegistry() {
  care::v1::Home first = MakeHome("h1");
  AddPatient("martin", {"anne", "marc"}, first);
  AddPatient("durand", {"claire"}, first);
  care::v1::Home second = MakeHome("h2");
  AddPatient("petit", {"anne"}, second);
  return *domain::Registry::Make({first, second});
}

store::v1::Finding MakeFinding(const std::string& home, const std::string& patient,
                               const std::string& rule_key, const std::string& opening,
                               store::v1::Finding::Kind kind, alert::v1::Severity severity) {
  store::v1::Finding finding;
  finding.set_format(1);
  finding.set_home_id(home);
  finding.set_patient_id(patient);
  finding.set_rule_key(rule_key);
  finding.set_alert_id(home + "." + Sha256Hex16(patient + rule_key + opening));
  finding.set_finding_id(finding.alert_id() + "/" + std::to_string(kind));
  finding.set_kind(kind);
  finding.set_severity(severity);
  finding.set_status(alert::v1::STATUS_ACTUAL);
  finding.set_latching(severity == alert::v1::SEVERITY_HIGH);
  finding.mutable_evidence()->set_rule(rule_key);
  finding.mutable_decide_time()->set_seconds(kind == store::v1::Finding::KIND_CLEAR ? 20 : 10);
  return finding;
}

World::World() : clock_(std::make_shared<VirtualClock>(absl::FromUnixSeconds(1'800'000'000))) {
  store_ = std::make_unique<RedisAlertStore>(redis_.endpoint(), kPartitions);
  for (int partition = 0; partition < kPartitions; ++partition)
    store_->MakeGroup(partition).IgnoreError();
  desk_ = NewDesk(*store_);
}

DeskOptions World::desk_options() const {
  DeskOptions options;
  options.registry = TestRegistry();
  options.clock = clock_;
  options.operator_ids = {"operator"};
  return options;
}

std::unique_ptr<AlertDesk> World::NewDesk(AlertStore& store) {
  return std::make_unique<AlertDesk>(desk_options(), store, metrics_);
}

void World::Queue(const store::v1::Finding& finding) {
  redis_.client()
      .CommandSync({"XADD", domain::QueueKey(domain::PartitionOf(finding.home_id(), kPartitions)),
                    "*", "f", finding.SerializeAsString()})
      .status()
      .IgnoreError();
}

Strings World::Inbox(const std::string& caregiver) {
  const std::string key =
      domain::InboxKey(domain::CaregiverPartitionOf(caregiver, kPartitions), caregiver);
  const auto reply = redis_.client().CommandSync({"XRANGE", key, "-", "+"});
  Strings inbox;
  if (!reply.ok()) return inbox;
  for (std::size_t i = 0; i < reply->size(); ++i) {
    alert::v1::Update update;
    update.ParseFromString(std::string((*reply)[i][1][1].str()));
    inbox.push_back(Describe(update));
  }
  return inbox;
}

Strings World::OperatorAlerts() {
  Strings rules;
  // Findings of the service wait in the operators' queue until a worker takes them.
  const std::string key = domain::QueueKey(domain::PartitionOf(domain::kOperatorHome, kPartitions));
  const auto reply = redis_.client().CommandSync({"XRANGE", key, "-", "+"});
  for (std::size_t i = 0; reply.ok() && i < reply->size(); ++i) {
    store::v1::Finding finding;
    if ((*reply)[i][1][0].str() == "f" &&
        finding.ParseFromString(std::string((*reply)[i][1][1].str())) &&
        finding.home_id() == domain::kOperatorHome) {
      rules.push_back(finding.evidence().rule());
    }
  }
  std::sort(rules.begin(), rules.end());
  return rules;
}

int64_t World::Queued() {
  int64_t queued = 0;
  for (int partition = 0; partition < kPartitions; ++partition) {
    const auto length = redis_.client().CommandSync({"XLEN", domain::QueueKey(partition)});
    if (length.ok()) queued += length->integer();
  }
  return queued;
}

}  // namespace veille::notifier
