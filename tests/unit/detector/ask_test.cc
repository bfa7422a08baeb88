// What a rule asks the person: whom, in which language, under which id, until when.

#include "gtest/gtest.h"

#include "services/detector/core/findings.h"
#include "services/domain/recordings/recording.h"

namespace veille::detector {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kFell = 1'800'000'000 * kSecond;

class AskTest : public ::testing::Test {
 protected:
  // The order that the question makes in a home whose person speaks `language`.
  store::v1::PromptOrder Asked(const Question& question, const std::string& language = "") {
    home_.mutable_patients(0)->set_language(language);
    const auto plan = *HomePlan::Compile(home_);
    HomeState state(*plan);
    Effects effects;
    Context context{*plan, state, effects, received_, &correlation_id_};
    const std::string id = Ask(context, question);
    EXPECT_EQ(effects.prompts.size(), 1U);
    EXPECT_EQ(effects.prompts.at(0).prompt().prompt_id(), id);
    return effects.prompts.at(0);
  }
  Question Fallen() const {
    Question question;
    question.rule = &rule_;
    question.opening = "watch";
    question.event_us = kFell;
    question.life_us = 30 * kSecond;
    question.text = {"Est-ce que ça va ?", "Are you all right?"};
    return question;
  }

  const care::v1::FallRule rule_;
  const std::string correlation_id_ = "c-1";
  care::v1::Home home_ = domain::MakeHome("h", "Europe/Paris");
  int64_t received_ = kFell + 5 * kSecond;
};

TEST_F(AskTest, SaysWhomWhatAndUntilWhen) {
  Question question = Fallen();
  question.device_id = "watch";
  question.source = 0;
  const store::v1::PromptOrder order = Asked(question);
  EXPECT_EQ(order.format(), 1U);
  EXPECT_EQ(order.home_id(), "h");
  EXPECT_EQ(order.source_id(), "hub-h");
  EXPECT_EQ(order.correlation_id(), "c-1");
  EXPECT_EQ(order.prompt().device_id(), "watch");
  EXPECT_EQ(order.prompt().patient_id(), home_.patients(0).patient_id());
  EXPECT_EQ(order.prompt().expire_time().seconds(), kFell / kSecond + 35);
  EXPECT_EQ(Asked(Fallen()).source_id(), "");
}

TEST_F(AskTest, SpeaksThePersonsLanguage) {
  EXPECT_EQ(Asked(Fallen()).prompt().text(), "Est-ce que ça va ?");
  EXPECT_EQ(Asked(Fallen()).prompt().language(), "fr");
  EXPECT_EQ(Asked(Fallen(), "en-GB").prompt().text(), "Are you all right?");
  EXPECT_EQ(Asked(Fallen(), "en-GB").prompt().language(), "en");
  // What it cannot speak, it does not claim to.
  EXPECT_EQ(Asked(Fallen(), "pl").prompt().language(), "fr");
}

TEST_F(AskTest, AsksTheSameUnderTheSameIdWhenItIsJudgedAgain) {
  const std::string id = Asked(Fallen()).prompt().prompt_id();
  EXPECT_LE(id.size(), 64U);
  received_ += 3600 * kSecond;
  EXPECT_EQ(Asked(Fallen()).prompt().prompt_id(), id);
  Question later = Fallen();
  later.event_us += 1;
  EXPECT_NE(Asked(later).prompt().prompt_id(), id);
  Question other = Fallen();
  other.opening = "belt";
  EXPECT_NE(Asked(other).prompt().prompt_id(), id);
}

}  // namespace
}  // namespace veille::detector
