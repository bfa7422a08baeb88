// Whatever a hub says on a stream or in a call, in whatever order, after whatever it said before:
// it is answered, nothing of it ends the process, and what reaches the log is of the hub's own
// home.
//
// The input is a row of messages, each behind one byte of kind and two of length.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "veille/store/v1/log.pb.h"

#include "common/base/check.h"
#include "common/time/clock.h"
#include "services/domain/recordings/recording.h"
#include "services/gateway/app/intake.h"
#include "services/gateway/app/session.h"

namespace {

namespace gateway = veille::gateway;
namespace hub = veille::hub;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// Takes everything, and looks at it.
class Log final : public gateway::LogPort {
 public:
  void Append(hub::v1::Lane /*lane*/, int /*partition*/,
              const std::vector<gateway::Envelope>& envelopes, AppendDone done) override {
    for (const gateway::Envelope& each : envelopes) {
      veille::store::v1::Envelope envelope;
      VEILLE_CHECK(envelope.ParseFromString(each.bytes));
      VEILLE_CHECK(envelope.home_id() == "h" && envelope.source_id() == "hub-h");
    }
    std::move(done)(std::vector<gateway::Verdict>(envelopes.size(), gateway::Verdict::kAppended));
  }
  void OpenSource(int, const std::string&, const std::string&, OpenDone done) override {
    std::move(done)(gateway::LastSequences{});
  }
  void Quarantine(int, std::string) override {}
};

class NoPrompts final : public gateway::PromptSource {
 public:
  void Open(int) override {}
  void Close(int) override {}
};

class Peer final : public gateway::SessionPeer {
 public:
  void SendWelcome(hub::v1::Welcome) override {}
  void SendAck(hub::v1::Ack) override {}
  bool SendPrompt(hub::v1::Prompt) override { return true; }
  void Settle(std::size_t) override { ++settled; }
  void Close(const absl::Status& status) override { VEILLE_CHECK(!status.ok()); }
  int settled = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  veille::metrics::Registry metrics;
  Log log;
  NoPrompts source;
  const auto clock = std::make_shared<veille::VirtualClock>(kNow);
  gateway::PromptDesk prompts(clock, source, metrics);
  absl::Duration uptime = absl::Hours(1);
  gateway::IntakeLimits limits;
  limits.rates.bulk_batches = {1, 2};
  limits.rates.urgent_batches = {1, 2};
  limits.uptime = [&uptime] { return uptime; };
  static const auto registry =
      *veille::domain::Registry::Make({veille::domain::MakeHome("h", "Europe/Paris"),
                                       veille::domain::MakeHome("other", "Europe/Paris")});
  gateway::Intake intake(registry, 1, clock, log, prompts, limits, metrics);
  auto peer = std::make_shared<Peer>();
  auto session = intake.Open(peer, "hub-h");
  int messages = 0, calls = 0, answers = 0;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (rest.size() >= 3) {
    const auto kind = static_cast<uint8_t>(rest[0]);
    const std::size_t claimed =
        static_cast<std::size_t>(data[size - rest.size() + 1]) << 8 | data[size - rest.size() + 2];
    const std::size_t length = std::min(rest.size() - 3, claimed);
    const std::string bytes(rest.substr(3, length));
    rest.remove_prefix(3 + length);
    hub::v1::ConnectRequest request;
    hub::v1::SendEventsRequest call;
    switch (kind % 5) {
      case 0:
        // The hello of a hub that is known, so that what follows is heard.
        request.mutable_hello()->set_source_id("hub-h");
        request.mutable_hello()->set_incarnation("0000000a");
        session->OnRequest(request);
        ++messages;
        break;
      case 1:
        if (!request.ParseFromString(bytes)) break;  // gRPC's own refusal.
        session->OnRequest(request);
        ++messages;
        break;
      case 2:
        if (!call.ParseFromString(bytes)) break;
        ++calls;
        intake.SendEvents(std::move(call), "hub-h", [&answers](const auto&) { ++answers; });
        break;
      case 3:
        uptime += absl::Milliseconds(bytes.size());
        intake.HoldBulk(bytes.size() % 3 == 0 ? "memory" : "");
        intake.Pulse();
        break;
      default:
        session->OnClosed();
        VEILLE_CHECK(peer->settled <= messages);
        peer = std::make_shared<Peer>();
        session = intake.Open(peer, "hub-h");
        messages = 0;
    }
  }
  intake.Stop();
  VEILLE_CHECK(answers == calls);
  VEILLE_CHECK(peer->settled == messages);
  session->OnClosed();
  return 0;
}
