// Who is handed which prompt, and until when.

#include "services/gateway/app/prompt_desk.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace veille::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr int kPartition = 7;

class FakeSource final : public PromptSource {
 public:
  void Open(int partition) override { calls.push_back(partition); }
  void Close(int partition) override { calls.push_back(-partition); }
  std::vector<int> calls;  // Negative: closed.
};

class FakeHub final : public PromptPeer {
 public:
  bool SendPrompt(hub::v1::Prompt prompt) override {
    heard.push_back(prompt.prompt_id());
    return true;
  }
  std::vector<std::string> heard;
};

store::v1::PromptOrder Order(const std::string& id, const std::string& home,
                             const std::string& source = "", int life_s = 30) {
  store::v1::PromptOrder order;
  order.set_format(1);
  order.set_home_id(home);
  order.set_source_id(source);
  order.mutable_prompt()->set_prompt_id(id);
  order.mutable_prompt()->mutable_expire_time()->set_seconds(absl::ToUnixSeconds(kNow) + life_s);
  return order;
}

class PromptDeskTest : public ::testing::Test {
 protected:
  std::shared_ptr<FakeHub> Join(const std::string& home, const std::string& source) {
    auto hub = std::make_shared<FakeHub>();
    desk_.Join(kPartition, home, source, hub);
    return hub;
  }

  const std::shared_ptr<VirtualClock> clock_ = std::make_shared<VirtualClock>(kNow);
  metrics::Registry metrics_;
  FakeSource source_;
  PromptDesk desk_{clock_, source_, metrics_};
};

TEST_F(PromptDeskTest, ReadsAPartitionWhileAHubOfItIsHere) {
  EXPECT_THAT(source_.calls, IsEmpty());
  const auto first = Join("a", "hub-a"), second = Join("b", "hub-b");
  EXPECT_THAT(source_.calls, ElementsAre(kPartition));
  desk_.Leave(kPartition, "a", first);
  EXPECT_THAT(source_.calls, ElementsAre(kPartition));
  desk_.Leave(kPartition, "b", second);
  EXPECT_THAT(source_.calls, ElementsAre(kPartition, -kPartition));
}

TEST_F(PromptDeskTest, OnlyTheHomesOwnHubsHearIt) {
  const auto hub = Join("a", "hub-a"), phone = Join("a", "phone-a"), other = Join("b", "hub-b");
  desk_.OnPrompt(Order("everybody", "a"));
  desk_.OnPrompt(Order("the phone", "a", "phone-a"));
  EXPECT_THAT(hub->heard, ElementsAre("everybody"));
  EXPECT_THAT(phone->heard, ElementsAre("everybody", "the phone"));
  EXPECT_THAT(other->heard, IsEmpty());
}

TEST_F(PromptDeskTest, AHubThatComesWithinItsLifeHearsIt) {
  desk_.OnPrompt(Order("short", "a", "", 10));
  desk_.OnPrompt(Order("long", "a"));
  EXPECT_THAT(Join("a", "hub-a")->heard, ElementsAre("short", "long"));
  clock_->Set(kNow + absl::Seconds(10));
  EXPECT_THAT(Join("a", "hub-a")->heard, ElementsAre("long"));
  clock_->Set(kNow + absl::Seconds(30));
  EXPECT_THAT(Join("a", "hub-a")->heard, IsEmpty());
}

TEST_F(PromptDeskTest, WhatIsOverIsNotSaidAndWhatIsReadAgainIsSaidOnce) {
  const auto hub = Join("a", "hub-a");
  desk_.OnPrompt(Order("over", "a", "", 0));
  desk_.OnPrompt(Order("once", "a"));
  desk_.OnPrompt(Order("once", "a"));
  EXPECT_THAT(hub->heard, ElementsAre("once"));
}

TEST_F(PromptDeskTest, AStreamThatIsOverHearsNothing) {
  const auto before = Join("a", "hub-a"), now = Join("a", "hub-a");
  desk_.Leave(kPartition, "a", before);
  desk_.Leave(kPartition, "a", before);
  desk_.OnPrompt(Order("p", "a"));
  EXPECT_THAT(before->heard, IsEmpty());
  EXPECT_THAT(now->heard, ElementsAre("p"));
}

}  // namespace
}  // namespace veille::gateway
