// An intake on a log that the test holds in its hand, and on real time that it sets.

#ifndef TESTS_UNIT_GATEWAY_INTAKE_WORLD_H_
#define TESTS_UNIT_GATEWAY_INTAKE_WORLD_H_

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "services/domain/recordings/recording.h"
#include "services/gateway/app/intake.h"
#include "services/gateway/app/session.h"

namespace veille::gateway {

using hub::v1::LANE_BULK;
using hub::v1::LANE_URGENT;
// Keeps every append until the test answers it.
class FakeLog final : public LogPort {
 public:
  void Append(hub::v1::Lane lane, int /*partition*/, const std::vector<Envelope>& envelopes,
              AppendDone done) override {
    std::vector<uint64_t> sequences;
    for (const Envelope& envelope : envelopes)
      if (!envelope.lane_field.empty()) sequences.push_back(envelope.sequence);
    waiting_.push_back({lane, envelopes.size(), std::move(done)});
    if (!sequences.empty()) asked.emplace_back(lane, std::move(sequences));
  }
  void OpenSource(int, const std::string&, const std::string&, OpenDone done) override {
    std::move(done)(LastSequences{});
  }
  void Quarantine(int, std::string) override {}

  // Answers everything of a lane that waits, and what that sets going.
  void Succeed(hub::v1::Lane lane) {
    while (Answer(lane, absl::OkStatus())) {
    }
  }
  void Fail(hub::v1::Lane lane, const absl::Status& status) { Answer(lane, status); }

  std::vector<std::pair<hub::v1::Lane, std::vector<uint64_t>>> asked;

 private:
  struct Waiting {
    hub::v1::Lane lane;
    std::size_t count;
    AppendDone done;
  };
  bool Answer(hub::v1::Lane lane, const absl::Status& status) {
    for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
      if (at->lane != lane) continue;
      Waiting one = std::move(*at);
      waiting_.erase(at);
      if (status.ok()) {
        std::move(one.done)(std::vector<Verdict>(one.count, Verdict::kAppended));
      } else {
        std::move(one.done)(status);
      }
      return true;
    }
    return false;
  }
  std::deque<Waiting> waiting_;
};

class FakePeer final : public SessionPeer {
 public:
  void SendWelcome(hub::v1::Welcome) override { heard.emplace_back("welcome"); }
  bool SendPrompt(hub::v1::Prompt prompt) override {
    heard.push_back(prompt.prompt_id());
    return true;
  }
  void SendAck(hub::v1::Ack ack) override { last_ack = std::move(ack); }
  void Settle(std::size_t) override { ++settled; }
  void Close(const absl::Status& status) override { closed = status; }

  std::vector<std::string> heard;  // But acks.
  hub::v1::Ack last_ack;
  int settled = 0;
  absl::Status closed;
};

// Prompts come when the test says so.
class NoPrompts final : public PromptSource {
 public:
  void Open(int) override { ++open; }
  void Close(int) override { --open; }
  int open = 0;
};

inline constexpr absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class IntakeTest : public ::testing::Test {
 protected:
  explicit IntakeTest(std::size_t max_total_bytes = 1 << 20, SourceRates rates = {}) {
    IntakeLimits limits;
    limits.max_total_bytes = max_total_bytes;
    limits.rates = rates;
    limits.uptime = [this] { return uptime_; };
    intake_ = std::make_unique<Intake>(
        *domain::Registry::Make({domain::MakeHome("h", "Europe/Paris")}), 1,
        std::make_shared<VirtualClock>(kNow), log_, prompts_, limits, metrics_);
    Connect();
  }
  void Connect() {
    peer_ = std::make_shared<FakePeer>();
    session_ = intake_->Open(peer_, "");
    hub::v1::ConnectRequest request;
    request.mutable_hello()->set_source_id("hub-h");
    request.mutable_hello()->set_incarnation("0000000a");
    session_->OnRequest(request);
    log_.Succeed(hub::v1::LANE_URGENT);
    peer_->settled = 0;
  }
  void Send(hub::v1::Lane lane, uint64_t sequence, std::size_t bytes = 0) {
    event::v1::EventBatch batch;
    *batch.add_events() = domain::MakeEvent(absl::FromUnixSeconds(1'799'999'999), "hall");
    batch.mutable_events(0)->mutable_motion();
    while (batch.ByteSizeLong() < bytes) *batch.add_events() = batch.events(0);
    hub::v1::ConnectRequest request;
    request.mutable_batch()->set_lane(lane);
    request.mutable_batch()->set_sequence(sequence);
    request.mutable_batch()->set_events(batch.SerializeAsString());
    session_->OnRequest(request);
  }

  absl::Duration uptime_ = absl::Hours(1);
  metrics::Registry metrics_;
  FakeLog log_;
  NoPrompts source_;
  PromptDesk prompts_{std::make_shared<VirtualClock>(kNow), source_, metrics_};
  std::unique_ptr<Intake> intake_;
  std::shared_ptr<FakePeer> peer_;
  std::shared_ptr<Session> session_;
};

}  // namespace veille::gateway

#endif  // TESTS_UNIT_GATEWAY_INTAKE_WORLD_H_
