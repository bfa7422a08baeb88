// The life of alerts, told as behaviour: at 0 s a fall; who is told, when, and nobody else, ever.

#include "services/notifier/core/alert_life.h"

#include <memory>
#include <optional>

#include "gtest/gtest.h"

#include "services/notifier/core/answers.h"
#include "services/notifier/core/chain.h"
#include "services/notifier/core/late_summary.h"

namespace veille::notifier {
namespace {

using store::v1::AlertRecord;
using store::v1::Finding;
using Strings = std::vector<std::string>;

// One alert, its chain anne → marc → claire a minute apart, on a clock that the test moves.
class Story {
 public:
  explicit Story(int steps = 3) {
    const char* ids[] = {"anne", "marc", "claire"};
    for (int i = 0; i < 3; ++i) {
      care::v1::Member member;
      member.set_caregiver_id(ids[i]);
      audience_.members.push_back(member);
      if (i >= steps) continue;
      care::v1::EscalationStep step;
      step.add_caregiver_ids(ids[i]);
      if (i > 0) step.mutable_delay()->set_seconds(60);
      audience_.steps.push_back(step);
    }
  }
  Audience& audience() { return audience_; }

  static Finding Make(const std::string& id, Finding::Kind kind = Finding::KIND_RAISE,
                      alert::v1::Severity severity = alert::v1::SEVERITY_HIGH) {
    Finding finding;
    finding.set_finding_id(id);
    finding.set_alert_id("h.1");
    finding.set_home_id("h");
    finding.set_patient_id("p");
    finding.set_rule_key("FALL");
    finding.set_kind(kind);
    finding.set_severity(severity);
    finding.set_latching(severity == alert::v1::SEVERITY_HIGH);
    return finding;
  }

  // The same, concluded earlier than it comes here.
  static Finding Decided(int second, Finding finding) {
    finding.mutable_decide_time()->set_seconds(second);
    return finding;
  }

  // At `second`, what is told: "anne!2" asks anne in step 2, "anne" tells her of a change.
  Strings Find(int second, Finding finding) {
    if (!finding.has_decide_time()) finding.mutable_decide_time()->set_seconds(second);
    Decision decision;
    if (!record_) {
      record_ = Raise(finding, audience_, {At(second)}, decision);
    } else {
      decision = Join(finding, audience_, {At(second)}, *record_);
    }
    untold_ = untold_ || decision.untold;
    return Told(decision);
  }
  // The timers up to `second` run.
  Strings Pass(int second) {
    Strings all;
    while (DueTime(*record_) != nullptr && DueTime(*record_)->seconds() <= second) {
      const auto due = static_cast<int>(DueTime(*record_)->seconds());
      const Decision decision =
          RunStep(record_->alert().step() + 1, record_->round(), {At(due)}, *record_);
      unanswered_ = unanswered_ || decision.unanswered;
      untold_ = untold_ || decision.untold;
      for (const std::string& told : Told(decision))
        all.push_back(std::to_string(due) + ":" + told);
    }
    return all;
  }
  absl::StatusOr<Strings> Take(int second, const std::string& who,
                               const std::string& request = "") {
    auto decision = Acknowledge({who, "test", request}, At(second), *record_);
    if (!decision.ok()) return decision.status();
    return Told(*decision);
  }
  absl::StatusOr<Strings> Close(int second, const std::string& who, alert::v1::Outcome outcome) {
    auto decision = Resolve({who, "test", ""}, outcome, "", At(second), *record_);
    if (!decision.ok()) return decision.status();
    return Told(*decision);
  }
  static absl::Time At(int second) { return absl::FromUnixSeconds(second); }
  AlertRecord& record() { return *record_; }
  const alert::v1::Alert& alert() const { return record_->alert(); }
  bool unanswered() const { return unanswered_; }
  bool untold() const { return untold_; }

 private:
  static Strings Told(const Decision& decision) {
    Strings told;
    for (const auto& tell : decision.tells) {
      for (const std::string& id : tell.caregiver_ids()) {
        const bool asked = tell.reason() == alert::v1::Update::REASON_NOTIFY;
        const bool summary = tell.reason() == alert::v1::Update::REASON_SUMMARY;
        told.push_back(id + (asked ? "!" + std::to_string(tell.step()) : "") +
                       (summary ? " (summary)" : ""));
      }
    }
    return told;
  }
  Audience audience_;
  std::optional<AlertRecord> record_;
  bool unanswered_ = false;
  bool untold_ = false;
};

TEST(Escalation, ClimbsUntilSomebodyTakesItAndNothingComesAfterwards) {
  Story story;
  EXPECT_EQ(story.Find(0, Story::Make("f")), Strings{"anne!1"});
  EXPECT_EQ(story.Pass(59), Strings{});
  EXPECT_EQ(story.Pass(61), Strings{"60:marc!2"});
  EXPECT_EQ(*story.Take(70, "marc"), (Strings{"anne", "marc"}));
  EXPECT_EQ(story.Pass(600000), Strings{});
  EXPECT_EQ(story.alert().acknowledged_by(), "marc");
}

TEST(Escalation, AnAlertThatNobodyAnswersIsTheOperatorsBusiness) {
  Story story;
  story.Find(0, Story::Make("f"));
  EXPECT_EQ(story.Pass(1000),
            (Strings{"60:marc!2", "120:claire!3", "180:anne!4", "180:marc!4", "180:claire!4"}));
  EXPECT_TRUE(story.unanswered());
  EXPECT_TRUE(story.alert().unanswered());
  EXPECT_EQ(*story.Take(2000, "anne"), (Strings{"anne", "claire", "marc"}));
}

TEST(Escalation, WithoutAChainEverybodyIsToldAtOnce) {
  Story story(0);
  EXPECT_EQ(story.Find(0, Story::Make("f")), (Strings{"anne!1", "marc!1", "claire!1"}));
}

TEST(Escalation, AStepForWorseThingsIsPassedOver) {
  Story story;
  story.audience().steps[1].set_min_severity(alert::v1::SEVERITY_HIGH);
  story.Find(0, Story::Make("f", Finding::KIND_RAISE, alert::v1::SEVERITY_MEDIUM));
  EXPECT_EQ(story.Pass(61), Strings{"60:claire!3"});
}

TEST(Escalation, WhatIsNotUrgentDoesNotClimb) {
  for (const auto severity : {alert::v1::SEVERITY_LOW, alert::v1::SEVERITY_TECHNICAL}) {
    Story story;
    EXPECT_EQ(story.Find(0, Story::Make("f", Finding::KIND_RAISE, severity)), Strings{"anne!1"});
    EXPECT_EQ(story.Pass(100000), Strings{});
  }
}

TEST(Escalation, AStepOfAnOlderRoundOrOneThatRanChangesNothing) {
  Story story;
  story.Find(0, Story::Make("f"));
  story.Pass(60);
  const std::string before = story.record().SerializeAsString();
  EXPECT_FALSE(RunStep(2, 1, {Story::At(61)}, story.record()).changed);
  EXPECT_FALSE(RunStep(3, 0, {Story::At(61)}, story.record()).changed);
  EXPECT_EQ(story.record().SerializeAsString(), before);
}

// Peers' mistake 11, in both orders of the race.
TEST(Race, AnAcknowledgementJustBeforeAStepStopsItAndJustAfterStopsTheNext) {
  Story before;
  before.Find(0, Story::Make("f"));
  before.Take(59, "anne").IgnoreError();
  EXPECT_FALSE(RunStep(2, 1, {Story::At(60)}, before.record()).changed);
  Story after;
  after.Find(0, Story::Make("f"));
  after.Pass(60);
  after.Take(60, "anne").IgnoreError();
  EXPECT_EQ(after.Pass(100000), Strings{});
}

TEST(Race, ATellThatSomebodyAnsweredMeanwhileIsNotWanted) {
  Story story;
  story.Find(0, Story::Make("f"));
  store::v1::Tell tell;
  tell.set_reason(alert::v1::Update::REASON_NOTIFY);
  EXPECT_TRUE(IsWanted(tell, story.record()));
  story.Take(5, "anne").IgnoreError();
  EXPECT_FALSE(IsWanted(tell, story.record()));
}

TEST(Repeat, ASecondPressTellsEverybodyAgainAndReopensWhatWasTaken) {
  Story story;
  story.Find(0, Story::Make("1"));
  story.Take(10, "anne").IgnoreError();
  EXPECT_EQ(story.Find(100, Story::Make("2")), (Strings{"anne!1", "marc!1", "claire!1"}));
  EXPECT_EQ(story.alert().handling(), alert::v1::HANDLING_UNACKNOWLEDGED);
  EXPECT_EQ(story.Pass(160), Strings{"160:marc!2"});
}

// Peers' mistake 3: a repeat counter with no event id.
TEST(Repeat, TheSameFindingAgainChangesNothing) {
  Story story;
  story.Find(0, Story::Make("1"));
  const std::string before = story.record().SerializeAsString();
  EXPECT_EQ(story.Find(5, Story::Make("1")), Strings{});
  EXPECT_EQ(story.record().SerializeAsString(), before);
}

TEST(Worse, AnAcknowledgedAlertThatGrowsWorseBeginsItsChainAnew) {
  Story story;
  story.Find(0, Story::Make("1", Finding::KIND_RAISE, alert::v1::SEVERITY_MEDIUM));
  story.Take(10, "anne").IgnoreError();
  EXPECT_EQ(story.Find(100, Story::Make("2", Finding::KIND_WORSEN)), Strings{"anne!1"});
  EXPECT_EQ(story.alert().severity(), alert::v1::SEVERITY_HIGH);
  EXPECT_EQ(story.Pass(160), Strings{"160:marc!2"});
}

// Known fault: what was closed and grew worse told nobody.
TEST(Worse, AClosedAlertThatGrowsWorseIsOpenAgainAndToldFromTheFirstStep) {
  Story story;
  story.Find(0, Story::Make("1", Finding::KIND_RAISE, alert::v1::SEVERITY_MEDIUM));
  EXPECT_TRUE(story.Close(10, "anne", alert::v1::OUTCOME_FALSE_ALARM).ok());
  EXPECT_EQ(story.Find(100, Story::Make("2", Finding::KIND_WORSEN)), Strings{"anne!1"});
  EXPECT_EQ(story.alert().handling(), alert::v1::HANDLING_UNACKNOWLEDGED);
  EXPECT_EQ(story.alert().outcome(), alert::v1::OUTCOME_UNSPECIFIED);
  EXPECT_FALSE(story.alert().has_close_time());
  EXPECT_EQ(story.Pass(160), Strings{"160:marc!2"});
}

TEST(Worse, AClosedAlertThatIsNoWorseThanWhenItWasClosedStaysClosed) {
  Story story;
  story.Find(0, Story::Make("1", Finding::KIND_RAISE, alert::v1::SEVERITY_MEDIUM));
  EXPECT_TRUE(story.Close(10, "anne", alert::v1::OUTCOME_REAL).ok());
  EXPECT_EQ(story.Find(100, Story::Make("2", Finding::KIND_WORSEN, alert::v1::SEVERITY_LOW)),
            Strings{});
  EXPECT_EQ(story.alert().handling(), alert::v1::HANDLING_CLOSED);
}

TEST(Repeat, AClosedAlertThatOccursAgainIsOpenAgainAndTellsEverybody) {
  Story story;
  story.Find(0, Story::Make("1"));
  EXPECT_TRUE(story.Close(10, "anne", alert::v1::OUTCOME_FALSE_ALARM).ok());
  EXPECT_EQ(story.Find(100, Story::Make("2")), (Strings{"anne!1", "marc!1", "claire!1"}));
  EXPECT_EQ(story.alert().handling(), alert::v1::HANDLING_UNACKNOWLEDGED);
}

// Known fault: an end that came before its beginning swallowed it.
TEST(Overtaken, AnEndThatComesBeforeItsBeginningTellsNobodyAndTheBeginningIsStillTold) {
  Story story;
  EXPECT_EQ(story.Find(5, Story::Make("2", Finding::KIND_CLEAR)), Strings{});
  EXPECT_EQ(story.Find(6, Story::Decided(4, Story::Make("1"))), Strings{"anne!1"});
  EXPECT_EQ(story.alert().handling(), alert::v1::HANDLING_UNACKNOWLEDGED);
  EXPECT_EQ(story.alert().condition(), alert::v1::CONDITION_CLEARED);
  EXPECT_EQ(story.Pass(66), Strings{"66:marc!2"});
}

// Peers' mistake 10: what clears early is never told.
TEST(Overtaken, WhatIsNotUrgentAndOverBeforeItBeganIsALineAndNotACall) {
  Story story;
  story.Find(5, Story::Make("2", Finding::KIND_CLEAR, alert::v1::SEVERITY_MEDIUM));
  EXPECT_EQ(story.Find(6, Story::Decided(4, Story::Make("1", Finding::KIND_RAISE,
                                                        alert::v1::SEVERITY_MEDIUM))),
            Strings{"anne (summary)"});
  EXPECT_EQ(story.alert().handling(), alert::v1::HANDLING_CLOSED);
  EXPECT_EQ(story.Pass(100000), Strings{});
}

TEST(Overtaken, AWorseningThatComesBeforeItsBeginningIsToldOnce) {
  Story story;
  EXPECT_EQ(story.Find(5, Story::Make("2", Finding::KIND_WORSEN)), Strings{"anne!1"});
  EXPECT_EQ(story.Find(6, Story::Decided(4, Story::Make("1", Finding::KIND_RAISE,
                                                        alert::v1::SEVERITY_MEDIUM))),
            Strings{});
  EXPECT_EQ(story.alert().severity(), alert::v1::SEVERITY_HIGH);
  EXPECT_EQ(story.alert().occurrences(), 1U);
}

TEST(Overtaken, AWorseningToHighThatComesAfterTheEndIsToldAndDoesNotClimb) {
  Story story;
  story.Find(0, Story::Make("1", Finding::KIND_RAISE, alert::v1::SEVERITY_MEDIUM));
  story.Find(30, Story::Make("3", Finding::KIND_CLEAR, alert::v1::SEVERITY_MEDIUM));
  Finding worse = Story::Decided(20, Story::Make("2", Finding::KIND_WORSEN));
  worse.set_latching(false);
  EXPECT_EQ(story.Find(31, worse), Strings{"anne!1"});
  EXPECT_EQ(story.alert().condition(), alert::v1::CONDITION_CLEARED);
  EXPECT_EQ(story.alert().handling(), alert::v1::HANDLING_UNACKNOWLEDGED);
  EXPECT_EQ(story.Pass(10000), Strings{});
}

// Known fault: an alert that no step takes told nobody, and nobody knew.
TEST(NobodyTold, WithoutACircleTheOperatorsMustKnow) {
  Story story;
  story.audience().members.clear();
  story.audience().steps.clear();
  EXPECT_EQ(story.Find(0, Story::Make("1")), Strings{});
  EXPECT_TRUE(story.untold());
}

TEST(NobodyTold, WhereNoStepTakesTheSeverityEverybodyIsToldAndTheOperatorsMustKnow) {
  Story story;
  for (auto& step : story.audience().steps) step.set_min_severity(alert::v1::SEVERITY_HIGH);
  EXPECT_EQ(story.Find(0, Story::Make("1", Finding::KIND_RAISE, alert::v1::SEVERITY_MEDIUM)),
            (Strings{"anne!3", "marc!3", "claire!3"}));
  EXPECT_TRUE(story.untold());
}

TEST(Clear, WhatIsOverStopsClimbingAndThoseWhoWereToldLearnOfIt) {
  Story story;
  story.Find(0, Story::Make("1", Finding::KIND_RAISE, alert::v1::SEVERITY_MEDIUM));
  EXPECT_EQ(story.Find(30, Story::Make("2", Finding::KIND_CLEAR, alert::v1::SEVERITY_MEDIUM)),
            Strings{"anne"});
  EXPECT_EQ(story.Pass(10000), Strings{});
  EXPECT_FALSE(IsJoinable(story.record()));
}

// Known fault: the line of what was over said how it ended, and no more what it had been.
TEST(Clear, KeepsTheCauseAsItsReasonAndTheEndAsItsNews) {
  Story story;
  Finding fall = Story::Make("1");
  fall.mutable_reason()->set_en("fell in the kitchen");
  story.Find(0, fall);
  Finding up = Story::Make("2", Finding::KIND_CLEAR);
  up.mutable_reason()->set_en("got up again");
  story.Find(30, up);
  EXPECT_EQ(story.alert().reason().en(), "fell in the kitchen");
  EXPECT_EQ(story.alert().news().en(), "got up again");
  story.Find(60, Story::Make("3"));
  EXPECT_FALSE(story.alert().has_news());
}

TEST(Clear, AFallIsNeverHiddenByClearing) {
  Story story;
  story.Find(0, Story::Make("1"));
  story.Find(30, Story::Make("2", Finding::KIND_CLEAR));
  EXPECT_EQ(story.alert().handling(), alert::v1::HANDLING_UNACKNOWLEDGED);
  EXPECT_EQ(story.Pass(60), Strings{"60:marc!2"});
  EXPECT_TRUE(IsJoinable(story.record()));
}

Finding Folded(const std::string& id, int seconds) {
  Finding finding = Story::Make(id, Finding::KIND_RAISE, alert::v1::SEVERITY_MEDIUM);
  finding.set_late(true);
  finding.set_fold(true);
  finding.mutable_event_time()->set_seconds(seconds);
  finding.mutable_reason()->set_en("door " + id);
  return SummaryLine(finding);
}

// Peers' mistake 17: after an outage every firing alert is told again.
TEST(LateSummary, WhatBeganAndEndedInABacklogIsOneLineAfterItAndNotACall) {
  Story story;
  EXPECT_EQ(story.Find(1000, Folded("2", 200)), Strings{});
  EXPECT_EQ(story.Find(1010, Folded("1", 100)), Strings{});
  EXPECT_EQ(story.Find(1039, Folded("3", 300)), Strings{});
  EXPECT_EQ(story.Pass(1068), Strings{});
  EXPECT_EQ(story.Pass(1069), Strings{"1069:anne (summary)"});
  EXPECT_EQ(story.alert().handling(), alert::v1::HANDLING_CLOSED);
  EXPECT_EQ(story.alert().severity(), alert::v1::SEVERITY_LOW);
  EXPECT_EQ(story.alert().reason().en(), "Back after a gap: 3 things began and ended meanwhile");
  Strings lines;
  for (const auto& seen : story.alert().evidence().observations())
    lines.push_back(seen.text().en());
  EXPECT_EQ(lines, (Strings{"door 1", "door 2", "door 3"}));
  EXPECT_EQ(story.Pass(100000), Strings{});
}

TEST(LateSummary, IsToldAfterFiveMinutesEvenWhenNewsNeverEnds) {
  Story story;
  for (int second = 0; second < 300; second += 20)
    EXPECT_EQ(story.Find(second, Folded(std::to_string(second), second)), Strings{});
  EXPECT_EQ(story.Pass(300), Strings{"300:anne (summary)"});
}

TEST(LateSummary, IsToldToOperatorsWhereNobodyReadsIt) {
  Story story;
  story.audience().members.clear();
  story.audience().steps.clear();
  story.Find(0, Folded("1", 0));
  EXPECT_EQ(story.Pass(30), Strings{});
  EXPECT_TRUE(story.untold());
}

// It grew worse before it ended: that was told, and the beginning that was held back says it is
// over.
TEST(Late, WhatGrewWorseInTheBacklogIsToldAndTheFoldedBeginningEndsIt) {
  Story story;
  Finding worse = Story::Make("2", Finding::KIND_WORSEN);
  worse.set_latching(false);
  EXPECT_EQ(story.Find(0, worse), Strings{"anne!1"});
  Finding held = Story::Make("1", Finding::KIND_RAISE, alert::v1::SEVERITY_MEDIUM);
  held.set_fold(true);
  EXPECT_EQ(story.Find(1, held), Strings{"anne"});
  EXPECT_EQ(story.alert().condition(), alert::v1::CONDITION_CLEARED);
  EXPECT_EQ(story.Pass(10000), Strings{});
}

TEST(Late, HighIsNeverFolded) {
  Story story;
  Finding finding = Story::Make("1");
  finding.set_late(true);
  finding.set_fold(true);
  EXPECT_EQ(story.Find(0, finding), Strings{"anne!1"});
}

// Peers' mistake 12: an old acknowledged alert pages someone months later.
TEST(Age, WhatWasTakenAndForgottenIsClosedAfterAWeek) {
  Story story;
  story.Find(0, Story::Make("f"));
  story.Take(10, "anne").IgnoreError();
  EXPECT_EQ(story.Pass(604809), Strings{});
  EXPECT_EQ(story.Pass(10000000), Strings{"604810:anne"});
  EXPECT_EQ(story.alert().handling(), alert::v1::HANDLING_CLOSED);
  EXPECT_EQ(story.alert().outcome(), alert::v1::OUTCOME_UNSPECIFIED);
  EXPECT_FALSE(IsJoinable(story.record()));
}

TEST(Age, WhatIsNoEmergencyIsClosedAfterAWeek) {
  Story story;
  story.Find(0, Story::Make("f", Finding::KIND_RAISE, alert::v1::SEVERITY_TECHNICAL));
  EXPECT_EQ(story.Pass(10000000), Strings{"604800:anne"});
}

TEST(Age, AnEmergencyThatNobodyTookStaysOpenForEver) {
  Story story;
  story.Find(0, Story::Make("f"));
  story.Pass(1000);
  EXPECT_EQ(story.Pass(100000000), Strings{});
  EXPECT_EQ(story.alert().handling(), alert::v1::HANDLING_UNACKNOWLEDGED);
}

constexpr int kNoon = 1768474800;  // 2026-01-15 12:00 in Paris.

Story ByDayAndNight() {
  Story story;
  story.audience().zone = "Europe/Paris";
  story.audience().steps[0].set_window("06:00-22:00");
  story.audience().steps[1].set_window("22:00-06:00");
  return story;
}

TEST(Chain, AStepOutsideItsWindowIsPassedOver) {
  Story day = ByDayAndNight();
  EXPECT_EQ(day.Find(kNoon, Story::Make("f")), Strings{"anne!1"});
  EXPECT_EQ(day.Pass(kNoon + 60), Strings{std::to_string(kNoon + 60) + ":claire!3"});
  Story night = ByDayAndNight();
  EXPECT_EQ(night.Find(kNoon + 12 * 3600, Story::Make("f")), Strings{"marc!2"});
}

// Peers' mistake 1: hours counted since midnight are one hour off on these nights.
TEST(Chain, WindowsFollowTheWallClockOnTheNightsWhenItChanges) {
  struct Case {
    int second;
    const char* told;
  };
  for (const Case& at : {Case{1774755000, "marc!2"},     // 29 March 2026, 05:30 in Paris.
                         Case{1774758600, "anne!1"},     // 06:30.
                         Case{1792902600, "marc!2"},     // 25 October 2026, 05:30.
                         Case{1792906200, "anne!1"}}) {  // 06:30.
    Story story = ByDayAndNight();
    EXPECT_EQ(story.Find(at.second, Story::Make("f")), Strings{at.told}) << at.second;
  }
}

TEST(Chain, AWindowOrZoneThatCannotBeReadKeepsNobodyFromBeingTold) {
  Story story = ByDayAndNight();
  story.audience().zone = "Mars/Olympus";
  EXPECT_EQ(story.Find(kNoon, Story::Make("f")), Strings{"anne!1"});
}

TEST(Acknowledge, IsIdempotentAndRefusesWhatIsClosed) {
  Story story;
  story.Find(0, Story::Make("f"));
  EXPECT_EQ(*story.Take(1, "anne", "r1"), Strings{"anne"});
  EXPECT_EQ(*story.Take(2, "anne", "r1"), Strings{});
  EXPECT_EQ(*story.Take(3, "anne", "r2"), Strings{});
  EXPECT_TRUE(story.Close(4, "anne", alert::v1::OUTCOME_REAL).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(story.Take(5, "marc").status()));
}

TEST(Resolve, KeepsItsOutcome) {
  Story story;
  story.Find(0, Story::Make("f"));
  EXPECT_TRUE(
      absl::IsInvalidArgument(story.Close(1, "anne", alert::v1::OUTCOME_UNSPECIFIED).status()));
  EXPECT_TRUE(story.Close(1, "anne", alert::v1::OUTCOME_FALSE_ALARM).ok());
  EXPECT_TRUE(story.Close(2, "marc", alert::v1::OUTCOME_FALSE_ALARM).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(story.Close(3, "marc", alert::v1::OUTCOME_REAL).status()));
  EXPECT_EQ(story.Pass(100000), Strings{});
}

TEST(Receipt, OfTheDeviceMakesADeliveryDeliveredAndNeverGoesBack) {
  Story story;
  story.Find(0, Story::Make("f"));
  EXPECT_TRUE(
      RecordReceipt("anne", 1, alert::v1::DELIVERY_STATE_SEEN, Story::At(1), story.record()));
  EXPECT_FALSE(
      RecordReceipt("anne", 1, alert::v1::DELIVERY_STATE_DELIVERED, Story::At(2), story.record()));
  EXPECT_FALSE(
      RecordReceipt("marc", 1, alert::v1::DELIVERY_STATE_SEEN, Story::At(2), story.record()));
  EXPECT_EQ(story.alert().deliveries(0).state(), alert::v1::DELIVERY_STATE_SEEN);
}

TEST(Versions, GrowWithEveryChange) {
  Story story;
  story.Find(0, Story::Make("f"));
  EXPECT_EQ(story.alert().version(), 1U);
  story.Pass(60);
  EXPECT_EQ(story.alert().version(), 2U);
  story.Take(70, "anne").IgnoreError();
  EXPECT_EQ(story.alert().version(), 3U);
}

}  // namespace
}  // namespace veille::notifier
