#include "tests/unit/notifier/scenario.h"

#include <algorithm>
#include <utility>

#include "gtest/gtest.h"

#include "common/base/digest.h"
#include "common/time/local_time.h"
#include "services/domain/keys.h"

namespace veille::notifier {
namespace {

using alert::v1::Update;
using store::v1::Finding;

care::v1::Home MakeHome() {
  care::v1::Home home;
  home.set_home_id("h");
  home.set_zone("Europe/Paris");
  home.add_sources()->set_source_id("hub");
  care::v1::Patient& martin = *home.add_patients();
  martin.set_patient_id("martin");
  const std::pair<const char*, care::v1::Member::Relation> circle[] = {
      {"anne", care::v1::Member::RELATION_FAMILY},
      {"marc", care::v1::Member::RELATION_NEIGHBOUR},
      {"claire", care::v1::Member::RELATION_PROFESSIONAL}};
  for (const auto& [id, relation] : circle) {
    care::v1::Member& member = *martin.mutable_circle()->add_members();
    member.set_caregiver_id(id);
    member.set_relation(relation);
    martin.mutable_circle()->add_steps()->add_caregiver_ids(id);
  }
  return home;
}

bool Latches(const std::string& rule) {
  return rule == "FALL" || rule == "SOS" || rule == "LONG_LIE" || rule == "HAZARD";
}

}  // namespace

absl::StatusOr<bool> FakeUpkeepStore::Hold(absl::Duration /*real*/) {
  if (world_.holder.empty()) world_.holder = name_;
  return world_.holder == name_;
}

absl::Status FakeUpkeepStore::SaveUpkeep(const store::v1::UpkeepState& state) {
  world_.told = state;
  return absl::OkStatus();
}

absl::StatusOr<UpkeepStore::Owners> FakeUpkeepStore::PartitionOwners() {
  Owners owners;
  owners.now = clock_.Now();
  for (const absl::Time died : world_.owners) owners.kept.push_back(std::min(died, owners.now));
  return owners;
}

absl::StatusOr<UpkeepStore::Reach> FakeUpkeepStore::ReachOf(const std::string& caregiver_id) {
  Reach reach;
  reach.unseen = world_.unseen.count(caregiver_id) > 0 ? absl::Hours(30) : absl::ZeroDuration();
  for (const std::string& failed : world_.alerts->failed())
    if (failed.rfind(caregiver_id + "/", 0) == 0)
      reach.failed.insert(failed.substr(caregiver_id.size() + 1));
  return reach;
}

Scenario::Scenario(WorldKind kind)
    : kind_(kind),
      home_(MakeHome()),
      begin_(absl::FromUnixSeconds(1768474800)),
      clock_(std::make_shared<VirtualClock>(begin_)) {
  store_.on_deliver = [this](const std::string& caregiver, const Update& update) {
    OnDeliver(caregiver, update);
  };
}

care::v1::Circle& Scenario::circle() { return *home_.mutable_patients(0)->mutable_circle(); }

Scenario& Scenario::BeginAt(const std::string& local) {
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", local, *LoadZone("Europe/Paris"), &begin_, &error))
      << error;
  clock_->Set(begin_);
  return *this;
}

Scenario& Scenario::Offline(const std::string& caregiver) {
  offline_.insert(caregiver);
  return *this;
}

Scenario& Scenario::QuietAfter(int calls) {
  store_.quiet_calls = calls;
  return *this;
}

Scenario& Scenario::Webhook(const std::string& caregiver, Provider provider) {
  for (care::v1::Member& member : *circle().mutable_members()) {
    if (member.caregiver_id() != caregiver) continue;
    care::v1::WebhookAddress& webhook = *member.add_channels()->mutable_webhook();
    webhook.set_url("https://provider.example.org/sms");
    webhook.set_secret("provider");
  }
  if (provider == Provider::kTakes) taken_.insert(caregiver);
  return *this;
}

Scenario& Scenario::GoesRound() {
  if (next_round_ == absl::InfiniteFuture()) next_round_ = begin_;
  return *this;
}

Scenario& Scenario::Partitions(std::size_t count) {
  upkeep_world_.owners.assign(count, absl::InfiniteFuture());
  return GoesRound();
}

Scenario& Scenario::OwnerDies(std::size_t partition) {
  upkeep_world_.owners[partition] = clock_->Now();
  return *this;
}

Scenario& Scenario::OwnerIsBack(std::size_t partition) {
  upkeep_world_.owners[partition] = absl::InfiniteFuture();
  return *this;
}

Scenario& Scenario::Vanishes(const std::string& caregiver) {
  upkeep_world_.unseen.insert(caregiver);
  return GoesRound();
}

Scenario& Scenario::IsBack(const std::string& caregiver) {
  upkeep_world_.unseen.erase(caregiver);
  return *this;
}

Scenario& Scenario::WebhookIsRefused(const std::string& caregiver) {
  for (const care::v1::Member& member : circle().members())
    if (member.caregiver_id() == caregiver)
      store_.NoteAddressSoon(caregiver, AddressDigest(member.channels(0)), false);
  return *this;
}

Scenario& Scenario::RoundsBeginAnew() {
  upkeeps_.clear();
  upkeep_stores_.clear();
  upkeep_world_.holder.clear();
  return *this;
}

Scenario& Scenario::ExerciseDaily(const std::string& at) {
  config::v1::Config config;
  config.mutable_synthetic_patient()->set_daily_at(at);
  config.mutable_synthetic_patient()->set_zone("Europe/Paris");
  const auto schedule = domain::ScheduleOf(config);
  EXPECT_TRUE(schedule.ok()) << schedule.status();
  exercise_ = *schedule;
  return GoesRound();
}

// As the courier keeps book of it.
absl::Status Scenario::Send(const store::v1::Job& job, const std::string& entry) {
  const auto before = store_.Get(job.alert_id());
  if (!before.ok()) return before.status();
  store::v1::AlertRecord after = *before;
  if (taken_.count(job.send().caregiver_id()) == 0 ||
      !RecordSend(job.send(), alert::v1::DELIVERY_STATE_SENT, clock_->Now(), after)) {
    return store_.Done("", entry);
  }
  sent_.push_back(job.send().caregiver_id());
  after.set_stored_version(before->stored_version() + 1);
  AlertChange change;
  change.before = &*before;
  change.after = &after;
  change.done_entry = entry;
  return store_.Store(change).status();
}

AlertDesk& Scenario::desk() {
  if (desks_.empty()) {
    const auto registry = domain::Registry::Make({home_}, {domain::ExerciseHome()});
    EXPECT_TRUE(registry.ok()) << registry.status();
    registry_ = *registry;
    DeskOptions options;
    options.registry = registry_;
    options.clock = clock_;
    options.operator_ids = {"operator"};
    options.send = [this](const store::v1::Job& job, const std::string& entry) {
      return Send(job, entry);
    };
    for (int i = 0; i < (kind_ == WorldKind::kReplicas ? 2 : 1); ++i)
      desks_.push_back(std::make_unique<AlertDesk>(options, store_, metrics_));
  }
  return *desks_[turn_++ % desks_.size()];
}

void Scenario::OnDeliver(const std::string& caregiver, const Update& update) {
  const char* mark = update.reason() == Update::REASON_CHANGED   ? "~"
                     : update.reason() == Update::REASON_SUMMARY ? "="
                     : update.reason() == Update::REASON_QUIET   ? "="
                                                                 : "";
  const bool service = update.alert().home_id() == "operator";
  messages_.push_back(
      {clock_->Now(), caregiver + (service ? ":" + update.alert().rule() : "") + mark});
  if (update.reason() == Update::REASON_CHANGED || offline_.count(caregiver) > 0) return;
  alert::v1::Receipt receipt;
  receipt.set_alert_id(update.alert().alert_id());
  receipt.set_version(update.alert().version());
  receipt.set_state(alert::v1::DELIVERY_STATE_DELIVERED);
  receipts_.emplace_back(caregiver, receipt);
}

Scenario& Scenario::At(int second) {
  PassTo(TimeAt(second));
  return *this;
}

void Scenario::PassTo(absl::Time to) {
  while (std::min(store_.NextTimer(), next_round_) <= to) {
    clock_->Set(std::max(clock_->Now(), std::min(store_.NextTimer(), next_round_)));
    store_.MoveDue(clock_->Now());
    RunQueue();
    if (next_round_ <= clock_->Now()) GoRound();
  }
  clock_->Set(std::max(clock_->Now(), to));
}

void Scenario::GoRound() {
  next_round_ = clock_->Now() + absl::Seconds(10);
  desk();
  if (upkeeps_.empty()) {
    UpkeepOptions options;
    options.clock = clock_;
    options.exercise = exercise_;
    options.registry = registry_;
    options.channels = {care::v1::Channel::kWebhook};
    upkeep_world_.alerts = &store_;
    for (std::size_t i = 0; i < (kind_ == WorldKind::kReplicas ? 2U : 1U); ++i) {
      upkeep_stores_.push_back(
          std::make_unique<FakeUpkeepStore>(std::to_string(i), *clock_, upkeep_world_));
      upkeeps_.push_back(std::make_unique<Upkeep>(options, *upkeep_stores_[i], store_, metrics_));
    }
  }
  for (const auto& upkeep : upkeeps_) {
    const absl::Status round = upkeep->Round();
    EXPECT_TRUE(round.ok()) << round;
    RunQueue();
  }
}

void Scenario::RunEntry(int id, const FakeAlertStore::Entry& entry) {
  const std::string name = std::to_string(id);
  // Its death is between storing and telling: what tells alone is done by the next one.
  const bool tells = entry.job.has_value() && entry.job->has_tell();
  store_.dies_before_telling = kind_ == WorldKind::kRestarts && !tells;
  for (std::size_t i = 0; i < (kind_ == WorldKind::kReplicas ? 2U : 1U); ++i) {
    AlertDesk& one = desk();
    const absl::Status status =
        entry.finding ? one.OnFinding(*entry.finding, name) : one.OnJob(*entry.job, name);
    EXPECT_TRUE(status.ok()) << status;
  }
  store_.dies_before_telling = false;
}

void Scenario::RunQueue() {
  int rounds = 0;
  do {
    while (!store_.queue().empty()) {
      const auto first = store_.queue().begin();
      const int id = first->first;
      RunEntry(id, FakeAlertStore::Entry(first->second));
      ASSERT_LT(++rounds, 1000) << "an entry is never done with";
    }
    GiveReceipts();
  } while (!store_.queue().empty());
}

void Scenario::GiveReceipts() {
  for (const auto& [caregiver, receipt] : std::exchange(receipts_, {}))
    EXPECT_TRUE(desk().Receipt(caregiver, receipt).ok());
}

void Scenario::Act(const std::function<void(AlertDesk&)>& act) {
  store_.dies_before_telling = kind_ == WorldKind::kRestarts;
  act(desk());
  store_.dies_before_telling = false;
  RunQueue();
}

Finding Scenario::Make(const std::string& rule, const std::string& occasion, Finding::Kind kind,
                       alert::v1::Severity severity) const {
  Finding finding;
  finding.set_format(1);
  finding.set_home_id("h");
  finding.set_patient_id("martin");
  finding.set_rule_key(rule);
  finding.set_alert_id("h." + Sha256Hex16(rule + occasion));
  finding.set_finding_id(finding.alert_id() + "/" + std::to_string(kind) + "/" +
                         std::to_string(absl::ToUnixSeconds(clock_->Now())));
  finding.set_kind(kind);
  finding.set_severity(severity);
  finding.set_status(alert::v1::STATUS_ACTUAL);
  finding.set_latching(Latches(rule));
  finding.mutable_evidence()->set_rule(rule);
  finding.mutable_reason()->set_en(rule);
  for (auto* stamp : {finding.mutable_event_time(), finding.mutable_decide_time(),
                      finding.mutable_receive_time()}) {
    SetTime(clock_->Now(), *stamp);
  }
  return finding;
}

Scenario& Scenario::Find(const Finding& finding) {
  desk();
  store_.Queue({finding, std::nullopt});
  RunQueue();
  return *this;
}

Scenario& Scenario::Fall(const std::string& occasion) {
  return Find(Make("FALL", occasion, Finding::KIND_RAISE, alert::v1::SEVERITY_HIGH));
}
Scenario& Scenario::Sos(const std::string& occasion) {
  return Find(Make("SOS", occasion, Finding::KIND_RAISE, alert::v1::SEVERITY_HIGH));
}
Scenario& Scenario::Night(const std::string& occasion) {
  return Find(Make("NIGHT_EXIT", occasion, Finding::KIND_RAISE, alert::v1::SEVERITY_HIGH));
}
Scenario& Scenario::Door(const std::string& occasion) {
  return Find(Make("DOOR_LEFT_OPEN", occasion, Finding::KIND_RAISE, alert::v1::SEVERITY_MEDIUM));
}
Scenario& Scenario::Battery(const std::string& occasion) {
  return Find(Make("BATTERY_LOW", occasion, Finding::KIND_RAISE, alert::v1::SEVERITY_TECHNICAL));
}
Scenario& Scenario::Raise(const std::string& rule, alert::v1::Severity severity) {
  return Find(Make(rule, "1", Finding::KIND_RAISE, severity));
}

Finding Scenario::MakePowerCut(const std::string& home, Finding::Kind kind) const {
  Finding cut = Make("POWER_CUT", home, kind, alert::v1::SEVERITY_TECHNICAL);
  cut.set_home_id(home);
  cut.clear_patient_id();
  cut.set_alert_id(home + "." + Sha256Hex16(home));
  cut.set_finding_id(cut.alert_id() + "/" + std::to_string(kind));
  cut.set_for_operators(true);
  return cut;
}
Scenario& Scenario::PowerCut(const std::string& home) {
  return Find(MakePowerCut(home, Finding::KIND_RAISE));
}
Scenario& Scenario::PowerBack(const std::string& home) {
  return Find(MakePowerCut(home, Finding::KIND_CLEAR));
}

Scenario& Scenario::Drill() {
  const std::string id(domain::kExerciseHome);
  const std::string now = std::to_string(absl::ToUnixSeconds(clock_->Now()));
  Finding call = Make("SOS", now, Finding::KIND_RAISE, alert::v1::SEVERITY_HIGH);
  call.set_home_id(id);
  call.set_patient_id(id);
  call.set_alert_id(id + "." + Sha256Hex16(now));
  call.set_finding_id(call.alert_id() + "/1");
  call.set_status(alert::v1::STATUS_EXERCISE);
  Find(call);
  Act([&](AlertDesk& desk) {
    EXPECT_TRUE(desk.Acknowledge(call.alert_id(), {id, "drill", ""}).ok());
  });
  Act([&](AlertDesk& desk) {
    EXPECT_TRUE(desk.Resolve(call.alert_id(), {id, "drill", ""}, alert::v1::OUTCOME_TEST, "").ok());
  });
  return *this;
}

Scenario& Scenario::Worse(const std::string& rule, const std::string& occasion) {
  return Find(Make(rule, occasion, Finding::KIND_WORSEN, alert::v1::SEVERITY_HIGH));
}
Scenario& Scenario::Over(const std::string& rule, const std::string& occasion) {
  return Find(Make(rule, occasion, Finding::KIND_CLEAR, alert::v1::SEVERITY_MEDIUM));
}

Scenario& Scenario::Take(const std::string& who, int second) {
  At(second);
  const std::string id = alert().alert_id();
  Act([&](AlertDesk& desk) { EXPECT_TRUE(desk.Acknowledge(id, {who, "test", ""}).ok()); });
  return *this;
}

Scenario& Scenario::OperatorTakes(int second) {
  At(second);
  const std::string id = store_.Newest("operator")->alert().alert_id();
  Act([&](AlertDesk& desk) { EXPECT_TRUE(desk.Acknowledge(id, {"operator", "test", ""}).ok()); });
  return *this;
}

Scenario& Scenario::Close(const std::string& who, int second, alert::v1::Outcome outcome) {
  At(second);
  const std::string id = alert().alert_id();
  Act([&](AlertDesk& desk) { EXPECT_TRUE(desk.Resolve(id, {who, "test", ""}, outcome, "").ok()); });
  return *this;
}

Scenario& Scenario::Receipt(const std::string& who, int second) {
  At(second);
  alert::v1::Receipt receipt;
  receipt.set_alert_id(alert().alert_id());
  receipt.set_version(alert().version());
  receipt.set_state(alert::v1::DELIVERY_STATE_DELIVERED);
  Act([&](AlertDesk& desk) { EXPECT_TRUE(desk.Receipt(who, receipt).ok()); });
  return *this;
}

absl::Status Scenario::TakeDuty(const std::string& who, int second, int until) {
  At(second);
  DutyRequest request{{who, "test", ""}, "", "", {}};
  request.span.end = TimeAt(until);
  absl::Status status;
  Act([&](AlertDesk& desk) {
    const auto change = desk.circles().Take(request);
    status =
        change.ok() ? desk.OnDutyChanged(change->home_id, change->patient_id) : change.status();
  });
  return status;
}

absl::Status Scenario::TakeDuty(const std::string& who, int second, const std::string& window) {
  At(second);
  return desk().circles().Take({{who, "test", ""}, "", "", {.window = window}}).status();
}

absl::Status Scenario::HandOver(const std::string& who, const std::string& to, int second) {
  At(second);
  absl::Status status;
  Act([&](AlertDesk& desk) {
    const auto change = desk.circles().HandOver({{who, "test", ""}, "", to, {}});
    status =
        change.ok() ? desk.OnDutyChanged(change->home_id, change->patient_id) : change.status();
  });
  return status;
}

std::string Scenario::OnDuty(int second) {
  At(second);
  const auto spans = desk().circles().ListDuty("anne", "", absl::Hours(1));
  std::string ids;
  for (const std::string& id : spans.value()[0].caregiver_ids())
    ids += (ids.empty() ? "" : " ") + id;
  return ids;
}

absl::Status Scenario::Snooze(const std::string& who, int second, int seconds,
                              const std::string& rule) {
  At(second);
  const auto snooze =
      desk().circles().Snooze({{who, "test", ""}, "", rule, absl::Seconds(seconds)});
  if (snooze.ok()) snooze_id_ = snooze->snooze_id();
  return snooze.status();
}

absl::Status Scenario::CancelSnooze(const std::string& who, int second) {
  At(second);
  return desk().circles().CancelSnooze(who, snooze_id_);
}

alert::v1::DeliveryState Scenario::StateOf(const std::string& caregiver) const {
  alert::v1::DeliveryState state = alert::v1::DELIVERY_STATE_UNSPECIFIED;
  for (const auto& delivery : alert().deliveries())
    if (delivery.caregiver_id() == caregiver) state = delivery.state();
  return state;
}

Told Scenario::Recorded(const std::string& caregiver) const {
  Told channels;
  for (const auto& delivery : alert().deliveries())
    if (delivery.caregiver_id() == caregiver) channels.push_back(delivery.channel());
  return channels;
}

void Scenario::Expect(int from, int to, Told told) {
  At(to);
  Told seen;
  for (const Message& message : std::exchange(messages_, {})) {
    seen.push_back(message.to);
    EXPECT_GE(message.time, TimeAt(from)) << message.to << " was told early";
  }
  std::sort(seen.begin(), seen.end());
  std::sort(told.begin(), told.end());
  EXPECT_EQ(seen, told) << "from " << from << " to " << to;
}

void Scenario::Nothing() {
  PassTo(clock_->Now() + absl::Hours(6 * 24));
  for (const Message& message : messages_)
    ADD_FAILURE() << message.to << " was told " << message.time - begin_ << " after the beginning";
  PassTo(clock_->Now() + absl::Hours(365 * 24));
  for (const Message& message : std::exchange(messages_, {}))
    EXPECT_EQ(message.to.back(), '~') << message.to << " was called after months";
}

void InEveryWorld(const std::function<void(Scenario&)>& story) {
  const std::pair<WorldKind, const char*> kinds[] = {
      {WorldKind::kPlain, "everything goes well"},
      {WorldKind::kRestarts, "the notifier dies between every store and its telling"},
      {WorldKind::kReplicas, "two notifiers do everything twice"}};
  for (const auto& [kind, name] : kinds) {
    SCOPED_TRACE(name);
    Scenario scenario(kind);
    story(scenario);
  }
}

}  // namespace veille::notifier
