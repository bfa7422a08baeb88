// The notifier's judgement, told as stories: who is told, when, and nobody else, ever. Each runs
// three times: see scenario.h.

#include "gtest/gtest.h"

#include "tests/unit/notifier/scenario.h"

namespace veille::notifier {
namespace {

using store::v1::Finding;

const Told kNobody = {};
const Told kEverybody = {"anne", "marc", "claire"};

// Tells whoever is on duty first, then claire. On duty: anne by day, marc by night.
void ByRota(Scenario& s) {
  s.circle().clear_steps();
  s.circle().add_steps()->set_on_duty(true);
  s.circle().add_steps()->add_caregiver_ids("claire");
  for (const auto& [who, window] : {std::pair("anne", "08:00-20:00"), {"marc", "20:00-08:00"}}) {
    care::v1::DutyShift& shift = *s.circle().add_rota();
    shift.set_caregiver_id(who);
    shift.set_window(window);
  }
}

// ---- The chain

TEST(Chain, ClimbsUntilSomebodyTakesItAndThenNothingComesEver) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Fall();
    s.Expect(0, 1, {"anne"});
    s.Expect(60, 61, {"marc"});
    s.Take("marc", 70);
    s.Expect(70, 71, {"anne~", "marc~"});
    s.Nothing();
  });
}

TEST(Chain, ThatNobodyAnswersCallsEverybodyOnceMoreAndTheOperator) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Fall();
    s.Expect(0, 1, {"anne"});
    s.Expect(60, 60, {"marc"});
    s.Expect(120, 120, {"claire"});
    s.Expect(180, 180, {"anne", "marc", "claire", "operator:NOBODY_ANSWERED"});
    // The operator does not answer either.
    s.Expect(240, 240, {"operator:NOBODY_ANSWERED"});
    s.Nothing();
  });
}

TEST(Chain, BeginsAnewAsOftenAsItRepeats) {
  InEveryWorld([](Scenario& s) {
    s.circle().set_repeats(1);
    s.circle().mutable_steps()->DeleteSubrange(2, 1);
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    s.Expect(60, 60, {"marc"});
    s.Expect(120, 120, {"anne"});
    s.Expect(180, 180, {"marc"});
    s.Expect(240, 240, {"anne", "marc", "claire", "operator:NOBODY_ANSWERED"});
    s.Expect(300, 300, {"operator:NOBODY_ANSWERED"});
    s.Nothing();
  });
}

TEST(Chain, ThatRepeatsIsStoppedInItsSecondRoundAsInItsFirst) {
  InEveryWorld([](Scenario& s) {
    s.circle().set_repeats(3);
    s.circle().mutable_steps()->DeleteSubrange(1, 2);
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    s.Expect(60, 60, {"anne"});
    s.Take("anne", 61);
    s.Expect(61, 61, {"anne~"});
    s.Nothing();
  });
}

TEST(Chain, HasAStepForAllOfARelation) {
  InEveryWorld([](Scenario& s) {
    s.step(1).clear_caregiver_ids();
    s.step(1).add_relations(care::v1::Member::RELATION_PROFESSIONAL);
    s.step(1).add_relations(care::v1::Member::RELATION_NEIGHBOUR);
    s.At(0).Fall();
    s.Expect(0, 0, {"marc", "claire"});
    s.Take("claire", 5);
    s.Expect(5, 5, {"marc~", "claire~"});
    s.Nothing();
  });
}

TEST(Chain, TellsAPersonThatAStepNamesTwiceOnce) {
  InEveryWorld([](Scenario& s) {
    s.step(1).add_relations(care::v1::Member::RELATION_FAMILY);
    s.At(0).Door();
    s.Expect(0, 0, {"anne"});
  });
}

TEST(Chain, EndsAtTheTelecareCentre) {
  InEveryWorld([](Scenario& s) {
    care::v1::Member& centre = *s.circle().add_members();
    centre.set_caregiver_id("centre");
    centre.set_relation(care::v1::Member::RELATION_TELECARE_CENTRE);
    care::v1::EscalationStep& last = *s.circle().add_steps();
    last.add_relations(care::v1::Member::RELATION_TELECARE_CENTRE);
    last.mutable_delay()->set_seconds(300);
    s.At(0).Fall();
    s.Expect(0, 120, kEverybody);
    s.Expect(420, 420, {"centre"});
    s.Take("centre", 430);
    s.Expect(430, 430, {"anne~", "marc~", "claire~", "centre~"});
    s.Nothing();
  });
}

TEST(Chain, HasItsOwnDelays) {
  InEveryWorld([](Scenario& s) {
    s.step(2).mutable_delay()->set_seconds(10);
    s.step(3).mutable_delay()->set_seconds(0);
    s.At(0).Fall();
    s.Expect(0, 9, {"anne"});
    s.Expect(10, 10, {"marc", "claire"});
  });
}

TEST(Chain, OfWhatIsNotUrgentHasOneStep) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Battery();
    s.Expect(0, 0, {"anne"});
    s.Nothing();
  });
}

TEST(Chain, PassesOverAStepForWorseThings) {
  InEveryWorld([](Scenario& s) {
    s.step(2).set_min_severity(alert::v1::SEVERITY_HIGH);
    s.At(0).Door();
    s.Expect(0, 0, {"anne"});
    s.Expect(60, 60, {"claire"});
  });
}

// Peers' mistake 13: a chain reaches a person who has no channel, and nobody knows.
TEST(Mistake13, AnAlertThatReachesNobodyIsTheOperators) {
  InEveryWorld([](Scenario& s) {
    Finding fall = s.Make("FALL", "1", Finding::KIND_RAISE, alert::v1::SEVERITY_HIGH);
    fall.set_home_id("elsewhere");
    fall.set_alert_id("elsewhere.1");
    s.At(0).Find(fall);
    s.Expect(0, 1, {"operator:NOBODY_TOLD"});
  });
}

// ---- Windows

TEST(Windows, OfWeekdaysPassAStepOverAtTheWeekend) {
  InEveryWorld([](Scenario& s) {
    s.BeginAt("2026-01-17 12:00");  // A Saturday.
    s.step(1).set_window("Mon-Fri 08:00-20:00");
    s.At(0).Fall();
    s.Expect(0, 0, {"marc"});
    s.Expect(60, 60, {"claire"});
  });
}

TEST(Windows, OfWeekdaysTakeAnAlertInTheWeek) {
  InEveryWorld([](Scenario& s) {
    s.step(1).set_window("Mon-Fri 08:00-20:00");
    s.At(0).Door();
    s.Expect(0, 0, {"anne"});
  });
}

TEST(Windows, OfANightBelongToTheDayOnWhichItBegins) {
  InEveryWorld([](Scenario& s) {
    s.BeginAt("2026-01-17 02:00");  // The night from Friday to Saturday.
    s.step(1).set_window("Fri 22:00-06:00");
    s.At(0).Door();
    s.Expect(0, 0, {"anne"});
  });
}

TEST(Windows, EndExactlyAtTheirEnd) {
  InEveryWorld([](Scenario& s) {
    s.BeginAt("2026-01-15 20:00");
    s.step(1).set_window("Mon-Fri 08:00-20:00");
    s.At(0).Door();
    s.Expect(0, 0, {"marc"});
  });
}

TEST(Windows, AreLookedAtWhenTheStepRuns) {
  InEveryWorld([](Scenario& s) {
    s.BeginAt("2026-01-15 19:59");
    s.step(2).set_window("08:00-20:00");
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    // At 20:00 marc's window is over.
    s.Expect(60, 60, {"claire"});
  });
}

// Peers' mistake 1: hours counted since midnight are one hour off on these nights.
TEST(Mistake1, ANightWindowIsRightWhenClocksGoForward) {
  InEveryWorld([](Scenario& s) {
    s.BeginAt("2026-03-29 06:30");
    s.step(1).set_window("22:00-07:00");
    s.At(0).Door();
    s.Expect(0, 0, {"anne"});
    s.Take("anne", 1);
    s.Expect(1, 1, {"anne~"});
    s.At(1799).Door("2");
    s.Expect(1799, 1799, {"anne"});
    s.Take("anne", 1799);
    s.Expect(1799, 1799, {"anne~"});
    s.At(1800).Door("3");
    s.Expect(1800, 1800, {"marc"});
  });
}

TEST(Mistake1, ANightWindowIsRightWhenClocksGoBack) {
  InEveryWorld([](Scenario& s) {
    s.BeginAt("2026-10-25 06:59");
    s.step(1).set_window("22:00-07:00");
    s.step(2).set_window("22:00-07:00");
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    s.Expect(60, 60, {"claire"});
  });
}

// ---- Receipts

TEST(Receipts, AStepThatNoDeviceHasGoesToTheNextOneEarlyAndLaterStepsKeepTheirPlaces) {
  InEveryWorld([](Scenario& s) {
    s.Offline("anne");
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    s.Expect(30, 30, {"marc"});
    s.Expect(120, 120, {"claire"});
    s.Expect(180, 180, {"anne", "marc", "claire", "operator:NOBODY_ANSWERED"});
  });
}

TEST(Receipts, WhereNoDeviceHasAnythingTheLastStepRunsEarlyAndTheEndKeepsItsPlace) {
  InEveryWorld([](Scenario& s) {
    s.Offline("anne").Offline("marc").Offline("claire");
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    s.Expect(30, 30, {"marc"});
    s.Expect(60, 60, {"claire"});
    s.Expect(180, 180, {"anne", "marc", "claire", "operator:NOBODY_ANSWERED"});
  });
}

TEST(Receipts, OneDeviceOfAStepIsEnough) {
  InEveryWorld([](Scenario& s) {
    s.step(1).add_caregiver_ids("claire");
    s.Offline("anne");
    s.At(0).Fall();
    s.Expect(0, 0, {"anne", "claire"});
    s.Expect(60, 60, {"marc"});
  });
}

TEST(Receipts, InTheLastMomentKeepTheNextStepInItsPlace) {
  InEveryWorld([](Scenario& s) {
    s.Offline("anne");
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    s.Receipt("anne", 29);
    s.Expect(60, 60, {"marc"});
  });
}

TEST(Receipts, ThatComeLateChangeNothingThatWasTold) {
  InEveryWorld([](Scenario& s) {
    s.Offline("anne");
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    s.Expect(30, 30, {"marc"});
    s.Receipt("anne", 31);
    s.Expect(120, 120, {"claire"});
    EXPECT_EQ(s.StateOf("anne"), alert::v1::DELIVERY_STATE_DELIVERED);
  });
}

TEST(Receipts, AreNotWaitedForBelowHigh) {
  InEveryWorld([](Scenario& s) {
    s.Offline("anne");
    s.At(0).Door();
    s.Expect(0, 0, {"anne"});
    s.Expect(60, 60, {"marc"});
  });
}

TEST(Receipts, DoNotDelayAStepThatIsSoonerAnyway) {
  InEveryWorld([](Scenario& s) {
    s.step(2).mutable_delay()->set_seconds(20);
    s.Offline("anne");
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    s.Expect(20, 20, {"marc"});
  });
}

// Who has no device on the stream gives no receipts, ever.
TEST(Receipts, AreNotExpectedFromAChannelThatGivesNone) {
  InEveryWorld([](Scenario& s) {
    s.Offline("anne").Webhook("anne", Scenario::Provider::kTakes);
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    s.Expect(60, 60, {"marc"});
  });
}

TEST(Receipts, OfAProviderThatDoesNotAnswerAreNotWaitedForEither) {
  InEveryWorld([](Scenario& s) {
    s.Offline("anne").Webhook("anne", Scenario::Provider::kDoesNotAnswer);
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    s.Expect(30, 30, {"marc"});
  });
}

// Peers' mistake 14: "delivered" says the provider; nothing reached the phone.
TEST(Mistake14, WhatWasHandedOverIsSentAndOnlyTheDeviceMakesItDelivered) {
  InEveryWorld([](Scenario& s) {
    s.Offline("anne");
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    EXPECT_EQ(s.StateOf("anne"), alert::v1::DELIVERY_STATE_SENT);
    s.Receipt("anne", 5);
    EXPECT_EQ(s.StateOf("anne"), alert::v1::DELIVERY_STATE_DELIVERED);
    // No receipt ends a chain: a human's answer does.
    s.Expect(60, 60, {"marc"});
  });
}

// ---- Answers

// Peers' mistake 11: acknowledging does not stop the later steps. Both orders of the race.
TEST(Mistake11, AnAnswerJustBeforeAStepStopsIt) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    s.Take("anne", 59);
    s.Expect(59, 60, {"anne~"});
    s.Nothing();
  });
}

TEST(Mistake11, AnAnswerJustAfterAStepReachesThoseWhomItTold) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    s.Take("anne", 60);
    s.Expect(60, 60, {"marc", "anne~", "marc~"});
    s.Nothing();
  });
}

TEST(Answers, OfAllAreWantedWhereAStepSaysSo) {
  InEveryWorld([](Scenario& s) {
    s.step(1).add_caregiver_ids("marc");
    s.step(1).set_acknowledgement(care::v1::EscalationStep::ACKNOWLEDGEMENT_ALL);
    s.At(0).Fall();
    s.Expect(0, 0, {"anne", "marc"});
    s.Take("anne", 10);
    s.Expect(10, 10, {"anne~", "marc~"});
    EXPECT_EQ(s.alert().handling(), alert::v1::HANDLING_UNACKNOWLEDGED);
    s.Take("marc", 20);
    s.Expect(20, 20, {"anne~", "marc~"});
    EXPECT_EQ(s.alert().handling(), alert::v1::HANDLING_ACKNOWLEDGED);
    s.Nothing();
  });
}

TEST(Answers, OfOneOfTwoLetTheChainClimb) {
  InEveryWorld([](Scenario& s) {
    s.step(1).add_caregiver_ids("marc");
    s.step(1).set_acknowledgement(care::v1::EscalationStep::ACKNOWLEDGEMENT_ALL);
    s.circle().mutable_steps()->DeleteSubrange(1, 1);
    s.At(0).Fall();
    s.Expect(0, 0, {"anne", "marc"});
    s.Take("anne", 10);
    s.Take("anne", 11);
    s.Expect(10, 11, {"anne~", "marc~"});
    s.Expect(60, 60, {"claire"});
    s.Take("claire", 65);
    s.Expect(65, 65, {"anne~", "marc~", "claire~"});
    s.Nothing();
  });
}

TEST(Answers, CloseAtOnce) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    s.Close("anne", 10, alert::v1::OUTCOME_FALSE_ALARM);
    s.Expect(10, 10, {"anne~"});
    s.Nothing();
  });
}

TEST(Answers, ToWhatNobodyHadAnsweredStillCount) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Fall();
    s.Expect(0, 180,
             {"anne", "marc", "claire", "anne", "marc", "claire", "operator:NOBODY_ANSWERED"});
    s.Expect(240, 240, {"operator:NOBODY_ANSWERED"});
    s.Take("claire", 500);
    s.Expect(500, 500, {"anne~", "marc~", "claire~"});
    EXPECT_EQ(s.alert().acknowledged_by(), "claire");
  });
}

TEST(Answers, AreUndoneByASecondPress) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Sos("1");
    s.Expect(0, 0, {"anne"});
    s.Take("anne", 10);
    s.Expect(10, 10, {"anne~"});
    s.At(20).Sos("2");
    s.Expect(20, 20, kEverybody);
    s.Take("marc", 30);
    s.Expect(30, 30, {"anne~", "marc~", "claire~"});
    s.Nothing();
  });
}

// ---- Duty

TEST(Duty, TellsWhoeverIsOnDutyByTheRota) {
  InEveryWorld([](Scenario& s) {
    ByRota(s);
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    s.Expect(60, 60, {"claire"});
  });
}

TEST(Duty, ChangesWithTheShift) {
  InEveryWorld([](Scenario& s) {
    s.BeginAt("2026-01-15 20:00");
    ByRota(s);
    s.At(0).Fall();
    s.Expect(0, 0, {"marc"});
  });
}

TEST(Duty, IsWhoeverHasTakenTheNight) {
  InEveryWorld([](Scenario& s) {
    ByRota(s);
    EXPECT_TRUE(s.TakeDuty("claire", 0, "22:00-07:00").ok());
    EXPECT_EQ(s.OnDuty(9 * 3600), "marc");
    EXPECT_EQ(s.OnDuty(10 * 3600), "claire");
    EXPECT_EQ(s.OnDuty(19 * 3600 - 1), "claire");
    EXPECT_EQ(s.OnDuty(19 * 3600), "marc");
    EXPECT_EQ(s.OnDuty(20 * 3600), "anne");
  });
}

TEST(Duty, IsHandedOverUntilTheShiftEnds) {
  InEveryWorld([](Scenario& s) {
    ByRota(s);
    EXPECT_TRUE(s.HandOver("anne", "claire", 0).ok());
    EXPECT_EQ(s.OnDuty(0), "claire");
    EXPECT_EQ(s.OnDuty(8 * 3600), "marc");
    EXPECT_EQ(s.OnDuty(20 * 3600), "anne");
  });
}

TEST(Duty, CannotBeLeftToNobody) {
  InEveryWorld([](Scenario& s) {
    ByRota(s);
    EXPECT_TRUE(absl::IsFailedPrecondition(s.HandOver("anne", "", 0)));
    EXPECT_EQ(s.OnDuty(0), "anne");
  });
}

TEST(Duty, CanBeLeftToWhoIsOnDutyToo) {
  InEveryWorld([](Scenario& s) {
    ByRota(s);
    s.circle().add_rota()->set_caregiver_id("claire");
    EXPECT_TRUE(s.HandOver("anne", "", 0).ok());
    EXPECT_EQ(s.OnDuty(0), "claire");
  });
}

TEST(Duty, CannotBeHandedOverByWhoDoesNotHaveItNorToAStranger) {
  InEveryWorld([](Scenario& s) {
    ByRota(s);
    EXPECT_TRUE(absl::IsFailedPrecondition(s.HandOver("marc", "claire", 0)));
    EXPECT_TRUE(absl::IsInvalidArgument(s.HandOver("anne", "stranger", 0)));
    EXPECT_TRUE(absl::IsNotFound(s.TakeDuty("stranger", 0, 3600)));
  });
}

TEST(Duty, HandedOverDuringAnAlertTellsTheSuccessorAtOnceAndMovesNoStep) {
  InEveryWorld([](Scenario& s) {
    ByRota(s);
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    EXPECT_TRUE(s.HandOver("anne", "marc", 20).ok());
    s.Expect(20, 20, {"marc"});
    s.Expect(60, 60, {"claire"});
    s.Take("marc", 70);
    s.Expect(70, 70, {"anne~", "marc~", "claire~"});
    s.Nothing();
  });
}

TEST(Duty, HandedOverAfterAnAnswerTellsNobody) {
  InEveryWorld([](Scenario& s) {
    ByRota(s);
    s.At(0).Fall();
    s.Take("anne", 5);
    s.Expect(0, 5, {"anne", "anne~"});
    EXPECT_TRUE(s.HandOver("anne", "marc", 20).ok());
    s.Nothing();
  });
}

TEST(Duty, ThatNobodyHasAtTheMomentIsPassedOver) {
  InEveryWorld([](Scenario& s) {
    s.circle().mutable_steps(0)->clear_caregiver_ids();
    s.step(1).set_on_duty(true);
    care::v1::DutyShift& shift = *s.circle().add_rota();
    shift.set_caregiver_id("anne");
    shift.set_window("Sat,Sun 08:00-20:00");
    s.At(0).Fall();
    s.Expect(0, 0, {"marc"});
    s.Expect(60, 60, {"claire"});
  });
}

// Peers' mistake 1 again: a shift is wall clock on the nights when clocks change.
TEST(Duty, KeepsTheWallClockOnTheNightsWhenItChanges) {
  InEveryWorld([](Scenario& s) {
    s.BeginAt("2026-03-29 00:00");
    ByRota(s);
    EXPECT_EQ(s.OnDuty(7 * 3600 - 1), "marc");  // 07:59:59: the night is an hour shorter.
    EXPECT_EQ(s.OnDuty(7 * 3600), "anne");
  });
  InEveryWorld([](Scenario& s) {
    s.BeginAt("2026-10-25 00:00");
    ByRota(s);
    EXPECT_EQ(s.OnDuty(9 * 3600 - 1), "marc");
    EXPECT_EQ(s.OnDuty(9 * 3600), "anne");
  });
}

// ---- Snooze

// Peers' mistake 19: one carer's snooze silences everyone.
TEST(Mistake19, OneCarersSnoozeSilencesNobodyElse) {
  InEveryWorld([](Scenario& s) {
    EXPECT_TRUE(s.Snooze("anne", 0, 3600).ok());
    s.At(10).Door();
    s.Expect(10, 10, {"marc"});
    s.Expect(70, 70, {"claire"});
  });
}

TEST(Snooze, PassesOverAMemberOfAStepAlone) {
  InEveryWorld([](Scenario& s) {
    s.step(1).add_caregiver_ids("claire");
    EXPECT_TRUE(s.Snooze("anne", 0, 3600).ok());
    s.At(10).Door();
    s.Expect(10, 10, {"claire"});
  });
}

// Peers' mistake 9: a throttle that silences a life-safety call.
TEST(Mistake9, NoSnoozeSilencesAnEmergency) {
  InEveryWorld([](Scenario& s) {
    EXPECT_TRUE(s.Snooze("anne", 0, 3600).ok());
    s.At(10).Fall();
    s.Expect(10, 10, {"anne"});
    s.Take("anne", 20);
    s.Expect(20, 20, {"anne~"});
    s.At(30).Night();
    s.Expect(30, 30, {"anne"});
  });
}

TEST(Snooze, OfWhatCannotBeSnoozedIsRefused) {
  InEveryWorld([](Scenario& s) {
    for (const char* rule : {"SOS", "FALL", "DEVICE_FALL", "HAZARD", "NOBODY_TOLD", "BREAK_GLASS"})
      EXPECT_TRUE(absl::IsFailedPrecondition(s.Snooze("anne", 0, 3600, rule))) << rule;
    EXPECT_TRUE(absl::IsInvalidArgument(s.Snooze("anne", 0, 8 * 86400)));
    EXPECT_TRUE(absl::IsInvalidArgument(s.Snooze("anne", 0, 1)));
    EXPECT_TRUE(absl::IsNotFound(s.Snooze("stranger", 0, 3600)));
  });
}

TEST(Snooze, OfARuleHoldsForNoOther) {
  InEveryWorld([](Scenario& s) {
    EXPECT_TRUE(s.Snooze("anne", 0, 3600, "BATTERY_LOW").ok());
    s.At(10).Door();
    s.Expect(10, 10, {"anne"});
    s.At(20).Battery();
    s.Expect(20, 20, {"marc"});
  });
}

TEST(Snooze, ThatLeavesNobodyIsToldAnyway) {
  InEveryWorld([](Scenario& s) {
    for (const char* who : {"anne", "marc", "claire"}) EXPECT_TRUE(s.Snooze(who, 0, 3600).ok());
    s.At(10).Battery();
    s.Expect(10, 10, {"anne"});
    s.Nothing();
  });
}

TEST(Snooze, HoldsUntilTheInstantBeforeItExpires) {
  InEveryWorld([](Scenario& s) {
    EXPECT_TRUE(s.Snooze("anne", 0, 600).ok());
    s.At(599).Battery("1");
    s.Expect(599, 599, {"marc"});
  });
}

TEST(Snooze, IsOverAtTheInstantAtWhichItExpires) {
  InEveryWorld([](Scenario& s) {
    EXPECT_TRUE(s.Snooze("anne", 0, 600).ok());
    s.At(600).Battery("1");
    s.Expect(600, 600, {"anne"});
  });
}

TEST(Snooze, ThatExpiresDuringAnAlertLetsLaterStepsTell) {
  InEveryWorld([](Scenario& s) {
    EXPECT_TRUE(s.Snooze("marc", 0, 60).ok());
    s.At(0).Door();
    s.Expect(0, 0, {"anne"});
    s.Expect(60, 60, {"marc"});
  });
}

TEST(Snooze, CanBeCancelledOnce) {
  InEveryWorld([](Scenario& s) {
    EXPECT_TRUE(s.Snooze("anne", 0, 3600).ok());
    EXPECT_TRUE(absl::IsNotFound(s.CancelSnooze("marc", 1)));
    EXPECT_TRUE(s.CancelSnooze("anne", 2).ok());
    EXPECT_TRUE(absl::IsNotFound(s.CancelSnooze("anne", 3)));
    s.At(10).Door();
    s.Expect(10, 10, {"anne"});
  });
}

TEST(Snooze, DoesNotHoldOnceTheAlertIsHigh) {
  InEveryWorld([](Scenario& s) {
    EXPECT_TRUE(s.Snooze("anne", 0, 3600).ok());
    s.At(10).Door();
    s.Expect(10, 10, {"marc"});
    s.At(20).Worse("DOOR_LEFT_OPEN");
    s.Expect(20, 20, {"anne"});
  });
}

TEST(Snooze, OfWhoeverIsOnDutyPassesTheStepOver) {
  InEveryWorld([](Scenario& s) {
    ByRota(s);
    EXPECT_TRUE(s.Snooze("anne", 0, 3600).ok());
    s.At(10).Door();
    s.Expect(10, 10, {"claire"});
  });
}

// ---- What comes back, late, twice

// Peers' mistake 21: two events less than a second apart make two alerts.
TEST(Mistake21, TwoPressesInOneSecondAreOneAlert) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Sos("1").Sos("2");
    s.Expect(0, 0, {"anne", "anne", "marc", "claire"});
    EXPECT_EQ(s.alert().occurrences(), 2U);
  });
}

// Peers' mistake 10: a condition that clears early is never told.
TEST(Mistake10, WhatClearsAtOnceWasTold) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Door();
    s.At(1).Over("DOOR_LEFT_OPEN");
    s.Expect(0, 1, {"anne", "anne~"});
    s.Nothing();
  });
}

// Peers' mistake 12: an old acknowledged alert pages someone months later.
TEST(Mistake12, WhatWasTakenMonthsAgoJoinsNothingAndPagesNobody) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Fall("1");
    s.Take("anne", 10);
    s.Expect(0, 10, {"anne", "anne~"});
    s.Nothing();
    const std::string old = s.alert().alert_id();
    const int now = 400 * 86400;
    s.At(now).Fall("2");
    s.Expect(now, now, {"anne"});
    EXPECT_NE(s.alert().alert_id(), old);
  });
}

// Peers' mistake 17: after an outage every firing alert is told again.
TEST(Mistake17, WhatFiresStillAfterAnOutageIsNotToldAgain) {
  InEveryWorld([](Scenario& s) {
    s.At(0);
    const Finding door =
        s.Make("DOOR_LEFT_OPEN", "1", Finding::KIND_RAISE, alert::v1::SEVERITY_MEDIUM);
    s.Find(door);
    s.Take("anne", 5);
    s.Expect(0, 5, {"anne", "anne~"});
    s.At(1000).Find(door);
    s.Nothing();
  });
}

// Peers' mistake 15: the offline alarm races with a late packet and never clears.
TEST(Mistake15, AnOfflineAlarmWhoseEndCameFirstIsALineAndStaysOver) {
  InEveryWorld([](Scenario& s) {
    s.At(0);
    Finding offline =
        s.Make("HUB_OFFLINE", "1", Finding::KIND_RAISE, alert::v1::SEVERITY_TECHNICAL);
    s.At(2).Over("HUB_OFFLINE");
    s.At(3).Find(offline);
    s.Expect(3, 3, {"anne="});
    EXPECT_EQ(s.alert().condition(), alert::v1::CONDITION_CLEARED);
    s.Nothing();
  });
}

// Peers' mistake 5: events older than 15 min tell nobody, an SOS included.
TEST(Mistake5, AnSosOfYesterdayIsToldAtFullSeverityWithItsAge) {
  InEveryWorld([](Scenario& s) {
    s.At(0);
    Finding sos = s.Make("SOS", "1", Finding::KIND_RAISE, alert::v1::SEVERITY_HIGH);
    sos.set_late(true);
    sos.set_fold(true);
    s.At(86400).Find(sos);
    s.Expect(86400, 86400, {"anne"});
    EXPECT_TRUE(s.alert().late());
    s.Expect(86460, 86460, {"marc"});
  });
}

TEST(Worse, AgainAfterAnAnswerBeginsTheChainAnew) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Door();
    s.Take("anne", 5);
    s.Expect(0, 5, {"anne", "anne~"});
    s.At(100).Worse("DOOR_LEFT_OPEN");
    s.Expect(100, 100, {"anne"});
    s.Expect(160, 160, {"marc"});
    s.Take("marc", 170);
    s.Expect(170, 170, {"anne~", "marc~"});
    s.Nothing();
  });
}

TEST(Worse, DuringTheChainBeginsItAnewAndTheOldStepsAreGone) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Door();
    s.Expect(0, 0, {"anne"});
    s.At(50).Worse("DOOR_LEFT_OPEN");
    s.Expect(50, 50, {"anne"});
    s.Expect(110, 110, {"marc"});
  });
}

TEST(Over, StopsWhatDoesNotLatch) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Night();
    s.Expect(0, 0, {"anne"});
    s.At(30).Over("NIGHT_EXIT");
    s.Expect(30, 30, {"anne~"});
    s.Nothing();
  });
}

TEST(Over, DoesNotStopAFall) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    s.At(30).Over("FALL");
    s.Expect(30, 30, {"anne~"});
    s.Expect(60, 60, {"marc"});
  });
}

// ---- One situation, one message

TEST(Situation, AFallAndTheLongLieAfterItAreOneMessage) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    s.At(20).Raise("LONG_LIE", alert::v1::SEVERITY_HIGH);
    s.Expect(20, 20, {"anne~"});
    // The chain goes on as if nothing had joined.
    s.Expect(60, 60, {"marc"});
    s.Take("marc", 70);
    s.Expect(70, 70, {"anne~", "marc~"});
    EXPECT_EQ(s.alert().lines_size(), 1);
    EXPECT_EQ(s.alert().reason().en(), "FALL");
    s.Nothing();
  });
}

TEST(Situation, AFallExplainsTheInactivityAfterIt) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Fall();
    s.Take("anne", 10);
    s.Expect(0, 10, {"anne", "anne~"});
    s.At(3600).Raise("INACTIVITY", alert::v1::SEVERITY_MEDIUM);
    s.Expect(3600, 3600, {"anne~"});
    s.Nothing();
  });
}

TEST(Situation, ALongLieAfterSomebodyHasTakenTheFallCallsAgain) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Fall();
    s.Take("anne", 10);
    s.Expect(0, 10, {"anne", "anne~"});
    s.At(600).Raise("LONG_LIE", alert::v1::SEVERITY_HIGH);
    s.Expect(600, 600, {"anne"});
    s.Expect(660, 660, {"marc"});
  });
}

TEST(Situation, WhatComesTheDayAfterIsAnAlertOfItsOwn) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Fall();
    s.Take("anne", 10);
    s.Expect(0, 10, {"anne", "anne~"});
    s.At(86400).Raise("INACTIVITY", alert::v1::SEVERITY_MEDIUM);
    s.Expect(86400, 86400, {"anne"});
    s.Expect(86460, 86460, {"marc"});
  });
}

TEST(Situation, AnSosIsNoLineOfAFall) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Fall();
    s.Expect(0, 0, {"anne"});
    s.At(5).Sos();
    s.Expect(5, 5, {"anne"});
  });
}

TEST(Situation, AFallIsNoLineOfWhatIsLessUrgent) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Raise("INACTIVITY", alert::v1::SEVERITY_MEDIUM);
    s.Take("anne", 5);
    s.Expect(0, 5, {"anne", "anne~"});
    s.At(10).Fall();
    s.Expect(10, 10, {"anne"});
  });
}

TEST(Situation, TheEndOfALineIsNotTheEndOfTheFall) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Fall();
    s.At(10).Raise("INACTIVITY", alert::v1::SEVERITY_MEDIUM);
    s.At(20).Over("INACTIVITY");
    s.Expect(0, 20, {"anne", "anne~"});
    EXPECT_EQ(s.alert().condition(), alert::v1::CONDITION_ACTIVE);
    s.At(30).Over("FALL");
    s.Expect(30, 30, {"anne~"});
    EXPECT_EQ(s.alert().condition(), alert::v1::CONDITION_CLEARED);
  });
}

TEST(Situation, AHubOutOfContactExplainsTheSensorsBehindIt) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Raise("HUB_OFFLINE", alert::v1::SEVERITY_TECHNICAL);
    s.Expect(0, 0, {"anne"});
    s.At(100).Raise("SENSORS_SILENT", alert::v1::SEVERITY_TECHNICAL);
    s.Expect(100, 100, kNobody);
    s.At(200).Over("SENSORS_SILENT");
    s.At(201).Over("HUB_OFFLINE");
    s.Expect(201, 201, {"anne~"});
    s.Nothing();
  });
}

TEST(Situation, SensorsThatAreSilentStillWhenTheirHubIsBackAreToldThen) {
  InEveryWorld([](Scenario& s) {
    s.At(0).Raise("HUB_OFFLINE", alert::v1::SEVERITY_TECHNICAL);
    s.Expect(0, 0, {"anne"});
    s.At(100).Raise("SENSORS_SILENT", alert::v1::SEVERITY_TECHNICAL);
    s.At(200).Over("HUB_OFFLINE");
    s.Expect(200, 200, {"anne"});
    EXPECT_EQ(s.alert().reason().en(), "SENSORS_SILENT");
    s.At(300).Over("SENSORS_SILENT");
    s.Expect(300, 300, {"anne~"});
    s.Nothing();
  });
}

TEST(Situation, APowerCutAcrossHomesIsOneOperatorAlertWithAList) {
  InEveryWorld([](Scenario& s) {
    s.At(0).PowerCut("a").PowerCut("b");
    s.At(30).PowerCut("c");
    s.Expect(0, 89, kNobody);
    s.Expect(90, 90, {"operator:POWER_CUTS"});
    s.At(100).PowerCut("d");
    s.Expect(100, 100, {"operator:POWER_CUTS~"});
    for (const char* home : {"a", "b", "c"}) s.At(200).PowerBack(home);
    s.Expect(200, 200, kNobody);
    s.At(201).PowerBack("d");
    s.Expect(201, 201, {"operator:POWER_CUTS~"});
    s.Nothing();
  });
}

TEST(Situation, APowerCutOfOneHomeIsNoOperatorsBusiness) {
  InEveryWorld([](Scenario& s) {
    s.At(0).PowerCut("a");
    s.At(1).PowerCut("a");
    s.Nothing();
  });
}

// ---- Budget

TEST(Budget, MakesCallsThatAreTooManyLinesToRead) {
  InEveryWorld([](Scenario& s) {
    s.QuietAfter(2);
    s.At(0).Raise("A", alert::v1::SEVERITY_LOW);
    s.At(1).Raise("B", alert::v1::SEVERITY_LOW);
    s.Expect(0, 1, {"anne", "anne"});
    s.At(2).Raise("C", alert::v1::SEVERITY_LOW);
    s.Expect(2, 2, {"anne="});
    s.At(600).Raise("D", alert::v1::SEVERITY_LOW);
    s.Expect(600, 600, {"anne"});
  });
}

// Peers' mistake 9: a throttle that silences a life-safety call.
TEST(Mistake9, NoBudgetMakesAnEmergencyALine) {
  InEveryWorld([](Scenario& s) {
    s.QuietAfter(0);
    s.At(0).Battery();
    s.Expect(0, 0, {"anne="});
    s.At(1).Fall();
    s.Expect(1, 1, {"anne"});
  });
}

TEST(Budget, DoesNotMuteTheLastCallOfAChain) {
  InEveryWorld([](Scenario& s) {
    s.QuietAfter(0);
    s.At(0).Door();
    s.Expect(0, 120, {"anne=", "marc=", "claire="});
    s.Expect(180, 180, {"anne", "marc", "claire", "operator:NOBODY_ANSWERED"});
  });
}

// What is recorded, what is told and what is sent are one: a line to read rings nowhere.
TEST(Budget, KeepsALineToReadFromEveryOtherChannel) {
  InEveryWorld([](Scenario& s) {
    s.QuietAfter(1).Webhook("anne", Scenario::Provider::kTakes);
    s.At(0).Raise("A", alert::v1::SEVERITY_LOW);
    s.Expect(0, 0, {"anne"});
    EXPECT_EQ(s.Recorded("anne"), (Told{"stream", "webhook"}));
    EXPECT_EQ(s.sent(), (Told{"anne"}));
    s.At(1).Raise("B", alert::v1::SEVERITY_LOW);
    s.Expect(1, 1, {"anne="});
    EXPECT_EQ(s.Recorded("anne"), Told{"stream"});
    EXPECT_EQ(s.sent(), (Told{"anne"}));
    // An emergency uses them all.
    s.At(2).Sos();
    s.Expect(2, 2, {"anne"});
    EXPECT_EQ(s.Recorded("anne"), (Told{"stream", "webhook"}));
    EXPECT_EQ(s.sent(), (Told{"anne", "anne"}));
  });
}

TEST(Budget, IsUsedOnceByACallThatIsDecidedTwice) {
  InEveryWorld([](Scenario& s) {
    s.QuietAfter(2);
    s.At(0).Raise("A", alert::v1::SEVERITY_LOW);
    s.At(1).Raise("B", alert::v1::SEVERITY_LOW);
    s.Expect(0, 1, {"anne", "anne"});
  });
}

// ---- The synthetic patient

const Told kDrill = {"veille-exercise", "veille-exercise~", "veille-exercise~"};

TEST(Exercise, ThatArrivesIsHeardOfByItsClientAlone) {
  InEveryWorld([](Scenario& s) {
    s.ExerciseDaily("12:10").At(600).Drill();
    s.Expect(600, 600, kDrill);
    s.Expect(600, 7200, kNobody);
  });
}

TEST(Exercise, ThatDoesNotArriveIsTheOperatorsExactlyAtItsDeadline) {
  InEveryWorld([](Scenario& s) {
    s.ExerciseDaily("12:10");
    s.Expect(0, 1199, kNobody);
    s.Expect(1200, 1200, {"operator:EXERCISE_MISSED"});
    s.Expect(1260, 1260, {"operator:EXERCISE_MISSED"});
    s.Expect(1261, 7200, kNobody);
  });
}

TEST(Exercise, ThatHasNoReceiptHasNotArrived) {
  InEveryWorld([](Scenario& s) {
    s.Offline("veille-exercise").ExerciseDaily("12:10").At(600).Drill();
    s.Expect(600, 600, kDrill);
    s.Expect(1200, 1200, {"operator:EXERCISE_MISSED"});
  });
}

TEST(Exercise, ThatComesLateEndsTheOperatorsAlert) {
  InEveryWorld([](Scenario& s) {
    s.ExerciseDaily("12:10");
    s.Expect(1200, 1200, {"operator:EXERCISE_MISSED"});
    s.At(1230).Drill();
    s.Expect(1230, 1230, kDrill);
    s.Expect(1240, 1240, {"operator:EXERCISE_MISSED~"});
    s.Expect(1241, 7200, kNobody);
  });
}

TEST(Exercise, ThatIsMissedOnTheNextDayIsToldAnew) {
  InEveryWorld([](Scenario& s) {
    s.ExerciseDaily("12:10");
    s.Expect(1200, 1200, {"operator:EXERCISE_MISSED"});
    s.OperatorTakes(1210);
    s.Expect(1210, 1210, {"operator:EXERCISE_MISSED~"});
    s.Expect(1211, 87599, kNobody);
    s.Expect(87600, 87600, {"operator:EXERCISE_MISSED"});
  });
}

TEST(Exercise, WasDueBeforeWeBeganAndIsNotMissed) {
  InEveryWorld([](Scenario& s) {
    s.ExerciseDaily("11:30");
    s.Expect(0, 80000, kNobody);
  });
}

TEST(Exercise, IsRightWhenClocksGoForward) {
  InEveryWorld([](Scenario& s) {
    s.BeginAt("2026-03-28 23:00");
    s.ExerciseDaily("10:00");
    // An hour is missing.
    s.Expect(0, 10 * 3600 + 599, kNobody);
    s.Expect(10 * 3600 + 600, 10 * 3600 + 600, {"operator:EXERCISE_MISSED"});
  });
}

// ---- Partitions

TEST(Partitions, WithoutAnOwnerForHalfAMinuteAreTheOperatorsUntilOneIsBack) {
  InEveryWorld([](Scenario& s) {
    s.Partitions(4).At(100).OwnerDies(2);
    s.Expect(0, 129, kNobody);
    s.Expect(130, 130, {"operator:PARTITION_UNOWNED"});
    s.At(155).OwnerIsBack(2);
    s.Expect(160, 160, {"operator:PARTITION_UNOWNED~"});
    s.Expect(161, 7200, kNobody);
  });
}

TEST(Partitions, ThatAnotherOwnerTakesInTimeAreNobodysAlert) {
  InEveryWorld([](Scenario& s) {
    s.Partitions(4).At(100).OwnerDies(0).At(128).OwnerIsBack(0);
    s.Expect(0, 7200, kNobody);
  });
}

TEST(Partitions, HaveNoOwnerWhileWeStartAndThatIsNoAlarm) {
  InEveryWorld([](Scenario& s) {
    s.Partitions(2).OwnerDies(0).OwnerDies(1).At(29).OwnerIsBack(0).OwnerIsBack(1);
    s.Expect(0, 7200, kNobody);
  });
}

TEST(Partitions, ThatLoseTheirOwnerOneAfterAnotherAreOneAlertToldAgainWhenTheyAreMore) {
  InEveryWorld([](Scenario& s) {
    s.Partitions(3).At(100).OwnerDies(0).At(150).OwnerDies(2);
    s.Expect(130, 130, {"operator:PARTITION_UNOWNED"});
    s.Expect(180, 180, {"operator:PARTITION_UNOWNED"});
    s.OperatorTakes(181);
    s.Expect(181, 181, {"operator:PARTITION_UNOWNED~"});
    s.Expect(182, 7200, kNobody);
  });
}

TEST(Partitions, OfWhichSomeAreOwnedAgainCallNobodyAndOthersDo) {
  InEveryWorld([](Scenario& s) {
    s.Partitions(4).At(100).OwnerDies(0).OwnerDies(1).OwnerDies(2);
    s.Expect(130, 130, {"operator:PARTITION_UNOWNED"});
    s.OperatorTakes(131);
    s.Expect(131, 131, {"operator:PARTITION_UNOWNED~"});
    s.At(200).OwnerIsBack(0).OwnerIsBack(1);
    s.At(300).OwnerDies(1);
    s.Expect(132, 399, kNobody);
    s.At(400).OwnerDies(3);
    s.Expect(430, 430, {"operator:PARTITION_UNOWNED"});
  });
}

TEST(Partitions, StayTheSameAlertWhenAnotherNotifierGoesRound) {
  InEveryWorld([](Scenario& s) {
    s.Partitions(2).At(100).OwnerDies(0);
    s.Expect(130, 130, {"operator:PARTITION_UNOWNED"});
    s.OperatorTakes(131);
    s.Expect(131, 131, {"operator:PARTITION_UNOWNED~"});
    s.At(135).RoundsBeginAnew();
    s.Expect(136, 599, kNobody);
    s.At(600).OwnerIsBack(0);
    s.Expect(600, 610, {"operator:PARTITION_UNOWNED~"});
  });
}

// ---- Chains that broke after they were loaded

TEST(BrokenChain, ThatReachesSomebodyStillIsALineADayAndEndsWhenItIsMended) {
  InEveryWorld([](Scenario& s) {
    s.Vanishes("marc");
    s.Expect(60, 60, {"operator:CHAIN_BROKEN"});
    s.Expect(61, 86459, kNobody);
    s.Expect(86460, 86460, {"operator:CHAIN_BROKEN"});
    s.At(86500).IsBack("marc");
    s.Expect(87060, 87060, {"operator:CHAIN_BROKEN~"});
    s.Expect(87061, 100000, kNobody);
  });
}

TEST(BrokenChain, ThatReachesNobodyIsToldUntilAnOperatorAnswers) {
  InEveryWorld([](Scenario& s) {
    s.Vanishes("anne").Vanishes("marc").Vanishes("claire");
    s.Expect(60, 60, {"operator:CHAIN_BROKEN"});
    s.Expect(120, 120, {"operator:CHAIN_BROKEN"});
    s.OperatorTakes(130);
    s.Expect(130, 130, {"operator:CHAIN_BROKEN~"});
    s.Expect(131, 80000, kNobody);
  });
}

TEST(BrokenChain, IsToldAgainWhenItBreaksElsewhere) {
  InEveryWorld([](Scenario& s) {
    s.Vanishes("marc");
    s.Expect(60, 60, {"operator:CHAIN_BROKEN"});
    s.At(700).Vanishes("claire");
    s.Expect(1260, 1260, {"operator:CHAIN_BROKEN"});
    s.Expect(1261, 80000, kNobody);
  });
}

TEST(BrokenChain, IsNoneWhileAWebhookWorksAndOneWhenItIsRefusedForGood) {
  InEveryWorld([](Scenario& s) {
    s.Webhook("anne", Scenario::Provider::kTakes).Vanishes("anne");
    s.Expect(0, 700, kNobody);
    s.WebhookIsRefused("anne");
    s.Expect(1260, 1260, {"operator:CHAIN_BROKEN"});
  });
}

TEST(BrokenChain, ComesOfAChangeOfDutyAndGoesWithIt) {
  InEveryWorld([](Scenario& s) {
    s.circle().clear_steps();
    s.circle().add_steps()->set_on_duty(true);
    s.circle().add_rota()->set_caregiver_id("anne");
    s.Vanishes("marc");
    s.Expect(0, 100, kNobody);
    ASSERT_TRUE(s.TakeDuty("marc", 100, 3600).ok());
    s.Expect(660, 660, {"operator:CHAIN_BROKEN"});
    s.OperatorTakes(670);
    s.Expect(670, 670, {"operator:CHAIN_BROKEN~"});
    s.Expect(3600, 4260, {"operator:CHAIN_BROKEN~"});
  });
}

TEST(BrokenChain, ComesOfSnoozesOfEverybodyAndEndsWithTheFirst) {
  InEveryWorld([](Scenario& s) {
    s.GoesRound();
    for (const char* who : {"anne", "marc", "claire"}) ASSERT_TRUE(s.Snooze(who, 100, 3000).ok());
    s.Expect(660, 660, {"operator:CHAIN_BROKEN"});
    s.Expect(3100, 3660, {"operator:CHAIN_BROKEN~"});
  });
}

TEST(BrokenChain, IsNoneOfAChainThatHolds) {
  InEveryWorld([](Scenario& s) {
    ByRota(s);
    s.GoesRound();
    s.Expect(0, 200000, kNobody);
  });
}

}  // namespace
}  // namespace veille::notifier
