// The alert desk on a real Redis: what is stored, told and listed, whatever comes twice, late or in
// another order, and whoever dies between.

#include <set>

#include "gtest/gtest.h"

#include "common/rpc/status.h"
#include "services/domain/keys.h"
#include "services/notifier/core/late_summary.h"
#include "tests/integration/notifier/world.h"

namespace veille::notifier {
namespace {

using store::v1::Finding;

// The notifier dies between storing and telling: everything else goes through.
class DyingStore : public RedisAlertStore {
 public:
  using RedisAlertStore::RedisAlertStore;
  absl::StatusOr<int> Deliver(const Strings& caregivers, const alert::v1::Update& update,
                              uint64_t told_version) override {
    if (dead) return absl::CancelledError("killed");
    return RedisAlertStore::Deliver(caregivers, update, told_version);
  }
  bool dead = true;
};

// The jobs that wait in the queue of a home, done by hand.
void RunJobs(World& world, AlertDesk& desk, const std::string& home) {
  const std::string key = domain::QueueKey(domain::PartitionOf(home, kPartitions));
  const auto reply = world.redis().client().CommandSync({"XRANGE", key, "-", "+"});
  ASSERT_TRUE(reply.ok());
  for (std::size_t i = 0; i < reply->size(); ++i) {
    store::v1::Job job;
    ASSERT_TRUE(job.ParseFromString(std::string((*reply)[i][1][1].str())));
    ASSERT_TRUE(desk.OnJob(job, std::string((*reply)[i][0].str())).ok());
  }
}

TEST(Desk, TellsDirectlyWhatItHasStoredAndLeavesNoJobBehind) {
  World world;
  ASSERT_TRUE(world.desk().OnFinding(MakeFinding("h1", "martin", "SOS", "1"), "1-1").ok());
  EXPECT_EQ(world.Inbox("anne"), Strings{"SOS v1 !1"});
  EXPECT_EQ(world.Inbox("marc"), Strings{});
  EXPECT_TRUE(Eventually([&] { return world.Queued() == 0; }));
}

TEST(Desk, StoresAndTellsNewEmergenciesInOneStep) {
  World world;
  const Finding pressed = MakeFinding("h1", "martin", "SOS", "1");
  EXPECT_EQ(
      world.desk().OnFindings({{pressed, "1-1"}, {MakeFinding("h2", "petit", "SOS", "1"), "1-2"}}),
      std::vector<absl::Status>(2));
  EXPECT_EQ(world.Inbox("anne"), (Strings{"SOS v1 !1", "SOS v1 !1"}));
  // There is no job that would have to tell it.
  EXPECT_EQ(world.Queued(), 0);
  const auto alert = world.desk().Get(pressed.alert_id(), "anne");
  ASSERT_TRUE(alert.ok());
  EXPECT_EQ(alert->deliveries(0).state(), alert::v1::DELIVERY_STATE_SENT);
  // The same again, and another press while it is open.
  EXPECT_EQ(world.desk().OnFindings({{pressed, "1-3"}}), std::vector<absl::Status>(1));
  EXPECT_EQ(world.desk().OnFindings({{MakeFinding("h1", "martin", "SOS", "2"), "1-4"}}),
            std::vector<absl::Status>(1));
  EXPECT_EQ(world.Inbox("anne"), (Strings{"SOS v1 !1", "SOS v1 !1", "SOS v2 !1"}));
}

TEST(Desk, KilledBetweenStoreAndTellItTellsByTheJobOnce) {
  World world;
  DyingStore dying(world.redis().endpoint(), kPartitions);
  const auto desk = world.NewDesk(dying);
  ASSERT_TRUE(desk->OnFinding(MakeFinding("h1", "martin", "SOS", "1"), "1-1").ok());
  EXPECT_EQ(world.Inbox("anne"), Strings{});
  RunJobs(world, world.desk(), "h1");
  EXPECT_EQ(world.Inbox("anne"), Strings{"SOS v1 !1"});
  EXPECT_EQ(world.Queued(), 0);
}

// Two notifiers at once: one tells directly, the other by the job, the finding comes to both.
TEST(Desk, TwoNotifiersTellOneVersionOnce) {
  World world;
  RedisAlertStore other(world.redis().endpoint(), kPartitions);
  const auto desk = world.NewDesk(other);
  const Finding sos = MakeFinding("h1", "martin", "SOS", "1");
  ASSERT_TRUE(world.desk().OnFinding(sos, "1-1").ok());
  ASSERT_TRUE(desk->OnFinding(sos, "1-1").ok());
  store::v1::Job job;
  job.set_alert_id(sos.alert_id());
  job.mutable_tell()->add_caregiver_ids("anne");
  job.mutable_tell()->set_version(1);
  job.mutable_tell()->set_step(1);
  job.mutable_tell()->set_reason(alert::v1::Update::REASON_NOTIFY);
  ASSERT_TRUE(desk->OnJob(job, "1-2").ok());
  EXPECT_EQ(world.Inbox("anne"), Strings{"SOS v1 !1"});
}

// A job that comes late, when the alert has another version, does not ask for the same step again.
TEST(Desk, ALateJobOfAToldVersionTellsNobodyAgain) {
  World world;
  const Finding sos = MakeFinding("h1", "martin", "SOS", "1");
  ASSERT_TRUE(world.desk().OnFinding(sos, "1-1").ok());
  store::v1::Job step;
  step.set_alert_id(sos.alert_id());
  step.mutable_escalate()->set_step(2);
  step.mutable_escalate()->set_round(1);
  world.clock().Advance(absl::Seconds(60));
  ASSERT_TRUE(world.desk().OnJob(step, "1-2").ok());
  EXPECT_EQ(world.Inbox("marc"), Strings{"SOS v2 !2"});
  store::v1::Job tell;
  tell.set_alert_id(sos.alert_id());
  tell.mutable_tell()->add_caregiver_ids("anne");
  tell.mutable_tell()->set_version(1);
  tell.mutable_tell()->set_step(1);
  tell.mutable_tell()->set_reason(alert::v1::Update::REASON_NOTIFY);
  ASSERT_TRUE(world.desk().OnJob(tell, "1-3").ok());
  EXPECT_EQ(world.Inbox("anne"), Strings{"SOS v1 !1"});
}

TEST(Desk, WhatWasClosedAndGrowsWorseIsToldAgain) {
  World world;
  const Finding raise = MakeFinding("h1", "martin", "INACTIVITY", "1", Finding::KIND_RAISE,
                                    alert::v1::SEVERITY_MEDIUM);
  ASSERT_TRUE(world.desk().OnFinding(raise, "1-1").ok());
  ASSERT_TRUE(world.desk()
                  .Resolve(raise.alert_id(), {"anne", "test", ""}, alert::v1::OUTCOME_FALSE_ALARM,
                           "in the garden")
                  .ok());
  ASSERT_TRUE(
      world.desk()
          .OnFinding(MakeFinding("h1", "martin", "INACTIVITY", "1", Finding::KIND_WORSEN), "1-2")
          .ok());
  EXPECT_EQ(world.Inbox("anne"),
            (Strings{"INACTIVITY v1 !1", "INACTIVITY v2 changed", "INACTIVITY v4 !1"}));
  EXPECT_EQ(world.desk().Snapshot("anne")->size(), 1U);
}

TEST(Desk, AWorseningOfWhatWasClosedJoinsWhatIsOpenSince) {
  World world;
  const Finding first = MakeFinding("h1", "martin", "SOS", "1");
  ASSERT_TRUE(world.desk().OnFinding(first, "1-1").ok());
  ASSERT_TRUE(world.desk()
                  .Resolve(first.alert_id(), {"anne", "test", ""}, alert::v1::OUTCOME_REAL, "")
                  .ok());
  ASSERT_TRUE(world.desk().OnFinding(MakeFinding("h1", "martin", "SOS", "2"), "1-2").ok());
  Finding again = first;
  again.set_finding_id(first.alert_id() + "/again");
  ASSERT_TRUE(world.desk().OnFinding(again, "1-3").ok());
  EXPECT_EQ(world.desk().Snapshot("anne")->size(), 1U);
  EXPECT_EQ(world.desk().Snapshot("anne")->at(0).occurrences(), 2U);
}

TEST(Desk, AnEndThatOvertakesItsBeginningDoesNotSwallowIt) {
  World world;
  ASSERT_TRUE(world.desk()
                  .OnFinding(MakeFinding("h1", "martin", "HAZARD", "1", Finding::KIND_CLEAR), "1-2")
                  .ok());
  EXPECT_EQ(world.Inbox("anne"), Strings{});
  ASSERT_TRUE(world.desk().OnFinding(MakeFinding("h1", "martin", "HAZARD", "1"), "1-1").ok());
  EXPECT_EQ(world.Inbox("anne"), Strings{"HAZARD v3 !1"});
}

TEST(Desk, AnEndSaysNothingOfAnotherAlertThatIsOpen) {
  World world;
  ASSERT_TRUE(world.desk().OnFinding(MakeFinding("h1", "martin", "HAZARD", "1"), "1-1").ok());
  ASSERT_TRUE(world.desk()
                  .OnFinding(MakeFinding("h1", "martin", "HAZARD", "2", Finding::KIND_CLEAR), "1-2")
                  .ok());
  EXPECT_EQ(world.desk().Snapshot("anne")->at(0).condition(), alert::v1::CONDITION_ACTIVE);
}

// Peers' mistake 13, and worse: nobody at all.
TEST(Desk, AnAlertThatReachesNobodyIsTheOperatorsAlert) {
  World world;
  for (const char* home : {"h1", "h9"}) {
    ASSERT_TRUE(world.desk().OnFinding(MakeFinding(home, "stranger", "SOS", "1"), "1-1").ok());
  }
  EXPECT_EQ(world.OperatorAlerts(), (Strings{"NOBODY_TOLD", "NOBODY_TOLD"}));
}

TEST(Desk, ShowsOnlyPatientsInWhoseCircleTheCallerIs) {
  World world;
  const Finding martin = MakeFinding("h1", "martin", "SOS", "1");
  const Finding durand = MakeFinding("h1", "durand", "SOS", "1");
  const Finding elsewhere = MakeFinding("h2", "martin", "SOS", "1");  // Another of that name.
  const Finding home =
      MakeFinding("h1", "", "HUB_OFFLINE", "1", Finding::KIND_RAISE, alert::v1::SEVERITY_TECHNICAL);
  for (const Finding& finding : {martin, durand, elsewhere, home})
    ASSERT_TRUE(world.desk().OnFinding(finding, "1-1").ok());
  const auto seen = [](const std::vector<alert::v1::Alert>& alerts) {
    std::set<std::string> ids;
    for (const auto& alert : alerts) ids.insert(alert.alert_id());
    return ids;
  };
  using Ids = std::set<std::string>;
  EXPECT_EQ(seen(world.desk().List("marc", {})->alerts), (Ids{martin.alert_id(), home.alert_id()}));
  EXPECT_EQ(seen(*world.desk().Snapshot("marc")), (Ids{martin.alert_id(), home.alert_id()}));
  EXPECT_EQ(seen(*world.desk().Snapshot("claire")), (Ids{durand.alert_id(), home.alert_id()}));
  EXPECT_EQ(seen(world.desk().List("anne", {})->alerts), (Ids{martin.alert_id(), home.alert_id()}));
  EXPECT_TRUE(absl::IsNotFound(world.desk().Get(durand.alert_id(), "marc").status()));
  EXPECT_TRUE(absl::IsNotFound(world.desk().Get(elsewhere.alert_id(), "anne").status()));
  EXPECT_TRUE(absl::IsNotFound(world.desk().List("stranger", {}).status()));
}

// All in one millisecond of the clock, which stands still.
TEST(Desk, PagesThroughAlertsOfOneMillisecondWithoutSkippingAny) {
  World world;
  std::set<std::string> expected;
  for (int i = 0; i < 23; ++i) {
    const Finding finding = i % 2 == 0 ? MakeFinding("h1", "martin", "R" + std::to_string(i), "1")
                                       : MakeFinding("h2", "petit", "R" + std::to_string(i), "1");
    ASSERT_TRUE(world.desk().OnFinding(finding, "1-1").ok());
    expected.insert(finding.alert_id());
  }
  std::set<std::string> listed;
  ListQuery query;
  query.limit = 5;
  int pages = 0;
  do {
    const auto page = world.desk().List("anne", query);
    ASSERT_TRUE(page.ok());
    for (const auto& alert : page->alerts) EXPECT_TRUE(listed.insert(alert.alert_id()).second);
    query.position = page->next;
    ++pages;
  } while (query.position);
  EXPECT_EQ(listed, expected);
  EXPECT_EQ(pages, 5);
}

TEST(Desk, PagesOfOpenAlertsGoOnBehindClosedOnes) {
  World world;
  const Finding old = MakeFinding("h1", "martin", "R", "old");
  ASSERT_TRUE(world.desk().OnFinding(old, "1-1").ok());
  for (int i = 0; i < 12; ++i) {
    world.clock().Advance(absl::Seconds(1));
    const Finding finding = MakeFinding("h1", "martin", "S" + std::to_string(i), "1");
    ASSERT_TRUE(world.desk().OnFinding(finding, "1-1").ok());
    ASSERT_TRUE(world.desk()
                    .Resolve(finding.alert_id(), {"anne", "", ""}, alert::v1::OUTCOME_TEST, "")
                    .ok());
  }
  ListQuery query;
  query.open_only = true;
  query.limit = 5;
  const auto page = world.desk().List("anne", query);
  ASSERT_EQ(page->alerts.size(), 1U);
  EXPECT_EQ(page->alerts[0].alert_id(), old.alert_id());
}

// Peers' mistake 17.
TEST(Desk, WhatBeganAndEndedInABacklogIsOneSummary) {
  World world;
  std::string opening;
  for (int i = 0; i < 9; ++i) {
    Finding finding = MakeFinding("h1", "martin", "DOOR_LEFT_OPEN", std::to_string(i),
                                  Finding::KIND_RAISE, alert::v1::SEVERITY_MEDIUM);
    finding.set_late(true);
    finding.set_fold(true);
    ASSERT_TRUE(world.desk().OnFinding(finding, "1-1").ok());
    if (i == 0) opening = SummaryLine(finding).alert_id();
  }
  EXPECT_EQ(world.desk().Snapshot("anne")->size(), 0U) << "shown before it is complete";
  store::v1::Job step;
  step.set_alert_id(opening);
  step.mutable_escalate()->set_step(1);
  step.mutable_escalate()->set_round(1);
  world.clock().Advance(absl::Seconds(30));
  ASSERT_TRUE(world.desk().OnJob(step, "1-2").ok());
  EXPECT_EQ(world.Inbox("anne"), Strings{"LATE_SUMMARY v2 summary"});
  EXPECT_EQ(world.Inbox("marc"), Strings{});
  EXPECT_EQ(world.desk().Get(opening, "anne")->evidence().observations_size(), 9);
}

TEST(Deliver, RemembersABoundedNumberOfAlerts) {
  World world;
  alert::v1::Update update;
  update.set_reason(alert::v1::Update::REASON_NOTIFY);
  update.mutable_alert()->set_version(1);
  // Looked at every sixteenth time.
  for (int i = 0; i < 4208; ++i) {
    update.mutable_alert()->set_alert_id("h1." + std::to_string(i));
    ASSERT_TRUE(world.store().Deliver({"anne"}, update, 1).ok());
  }
  const int partition = domain::CaregiverPartitionOf("anne", kPartitions);
  const auto fields =
      world.redis().client().CommandSync({"HLEN", domain::WatcherKey(partition, "anne")});
  EXPECT_EQ(fields->integer(), 4096 + 2);  // The incarnation and the sequence.
  EXPECT_EQ(*world.store().Deliver({"anne"}, update, 1), 0) << "the newest is remembered";
}

TEST(Deliver, AnOlderVersionNeverOverwritesANewerOne) {
  World world;
  alert::v1::Update update;
  update.mutable_alert()->set_alert_id("h1.a");
  update.mutable_alert()->set_version(4);
  update.set_reason(alert::v1::Update::REASON_CHANGED);
  EXPECT_EQ(*world.store().Deliver({"anne"}, update, 4), 1);
  // A step of version 3 is still told, with what the alert is now.
  update.set_reason(alert::v1::Update::REASON_NOTIFY);
  update.mutable_alert()->set_version(3);
  EXPECT_TRUE(absl::IsAborted(world.store().Deliver({"anne"}, update, 3).status()));
  update.mutable_alert()->set_version(4);
  EXPECT_EQ(*world.store().Deliver({"anne"}, update, 3), 1);
  EXPECT_EQ(*world.store().Deliver({"anne"}, update, 3), 0);
}

// Peers' mistake 14: "delivered" says the provider; nothing reached the phone.
TEST(Desk, KnowsWhatWasHandedOverAndOnlyADeviceMakesItDelivered) {
  World world;
  const Finding sos = MakeFinding("h1", "martin", "SOS", "1");
  ASSERT_TRUE(world.desk().OnFinding(sos, "1-1").ok());
  const auto state = [&] {
    return world.desk().Get(sos.alert_id(), "anne").value().deliveries(0).state();
  };
  EXPECT_TRUE(Eventually([&] { return state() == alert::v1::DELIVERY_STATE_SENT; }));
  // The same in every view of it.
  EXPECT_EQ(world.desk().Snapshot("anne").value()[0].deliveries(0).state(),
            alert::v1::DELIVERY_STATE_SENT);
  EXPECT_EQ(world.desk().List("anne", {}).value().alerts[0].deliveries(0).state(),
            alert::v1::DELIVERY_STATE_SENT);
  alert::v1::Receipt receipt;
  receipt.set_alert_id(sos.alert_id());
  receipt.set_version(1);
  receipt.set_state(alert::v1::DELIVERY_STATE_DELIVERED);
  ASSERT_TRUE(world.desk().Receipt("anne", receipt).ok());
  EXPECT_EQ(state(), alert::v1::DELIVERY_STATE_DELIVERED);
}

// Peers' mistake 11: acknowledging stops what another replica is sending at that moment.
TEST(Desk, AnAnswerStopsWhatAnotherReplicaWasAboutToSend) {
  World world;
  const Finding sos = MakeFinding("h1", "martin", "SOS", "1");
  ASSERT_TRUE(world.desk().OnFinding(sos, "1-1").ok());
  DyingStore dying(world.redis().endpoint(), kPartitions);
  const auto other = world.NewDesk(dying);
  store::v1::Job step;
  step.set_alert_id(sos.alert_id());
  step.mutable_escalate()->set_step(2);
  step.mutable_escalate()->set_round(1);
  world.clock().Advance(absl::Seconds(60));
  // Stored by the other one, and not told yet.
  ASSERT_TRUE(other->OnJob(step, "1-2").ok());
  ASSERT_TRUE(world.desk().Acknowledge(sos.alert_id(), {"anne", "phone", ""}).ok());
  dying.dead = false;
  RunJobs(world, *other, "h1");
  EXPECT_EQ(world.Inbox("anne"), (Strings{"SOS v1 !1", "SOS v3 changed"}));
  EXPECT_EQ(world.Inbox("marc"), Strings{"SOS v3 changed"});
}

// A receipt that comes between the timer and its job: the step keeps its place, and its timer.
TEST(Desk, AStepThatAReceiptOvertookIsStillDueInItsPlace) {
  World world;
  const Finding sos = MakeFinding("h1", "martin", "SOS", "1");
  ASSERT_TRUE(world.desk().OnFinding(sos, "1-1").ok());
  const absl::Time told = world.clock().Now();
  const int partition = domain::PartitionOf("h1", kPartitions);
  EXPECT_EQ(world.store().NextTimers().value()[static_cast<std::size_t>(partition)],
            told + absl::Seconds(30));
  world.clock().Advance(absl::Seconds(30));
  ASSERT_TRUE(world.store().MoveDue({partition}, world.clock().Now()).ok());
  alert::v1::Receipt receipt;
  receipt.set_alert_id(sos.alert_id());
  receipt.set_version(1);
  receipt.set_state(alert::v1::DELIVERY_STATE_DELIVERED);
  ASSERT_TRUE(world.desk().Receipt("anne", receipt).ok());
  RunJobs(world, world.desk(), "h1");
  EXPECT_EQ(world.Inbox("marc"), Strings{});
  EXPECT_EQ(world.store().NextTimers().value()[static_cast<std::size_t>(partition)],
            told + absl::Seconds(60));
}

// Peers' mistake 8: snooze and duty in process memory.
TEST(Desk, DutyAndSnoozesSurviveTheNotifierAndTwoChangesAtOnceAreBothKept) {
  World world;
  const auto another = world.NewDesk(world.store());
  ASSERT_TRUE(
      world.desk().circles().Snooze({{"anne", "phone", "r1"}, "martin", "", absl::Hours(1)}).ok());
  ASSERT_TRUE(
      another->circles().Snooze({{"marc", "phone", "r2"}, "martin", "", absl::Hours(1)}).ok());
  // The same request once more is the same snooze.
  ASSERT_TRUE(
      another->circles().Snooze({{"anne", "phone", "r1"}, "martin", "", absl::Hours(1)}).ok());
  DutyRequest night{{"anne", "phone", ""}, "martin", "", {}};
  night.span.length = absl::Hours(8);
  ASSERT_TRUE(another->circles().Take(night).ok());
  const auto later = world.NewDesk(world.store());
  EXPECT_EQ(later->circles().ListSnoozes("anne").value().size(), 1U);
  EXPECT_EQ(later->circles().ListSnoozes("marc").value().size(), 1U);
  const auto spans = later->circles().ListDuty("marc", "martin", absl::Hours(1)).value();
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].caregiver_ids(0), "anne");
  // Both are snoozing, and so nobody would be told: they are told anyway.
  ASSERT_TRUE(later
                  ->OnFinding(MakeFinding("h1", "martin", "DOOR_LEFT_OPEN", "1",
                                          Finding::KIND_RAISE, alert::v1::SEVERITY_MEDIUM),
                              "1-1")
                  .ok());
  EXPECT_EQ(world.Inbox("anne"), Strings{"DOOR_LEFT_OPEN v1 !1"});
}

TEST(Desk, SnoozesNoRuleThatThereIsNot) {
  World world;
  const auto snooze = [&world](const std::string& rule) {
    return world.desk()
        .circles()
        .Snooze({{"anne", "phone", ""}, "martin", rule, absl::Hours(1)})
        .status();
  };
  const absl::Status severity = snooze("LOW");
  EXPECT_TRUE(absl::IsInvalidArgument(severity));
  const auto violations = rpc::ViolationsOf(severity);
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].field, "rule");
  EXPECT_NE(violations[0].description.find("DOOR_LEFT_OPEN"), std::string::npos);
  EXPECT_EQ(violations[0].description.find("HAZARD"), std::string::npos);
  EXPECT_TRUE(snooze("DOOR_LEFT_OPEN").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(snooze("SOS")));
  // Of no care plan; as soon as somebody was told of it.
  EXPECT_TRUE(absl::IsInvalidArgument(snooze("LATE_SUMMARY_OF_TESTS")));
  store::v1::Finding finding = MakeFinding("h1", "martin", "LATE_SUMMARY_OF_TESTS", "1",
                                           Finding::KIND_RAISE, alert::v1::SEVERITY_MEDIUM);
  finding.mutable_evidence()->set_rule("LATE_SUMMARY_OF_TESTS");
  ASSERT_TRUE(world.desk().OnFinding(finding, "1-1").ok());
  EXPECT_TRUE(snooze("LATE_SUMMARY_OF_TESTS").ok());
}

TEST(Desk, CallsThatAreTooManyAreLinesToReadAndAnEmergencyNever) {
  World world;
  RedisAlertStore store(world.redis().endpoint(), kPartitions, {1, absl::Minutes(10)});
  const auto desk = world.NewDesk(store);
  const auto find = [&](const std::string& rule, alert::v1::Severity severity) {
    const Finding finding = MakeFinding("h1", "martin", rule, "1", Finding::KIND_RAISE, severity);
    EXPECT_TRUE(desk->OnFinding(finding, "1-1").ok());
  };
  find("A", alert::v1::SEVERITY_MEDIUM);
  find("B", alert::v1::SEVERITY_MEDIUM);
  find("SOS", alert::v1::SEVERITY_HIGH);
  world.clock().Advance(absl::Minutes(10));
  find("C", alert::v1::SEVERITY_MEDIUM);
  EXPECT_EQ(world.Inbox("anne"), (Strings{"A v1 !1", "B v1 quiet1", "SOS v1 !1", "C v1 !1"}));
}

}  // namespace
}  // namespace veille::notifier
