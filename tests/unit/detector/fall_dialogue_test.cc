// The dialogue after a suspected fall, on a virtual home: who is asked, what is told, and when.

#include "gtest/gtest.h"

#include "tests/unit/detector/fall_signals.h"
#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {
namespace {

using event::v1::PromptAnswer;
using Strings = std::vector<std::string>;

constexpr double kRate = 25;

class FallDialogue : public ::testing::Test {
 protected:
  FallDialogue() {
    home_.Device("watch", care::v1::ROLE_WRIST);
    home_.Device("kitchen", care::v1::ROLE_MOTION, "kitchen");
    home_.Device("bedroom", care::v1::ROLE_MOTION, "bedroom");
    home_.Compile();
    start_ = home_.At(1, 15, 10, 0);
  }

  absl::Time After(double seconds) const { return start_ + absl::Seconds(seconds); }

  // Plays the signal from the start on, a batch a second, each received a moment later.
  void Play(const Motion& motion, const std::string& device = "pendant", double from_s = 0,
            absl::Duration delay = absl::Seconds(1)) {
    const std::vector<int16_t> samples = motion.Pack();
    const auto second = static_cast<std::size_t>(3 * kRate);
    for (std::size_t at = 0; at < samples.size(); at += second) {
      const std::vector<int16_t> part(
          samples.begin() + static_cast<std::ptrdiff_t>(at),
          samples.begin() + static_cast<std::ptrdiff_t>(std::min(samples.size(), at + second)));
      const absl::Time time = After(from_s + static_cast<double>(at / second));
      home_.Send({domain::AccelerationEvent(time, device, kRate, 8, part)}, time + absl::Seconds(1),
                 time + absl::Seconds(1) + delay);
      if (twice_) {
        home_.Send({domain::AccelerationEvent(time, device, kRate, 8, part)},
                   time + absl::Seconds(1), time + absl::Seconds(1) + delay);
      }
      if (restart_) home_.Restart();
    }
  }
  void PlayFall(double lie_s, const std::string& device = "pendant") {
    Play(Motion(kRate).Rest(4).Fall(4.5, 80).Rest(lie_s), device);
  }

  event::v1::Event Answer(double at_s, PromptAnswer::Answer answer) const {
    event::v1::Event event = domain::MakeEvent(After(at_s), "hub-h");
    event.mutable_prompt_answer()->set_answer(answer);
    event.mutable_prompt_answer()->set_prompt_id(prompt_);
    return event;
  }
  void Say(double at_s, PromptAnswer::Answer answer) {
    home_.Send({Answer(at_s, answer)}, After(at_s), After(at_s));
  }
  // What was told of falls and calls for help, in order; the hub's own silence is another matter.
  Strings Told() {
    for (const store::v1::Finding& finding : home_.effects().findings)
      if (IsOfFalls(finding.rule_key())) last_ = finding;
    reason_ = last_.reason().en();
    Strings told;
    for (const std::string& line : home_.Told())
      if (IsOfFalls(line.substr(line.find(' ') + 1))) told.push_back(line);
    return told;
  }
  static bool IsOfFalls(const std::string& rule) {
    for (const char* ours : {"FALL", "LONG_LIE", "SOS", "DEVICE_FALL"})
      if (rule.rfind(ours, 0) == 0) return true;
    return false;
  }
  // The suspicion's prompt; there must be exactly one.
  const store::v1::PromptOrder& Asked() {
    EXPECT_EQ(home_.effects().prompts.size(), 1U);
    order_ = home_.effects().prompts.empty() ? store::v1::PromptOrder()
                                             : home_.effects().prompts.front();
    prompt_ = order_.prompt().prompt_id();
    return order_;
  }

  Home home_;
  absl::Time start_;
  bool restart_ = false, twice_ = false;
  std::string prompt_, reason_;
  store::v1::Finding last_;
  store::v1::PromptOrder order_;
};

TEST_F(FallDialogue, AsksThePersonThroughTheHubAndTellsNobodyYet) {
  PlayFall(20);
  const store::v1::PromptOrder& order = Asked();
  EXPECT_EQ(order.home_id(), "h");
  EXPECT_EQ(order.source_id(), "hub-h");
  EXPECT_FALSE(order.prompt().text().empty());
  EXPECT_EQ(Told(), Strings{});
}

TEST_F(FallDialogue, TellsHighWhenNobodyAnswersInThirtySeconds) {
  for (const bool lies_on : {true, false}) {
    SCOPED_TRACE(lies_on);
    PlayFall(lies_on ? 28 : 10);
    Asked();
    EXPECT_EQ(Told(), Strings{});
    // Received 9 s after the start; 30 s for the answer, and a moment for its way.
    home_.Beat(After(41));
    EXPECT_EQ(Told(), Strings{});
    home_.Beat(After(43));
    EXPECT_EQ(Told(), Strings{"RAISE FALL HIGH"});
    EXPECT_NE(reason_.find("did not answer"), std::string::npos);
    home_.Beat(After(200));
    home_.Tick(After(400));
    EXPECT_EQ(Told(), Strings{});
    start_ += absl::Hours(3);
    home_.Compile();
  }
}

TEST_F(FallDialogue, TellsHighWhenTheHubSaysThatNobodyAnswered) {
  PlayFall(28);
  Asked();
  Say(38, PromptAnswer::ANSWER_NONE);
  EXPECT_EQ(Told(), Strings{"RAISE FALL HIGH"});
  Say(38, PromptAnswer::ANSWER_NONE);
  EXPECT_EQ(Told(), Strings{});
}

TEST_F(FallDialogue, TellsMediumWhenThePersonIsAllRight) {
  PlayFall(20);
  Asked();
  Say(24, PromptAnswer::ANSWER_FINE);
  EXPECT_EQ(Told(), Strings{"RAISE FALL MEDIUM"});
  Say(25, PromptAnswer::ANSWER_FINE);
  Say(26, PromptAnswer::ANSWER_NONE);
  Play(Motion(kRate).TurnBy(80).Rest(360), "pendant", 26);
  home_.Tick(After(400));
  EXPECT_EQ(Told(), Strings{});
}

TEST_F(FallDialogue, TellsACallForHelpAtOnceAndOnce) {
  PlayFall(20);
  Asked();
  Say(24, PromptAnswer::ANSWER_HELP);
  EXPECT_EQ(Told(), Strings{"RAISE SOS HIGH"});
  Play(Motion(kRate).TurnBy(80).Rest(60), "pendant", 26);
  home_.Beat(After(100));
  home_.Tick(After(400));
  EXPECT_EQ(Told(), Strings{});
}

TEST_F(FallDialogue, NamesTheFallInTheCallForHelpThatFollowsIt) {
  PlayFall(20);
  Asked();
  Say(24, PromptAnswer::ANSWER_HELP);
  EXPECT_EQ(Told(), Strings{"RAISE SOS HIGH"});
  EXPECT_EQ(reason_, "Asked for help after a probable fall at 10:00");
  EXPECT_EQ(last_.reason().fr(), "Appel à l'aide après une chute probable à 10:00");
  ASSERT_EQ(last_.evidence().observations_size(), 2);
  EXPECT_EQ(last_.evidence().observations(0).device_id(), "pendant");
  EXPECT_NE(last_.evidence().observations(0).text().en().find("Impact of"), std::string::npos);
  EXPECT_EQ(last_.evidence().observations(1).device_id(), "hub-h");
  // Some other question.
  prompt_ = "another";
  Say(30, PromptAnswer::ANSWER_HELP);
  EXPECT_EQ(Told(), Strings{"RAISE SOS HIGH"});
  EXPECT_EQ(reason_, "Call for help at 10:00");
}

TEST_F(FallDialogue, TellsTheFallWhereThePlanHasNoCallsForHelp) {
  home_.care_plan().mutable_sos()->set_enabled(false);
  home_.Compile();
  PlayFall(20);
  Asked();
  Say(24, PromptAnswer::ANSWER_HELP);
  EXPECT_EQ(Told(), Strings{"RAISE FALL HIGH"});
  EXPECT_EQ(reason_, "Probable fall at 10:00, the person asks for help");
}

TEST_F(FallDialogue, CountsFromTheMomentTheHubBeginsToSpeakButNoMoreThanAMinute) {
  PlayFall(25);
  Asked();
  Say(28, PromptAnswer::ANSWER_PENDING);
  home_.Beat(After(50));
  EXPECT_EQ(Told(), Strings{});
  Say(55, PromptAnswer::ANSWER_PENDING);
  home_.Beat(After(70));
  EXPECT_EQ(Told(), Strings{});
  home_.Beat(After(73));
  EXPECT_EQ(Told(), Strings{"RAISE FALL HIGH"});
}

TEST_F(FallDialogue, JudgesByStillnessWhereThePromptCouldNotBeShown) {
  PlayFall(15);
  Asked();
  Say(19, PromptAnswer::ANSWER_UNDELIVERED);
  EXPECT_EQ(Told(), Strings{});
  Play(Motion(kRate).TurnBy(80).Rest(13), "pendant", 20);
  EXPECT_EQ(Told(), Strings{});
  Play(Motion(kRate).TurnBy(80).Rest(5), "pendant", 33);
  EXPECT_EQ(Told(), Strings{"RAISE FALL HIGH"});
  EXPECT_NE(reason_.find("not moved"), std::string::npos);
}

TEST_F(FallDialogue, TellsNothingOfAnArmThatMovesOn) {
  Play(Motion(kRate).Rest(4).Fall(4.5, 80).Rest(3).Stir(10), "watch");
  Asked();
  Say(14, PromptAnswer::ANSWER_UNDELIVERED);
  Play(Motion(kRate).TurnBy(80).Stir(400), "watch", 18);
  home_.Beat(After(420));
  home_.Tick(After(800));
  EXPECT_EQ(Told(), Strings{}) << reason_;
}

TEST_F(FallDialogue, TellsNothingWhenThePersonIsUpBeforeAnything) {
  Play(Motion(kRate).Rest(4).Fall(4.5, 80).Rest(5).TurnBy(-80).Steps(15, 1.8, 0.3));
  Asked();
  home_.Beat(After(100));
  home_.Tick(After(400));
  EXPECT_EQ(Told(), Strings{});
}

TEST_F(FallDialogue, TellsThatThePersonIsUpAgain) {
  Play(Motion(kRate).Rest(4).Fall(4.5, 80).Rest(60).TurnBy(-80).Steps(15, 1.8, 0.3));
  EXPECT_EQ(Told(), (Strings{"RAISE FALL HIGH", "RAISE FALL_RECOVERED LOW"}));
  home_.Tick(After(4000));
  EXPECT_EQ(Told(), Strings{});
}

TEST_F(FallDialogue, TellsThatThePersonIsUpByStepsThatAWearableCounted) {
  PlayFall(60);
  EXPECT_EQ(Told(), Strings{"RAISE FALL HIGH"});
  event::v1::Event steps = domain::MakeEvent(After(120), "watch");
  steps.mutable_steps()->set_count(12);
  steps.mutable_steps()->mutable_span()->set_seconds(30);
  home_.See(steps);
  home_.Beat(After(130));
  EXPECT_EQ(Told(), Strings{"RAISE FALL_RECOVERED LOW"});
}

TEST_F(FallDialogue, TellsALongLieAnew) {
  PlayFall(3590);
  EXPECT_EQ(Told(), Strings{"RAISE FALL HIGH"});
  Play(Motion(kRate).TurnBy(80).Rest(30), "pendant", 3595);
  EXPECT_EQ(Told(), Strings{"RAISE LONG_LIE HIGH"});
}

TEST_F(FallDialogue, TellsALongLieAlsoWhenTheWearableFellSilent) {
  PlayFall(60);
  EXPECT_EQ(Told(), Strings{"RAISE FALL HIGH"});
  home_.Tick(After(3600));
  EXPECT_EQ(Told(), Strings{});
  home_.Tick(After(3730));
  EXPECT_EQ(Told(), Strings{"RAISE LONG_LIE HIGH"});
}

// What was seen is never disarmed by losing contact.
TEST_F(FallDialogue, TellsNotConfirmedWhenContactIsLostAfterTheSuspicion) {
  for (const bool prompt_failed : {false, true}) {
    SCOPED_TRACE(prompt_failed);
    PlayFall(5);
    Asked();
    if (prompt_failed) Say(9, PromptAnswer::ANSWER_UNDELIVERED);
    home_.Tick(After(120));
    EXPECT_EQ(Told(), Strings{});
    home_.Tick(After(170));
    EXPECT_EQ(Told(), Strings{"RAISE FALL HIGH"});
    EXPECT_NE(reason_.find("contact lost"), std::string::npos);
    start_ += absl::Hours(3);
    home_.Compile();
  }
}

TEST_F(FallDialogue, AsksNobodyAboutOldNewsAndTellsThemAsLate) {
  Play(Motion(kRate).Rest(4).Fall(4.5, 80).Rest(40), "pendant", 0, absl::Hours(1));
  EXPECT_TRUE(home_.effects().prompts.empty());
  EXPECT_EQ(Told(), Strings{"RAISE FALL HIGH late"});
}

TEST_F(FallDialogue, AsksNobodyWhereTheWearableSpeaksThroughAPhone) {
  auto* phone = home_.registry().add_sources();
  phone->set_source_id("phone");
  phone->set_kind(care::v1::Source::KIND_PHONE);
  home_.registry().mutable_devices(2)->set_source_id("phone");
  home_.Compile();
  PlayFall(40);
  EXPECT_TRUE(home_.effects().prompts.empty());
  EXPECT_EQ(Told(), Strings{"RAISE FALL HIGH"});
}

TEST_F(FallDialogue, IsLessUrgentWhenSomebodyMovesElsewhereInTheHome) {
  home_.See(Home::Motion(After(-60), "kitchen"));
  PlayFall(20);
  Asked();
  home_.See(Home::Motion(After(26), "kitchen"));
  EXPECT_EQ(Told(), Strings{});
  home_.See(Home::Motion(After(28), "bedroom"));
  home_.Beat(After(60));
  EXPECT_EQ(Told(), Strings{"RAISE FALL MEDIUM"});
}

TEST_F(FallDialogue, IsLessUrgentWhenASeatCameIntoUseWithTheBlow) {
  home_.Device("chair", care::v1::ROLE_SEAT, "kitchen");
  home_.Compile();
  PlayFall(20);
  Asked();
  home_.See(Home::Use(After(5), "chair", true));
  home_.Beat(After(60));
  EXPECT_EQ(Told(), Strings{"RAISE FALL MEDIUM"});
  EXPECT_NE(reason_.find("a bed or a seat has just come into use"), std::string::npos);
}

// Its mat may let go of who fell out of it a minute later.
TEST_F(FallDialogue, IsAsUrgentAsEverWhenABedWasInUseBefore) {
  home_.Device("bed", care::v1::ROLE_BED, "bedroom");
  home_.Compile();
  home_.See(Home::Use(After(-600), "bed", true));
  PlayFall(20);
  Asked();
  home_.Beat(After(60));
  EXPECT_EQ(Told(), Strings{"RAISE FALL HIGH"});
}

TEST_F(FallDialogue, IsNotToldASecondTimeWhenTheDeviceSaysItItself) {
  PlayFall(20);
  Asked();
  event::v1::Event fall = domain::MakeEvent(After(26), "pendant");
  fall.mutable_fall()->set_verdict(event::v1::Fall::VERDICT_CONFIRMED);
  home_.See(fall);
  home_.Beat(After(100));
  EXPECT_EQ(Told(), Strings{"RAISE DEVICE_FALL HIGH"});
}

TEST_F(FallDialogue, StaysTheSameThroughRestartsAndRepeatedBatches) {
  for (const bool restart : {false, true}) {
    SCOPED_TRACE(restart);
    restart_ = restart;
    twice_ = !restart;
    Play(Motion(kRate).Rest(4).Fall(4.5, 80).Rest(60).TurnBy(-80).Steps(15, 1.8, 0.3));
    Asked();
    EXPECT_EQ(Told(), (Strings{"RAISE FALL HIGH", "RAISE FALL_RECOVERED LOW"}));
    start_ += absl::Hours(3);
    home_.Compile();
  }
}

TEST_F(FallDialogue, IsSilentWhereTheRuleIsOff) {
  home_.care_plan().mutable_fall()->set_enabled(false);
  home_.Compile();
  PlayFall(60);
  home_.Tick(After(4000));
  EXPECT_TRUE(home_.effects().prompts.empty());
  EXPECT_EQ(Told(), Strings{});
}

}  // namespace
}  // namespace veille::detector
