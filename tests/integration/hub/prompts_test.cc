// A hub's link asks what a real gateway hands it, and what was answered is in the log.

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "veille/store/v1/log.pb.h"
#include "veille/store/v1/prompt.pb.h"

#include "common/sync/mutex.h"
#include "services/domain/keys.h"
#include "services/domain/recordings/recording.h"
#include "services/gateway/role.h"
#include "services/hub/hub_link.h"
#include "tests/support/redis_server.h"

namespace veille::hub {
namespace {

using event::v1::PromptAnswer;
using ::testing::ElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// Hears, and answers what it is told to.
class FakePrompter final : public Prompter {
 public:
  void Ask(const v1::Prompt& prompt, Answered answered) override {
    MutexLock lock(mu_);
    asked_.push_back(prompt.prompt_id());
    answered_ = std::move(answered);
    changed_.NotifyAll();
  }
  // What was asked, once it is so many.
  std::vector<std::string> Asked(std::size_t count) {
    MutexLock lock(mu_);
    while (asked_.size() < count) changed_.Wait(mu_);
    return asked_;
  }
  void Answer(PromptAnswer::Answer answer) {
    Answered answered;
    {
      MutexLock lock(mu_);
      answered = answered_;
    }
    answered(answer);
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::vector<std::string> asked_ ABSL_GUARDED_BY(mu_);
  Answered answered_ ABSL_GUARDED_BY(mu_);
};

class LinkPrompts : public ::testing::Test {
 protected:
  LinkPrompts() { StartGateway(0); }
  // In the place of the one before.
  void StartGateway(int port) {
    gateway_.reset();
    metrics_ = std::make_unique<metrics::Registry>();
    gateway::GatewayOptions options;
    options.config.mutable_rpc()->set_gateway_address("127.0.0.1:" + std::to_string(port));
    options.endpoint = redis_.endpoint();
    options.partitions = 1;
    options.registry = *domain::Registry::Make({domain::MakeHome("h", "Europe/Paris")});
    options.clock = clock_;
    options.metrics = metrics_.get();
    gateway_ = *gateway::Gateway::Start(std::move(options));
  }
  std::unique_ptr<HubLink> Open(Prompter* prompter) {
    LinkOptions options;
    options.address = "127.0.0.1:" + std::to_string(gateway_->port());
    options.source_id = "hub-h";
    options.now = [this] { return clock_->Now(); };
    options.prompter = prompter;
    auto link = *HubLink::Open(std::move(options));
    EXPECT_TRUE(link->WaitWelcome(absl::Seconds(60)).ok());
    return link;
  }
  void Put(const std::string& id, const std::string& device = "") {
    store::v1::PromptOrder order;
    order.set_format(1);
    order.set_home_id("h");
    order.mutable_prompt()->set_prompt_id(id);
    order.mutable_prompt()->set_device_id(device);
    order.mutable_prompt()->mutable_expire_time()->set_seconds(absl::ToUnixSeconds(kNow) + 30);
    ASSERT_TRUE(
        redis_.client()
            .CommandSync({"XADD", domain::PromptsKey(0), "*", "p", order.SerializeAsString()})
            .ok());
  }
  // Of the log, as "prompt device ANSWER", once there are so many.
  std::vector<std::string> Logged(std::size_t count) {
    std::vector<std::string> answers;
    while (answers.size() < count) {
      answers.clear();
      const auto log = redis_.client().CommandSync({"XRANGE", domain::LogKey(0), "-", "+"});
      for (std::size_t i = 0; i < log->size(); ++i) {
        const auto fields = (*log)[i][1];
        for (std::size_t f = 1; f < fields.size(); f += 2) {
          store::v1::Envelope envelope;
          event::v1::EventBatch batch;
          envelope.ParseFromString(std::string(fields[f].str()));
          batch.ParseFromString(envelope.batch());
          for (const event::v1::Event& event : batch.events()) {
            answers.push_back(event.prompt_answer().prompt_id() + " " + event.device_id() + " " +
                              PromptAnswer::Answer_Name(event.prompt_answer().answer()).substr(7));
          }
        }
      }
    }
    return answers;
  }

  const std::shared_ptr<VirtualClock> clock_ = std::make_shared<VirtualClock>(kNow);
  testing::RedisServer redis_;
  std::unique_ptr<metrics::Registry> metrics_;
  std::unique_ptr<gateway::Gateway> gateway_;
};

TEST_F(LinkPrompts, AreAnsweredUnderTheirIdByTheDeviceThatSpoke) {
  FakePrompter prompter;
  const auto link = Open(&prompter);
  Put("p", "watch");
  EXPECT_THAT(prompter.Asked(1), ElementsAre("p"));
  prompter.Answer(PromptAnswer::ANSWER_PENDING);
  prompter.Answer(PromptAnswer::ANSWER_FINE);
  EXPECT_THAT(Logged(2), ElementsAre("p watch PENDING", "p watch FINE"));
}

TEST_F(LinkPrompts, AreUndeliveredWhereNobodyCanAsk) {
  const auto link = Open(nullptr);
  Put("p");
  EXPECT_THAT(Logged(1), ElementsAre("p hub-h UNDELIVERED"));
}

TEST_F(LinkPrompts, AreAskedOnceHoweverOftenTheyCome) {
  FakePrompter prompter;
  const auto link = Open(&prompter);
  Put("p");
  EXPECT_THAT(prompter.Asked(1), ElementsAre("p"));
  // The gateway goes away and another comes: it hands out what stands.
  StartGateway(gateway_->port());
  Put("q");
  EXPECT_THAT(prompter.Asked(2), ElementsAre("p", "q"));
  // The answer to the first is still sent.
  prompter.Answer(PromptAnswer::ANSWER_HELP);
  EXPECT_THAT(Logged(1), ElementsAre("q hub-h HELP"));
}

TEST_F(LinkPrompts, AnAnswerThatComesAfterTheLinkIsDropped) {
  FakePrompter prompter;
  auto link = Open(&prompter);
  Put("p");
  EXPECT_THAT(prompter.Asked(1), ElementsAre("p"));
  link.reset();
  prompter.Answer(PromptAnswer::ANSWER_FINE);
}

}  // namespace
}  // namespace veille::hub
