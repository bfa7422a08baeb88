// Prompts through real commands of a real shell. The prompts' clock stands still until the test
// moves it.

#include "services/hub/command_prompter.h"

#include <algorithm>
#include <cstdio>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <signal.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/time/clock.h"
#include "tests/support/process.h"

namespace veille::hub {
namespace {

using event::v1::PromptAnswer;
using ::testing::ElementsAre;
using Answers = std::vector<PromptAnswer::Answer>;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class CommandPrompterTest : public ::testing::Test {
 protected:
  void Start(const std::string& command) {
    prompter_ = std::make_unique<CommandPrompter>(command, [this] { return clock_.Now(); });
  }
  void Ask() {
    v1::Prompt prompt;
    prompt.set_prompt_id("p-1");
    prompt.set_device_id("watch");
    prompt.set_text("Est-ce que ça va ?");
    prompt.set_language("fr");
    prompt.mutable_expire_time()->set_seconds(absl::ToUnixSeconds(kNow) + 30);
    prompter_->Ask(prompt, [this](PromptAnswer::Answer answer) {
      MutexLock lock(mu_);
      answers_.push_back(answer);
      changed_.NotifyAll();
    });
  }
  // The answers, once there are so many.
  Answers Wait(std::size_t count) {
    MutexLock lock(mu_);
    while (answers_.size() < count) changed_.Wait(mu_);
    return answers_;
  }
  // Waits for a file that a command writes, and returns its words.
  static std::string Written(const std::string& path) {
    while (!ReadFile(path).ok()) SleepReally(absl::Milliseconds(5));
    return *ReadFile(path);
  }

  const testing::TempFolder folder_;
  VirtualClock clock_{kNow};
  Mutex mu_;
  CondVar changed_;
  Answers answers_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<CommandPrompter> prompter_;
};

TEST_F(CommandPrompterTest, GivesTheTextAndItsLanguageAndTakesTheAnswer) {
  const std::string heard = folder_.path() + "/heard";
  Start("{ cat; echo $VEILLE_PROMPT_LANGUAGE $VEILLE_PROMPT_ID $VEILLE_PROMPT_DEVICE; } >" + heard +
        "; echo ' Fine '");
  Ask();
  EXPECT_THAT(Wait(2), ElementsAre(PromptAnswer::ANSWER_PENDING, PromptAnswer::ANSWER_FINE));
  EXPECT_EQ(Written(heard), "Est-ce que ça va ?\nfr p-1 watch\n");
}

TEST_F(CommandPrompterTest, AnAnswerIsTakenAtOnceAndHelpAlsoAfterFine) {
  const std::string gate = folder_.path() + "/gate";
  ASSERT_EQ(mkfifo(gate.c_str(), 0600), 0);
  Start("echo listening; echo fine; read open <" + gate + "; echo help; sleep 1000");
  Ask();
  EXPECT_THAT(Wait(2), ElementsAre(PromptAnswer::ANSWER_PENDING, PromptAnswer::ANSWER_FINE));
  FILE* open = std::fopen(gate.c_str(), "w");
  std::fputs("go\n", open);
  std::fclose(open);
  EXPECT_THAT(Wait(3), ElementsAre(PromptAnswer::ANSWER_PENDING, PromptAnswer::ANSWER_FINE,
                                   PromptAnswer::ANSWER_HELP));
}

TEST_F(CommandPrompterTest, WhoSaysNothingUntilItExpiresHasNotAnsweredAndIsKilled) {
  const std::string pid = folder_.path() + "/pid";
  Start("echo $$ >" + pid + ".new; mv " + pid + ".new " + pid + "; sleep 1000");
  Ask();
  const pid_t speaker = std::stoi(Written(pid));
  EXPECT_EQ(kill(speaker, 0), 0);
  clock_.Advance(absl::Seconds(30));
  EXPECT_THAT(Wait(2), ElementsAre(PromptAnswer::ANSWER_PENDING, PromptAnswer::ANSWER_NONE));
  prompter_.reset();
  EXPECT_NE(kill(speaker, 0), 0);
}

TEST_F(CommandPrompterTest, ASpeakerThatIsDoneStillLeavesTheTimeToAnswerOtherwise) {
  Start("cat >/dev/null");
  Ask();
  EXPECT_THAT(Wait(1), ElementsAre(PromptAnswer::ANSWER_PENDING));
  clock_.Advance(absl::Seconds(30));
  EXPECT_THAT(Wait(2), ElementsAre(PromptAnswer::ANSWER_PENDING, PromptAnswer::ANSWER_NONE));
}

TEST_F(CommandPrompterTest, ACommandThatFailsHasNotDelivered) {
  Start("/no/such/speaker 2>/dev/null");
  Ask();
  EXPECT_THAT(Wait(2), ElementsAre(PromptAnswer::ANSWER_PENDING, PromptAnswer::ANSWER_UNDELIVERED));
}

TEST_F(CommandPrompterTest, StoppingKillsTheCommandAndAnswersNothing) {
  Start("sleep 1000");
  Ask();
  Wait(1);
  prompter_.reset();
  EXPECT_THAT(Wait(1), ElementsAre(PromptAnswer::ANSWER_PENDING));
}

TEST_F(CommandPrompterTest, SaysSoWhenThereAreTooMany) {
  Start("sleep 1000");
  for (int i = 0; i < 9; ++i) Ask();
  const Answers answers = Wait(9);
  EXPECT_EQ(std::count(answers.begin(), answers.end(), PromptAnswer::ANSWER_UNDELIVERED), 1);
}

}  // namespace
}  // namespace veille::hub
