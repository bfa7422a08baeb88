#include "services/hub/hub_link.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "veille/hub/v1/hub_gateway_service.grpc.pb.h"

#include "common/base/random.h"
#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/log/log.h"
#include "common/retry/backoff.h"
#include "common/rpc/credentials.h"
#include "common/rpc/status.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/hub/core/outbox.h"

namespace veille::hub {
namespace {

using Stream = grpc::ClientReaderWriter<v1::ConnectRequest, v1::ConnectResponse>;

constexpr int kIncarnationDigits = 32;
// Prompts that are known when they come again; far more than stand at a time.
constexpr std::size_t kKnownPrompts = 64;

// A gateway may ask us to stay away for so long; it is no way to silence us.
constexpr absl::Duration kLongestStay = absl::Seconds(30);

// Trying again would change nothing.
bool IsFinal(const absl::Status& status) {
  return absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status) ||
         absl::IsInvalidArgument(status) || absl::IsUnimplemented(status);
}

}  // namespace

class HubLink::Worker : public std::enable_shared_from_this<HubLink::Worker> {
 public:
  Worker(LinkOptions options, const std::shared_ptr<grpc::Channel>& channel)
      : options_(std::move(options)),
        channel_(channel),
        stub_(v1::HubGatewayService::NewStub(channel)),
        boot_id_(random_.Hex(16)),
        booted_(MonotonicNow()),
        outbox_(random_.Hex(kIncarnationDigits)) {}

  void Start() {
    thread_ = veille::Worker("hub-link", [this] { Run(); });
  }
  // Nothing of the options is used afterwards. An answer may still come, and is dropped.
  void Stop() {
    {
      MutexLock lock(mu_);
      stopping_ = true;
      if (context_ != nullptr) context_->TryCancel();
      changed_.NotifyAll();
    }
    thread_.Join();
  }

  absl::StatusOr<absl::Time> WaitWelcome(absl::Duration timeout) {
    const absl::Duration until = MonotonicNow() + timeout;
    MutexLock lock(mu_);
    while (!server_time_.has_value() && final_.ok() && MonotonicNow() < until)
      changed_.WaitFor(mu_, until - MonotonicNow());
    if (!final_.ok()) return final_;
    if (!server_time_.has_value()) {
      return absl::UnavailableError("the gateway at " + options_.address +
                                    " does not answer: " + std::string(last_error_.message()));
    }
    return *server_time_;
  }

  void Send(const event::v1::EventBatch& batch, bool urgent, absl::Time watermark) {
    MutexLock lock(mu_);
    outbox_.Add(urgent ? v1::LANE_URGENT : v1::LANE_BULK, batch.SerializeAsString(), watermark);
    changed_.NotifyAll();
  }

  void Heartbeat(absl::Time watermark) {
    MutexLock lock(mu_);
    heartbeat_ = watermark;
    changed_.NotifyAll();
  }

  absl::Status Drain(absl::Duration timeout) {
    const absl::Duration until = MonotonicNow() + timeout;
    MutexLock lock(mu_);
    while (outbox_.size() > 0 && final_.ok() && MonotonicNow() < until)
      changed_.WaitFor(mu_, until - MonotonicNow());
    if (!final_.ok()) return final_;
    if (outbox_.size() == 0) return absl::OkStatus();
    return absl::DeadlineExceededError(std::to_string(outbox_.size()) +
                                       " batches are not acknowledged");
  }

  std::size_t unacknowledged() const {
    MutexLock lock(mu_);
    return outbox_.size();
  }
  absl::Status status() const {
    MutexLock lock(mu_);
    return final_;
  }

 private:
  void Run() {
    Backoff backoff(absl::Milliseconds(100), absl::Seconds(5), random_);
    while (true) {
      bool useful = false;
      const absl::Status status = RunOnce(&useful);
      if (useful) backoff.Reset();
      MutexLock lock(mu_);
      last_error_ = status;
      if (IsFinal(status) && !MayBeOutdated(status)) final_ = status;
      // Numbers that the gateway has seen with other content: we are a copy of somebody.
      if (absl::IsFailedPrecondition(status)) renew_incarnation_ = true;
      changed_.NotifyAll();
      if (stopping_ || !final_.ok()) return;
      StayAway(backoff.Next(), rpc::RetryDelayOf(status).value_or(absl::ZeroDuration()));
      if (stopping_) return;
      // Our back-off is enough: an SOS does not wait for the channel's own behind it.
      grpc::experimental::ChannelResetConnectionBackoff(channel_.get());
    }
  }

  bool MayBeOutdated(const absl::Status& status) const {
    return absl::IsPermissionDenied(status) && MonotonicNow() - booted_ < options_.denied_patience;
  }

  // As long as the gateway asked on top of our own back-off; what is urgent waits for that alone.
  void StayAway(absl::Duration backoff, absl::Duration asked) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const absl::Duration began = MonotonicNow();
    const absl::Duration until = began + backoff + std::min(asked, kLongestStay);
    while (!stopping_ && MonotonicNow() < until) {
      const bool urgent = outbox_.urgent_size() > 0;
      if (urgent && MonotonicNow() >= began + backoff) return;
      changed_.WaitFor(mu_, (urgent ? began + backoff : until) - MonotonicNow());
    }
  }

  absl::Status RunOnce(bool* useful) {
    grpc::ClientContext context;
    {
      MutexLock lock(mu_);
      if (stopping_) return absl::CancelledError("stopping");
      context_ = &context;
      welcomed_ = false;
      reading_ = true;
    }
    const std::unique_ptr<Stream> stream = stub_->Connect(&context);
    veille::Worker reader("hub-read", [this, &stream] { Read(*stream); });
    if (SayHello(*stream)) Write(*stream);
    {
      // Not where the gateway has ended it: a cancellation would hide the reason that it gave.
      MutexLock lock(mu_);
      if (stopping_ || again_) context.TryCancel();
    }
    reader.Join();
    absl::Status status = rpc::FromGrpc(stream->Finish());
    MutexLock lock(mu_);
    context_ = nullptr;
    *useful = welcomed_;
    if (again_) {
      again_ = false;
      return absl::OkStatus();
    }
    return status;
  }

  bool SayHello(Stream& stream) {
    v1::ConnectRequest request;
    v1::Hello& hello = *request.mutable_hello();
    hello.set_source_id(options_.source_id);
    hello.set_boot_id(boot_id_);
    {
      MutexLock lock(mu_);
      if (renew_incarnation_) {
        outbox_.OnWelcome(outbox_.last_urgent() + 1, 0, random_.Hex(kIncarnationDigits));
        renew_incarnation_ = false;
      }
      outbox_.Rewind();
      hello.set_incarnation(outbox_.incarnation());
      hello.set_last_urgent_sequence(outbox_.last_urgent());
      hello.set_last_bulk_sequence(outbox_.last_bulk());
    }
    return stream.Write(request);
  }

  void SetTimes(google::protobuf::Timestamp& send_time, google::protobuf::Duration& monotonic) {
    SetTime(options_.now(), send_time);
    const absl::Duration uptime = MonotonicNow() - booted_;
    monotonic.set_seconds(absl::ToInt64Seconds(uptime));
  }

  // Until the stream is over.
  void Write(Stream& stream) {
    while (true) {
      v1::ConnectRequest request;
      {
        MutexLock lock(mu_);
        const v1::Batch* next = nullptr;
        while (reading_ && !stopping_) {
          next = welcomed_ ? outbox_.Next(window_) : nullptr;
          if (next != nullptr || (welcomed_ && heartbeat_.has_value())) break;
          changed_.Wait(mu_);
        }
        if (!reading_ || stopping_) return;
        if (next != nullptr) {
          *request.mutable_batch() = *next;
        } else {
          SetTime(*heartbeat_, *request.mutable_heartbeat()->mutable_watermark());
          heartbeat_.reset();
        }
      }
      if (request.has_batch()) {
        SetTimes(*request.mutable_batch()->mutable_send_time(),
                 *request.mutable_batch()->mutable_monotonic());
      } else {
        SetTimes(*request.mutable_heartbeat()->mutable_send_time(),
                 *request.mutable_heartbeat()->mutable_monotonic());
      }
      if (!stream.Write(request)) return;
    }
  }

  void Read(Stream& stream) {
    v1::ConnectResponse response;
    while (stream.Read(&response) && Take(response)) {
      if (response.has_prompt() && IsNew(response.prompt())) OnPrompt(response.prompt());
    }
    MutexLock lock(mu_);
    reading_ = false;
    changed_.NotifyAll();
  }

  // False when the stream is to be opened anew.
  bool Take(const v1::ConnectResponse& response) {
    MutexLock lock(mu_);
    if (response.has_welcome()) OnWelcome(response.welcome());
    if (response.has_ack()) {
      outbox_.OnAck(response.ack().through_urgent_sequence(),
                    response.ack().through_bulk_sequence());
      for (const v1::Rejection& rejection : response.ack().rejections()) {
        if (options_.on_rejection)
          options_.on_rejection(rejection.field() + ": " + rejection.description());
      }
    }
    changed_.NotifyAll();
    return !again_;
  }

  // False for one that came before, or is over.
  bool IsNew(const v1::Prompt& prompt) {
    MutexLock lock(mu_);
    const std::string& id = prompt.prompt_id();
    if (options_.now() >= ToTime(prompt.expire_time())) return false;
    if (std::find(prompts_.begin(), prompts_.end(), id) != prompts_.end()) return false;
    prompts_.push_back(id);
    if (prompts_.size() > kKnownPrompts) prompts_.pop_front();
    return true;
  }

  void OnPrompt(const v1::Prompt& prompt) {
    if (options_.prompter == nullptr)
      return Answer(prompt, event::v1::PromptAnswer::ANSWER_UNDELIVERED);
    options_.prompter->Ask(prompt, [weak = weak_from_this(), prompt](auto answer) {
      if (const auto self = weak.lock()) self->Answer(prompt, answer);
    });
  }

  void Answer(const v1::Prompt& prompt, event::v1::PromptAnswer::Answer answer) {
    MutexLock lock(mu_);
    if (stopping_) return;
    event::v1::EventBatch batch;
    event::v1::Event& event = *batch.add_events();
    SetTime(options_.now(), *event.mutable_event_time());
    event.set_device_id(prompt.device_id().empty() ? options_.source_id : prompt.device_id());
    event.mutable_prompt_answer()->set_prompt_id(prompt.prompt_id());
    event.mutable_prompt_answer()->set_answer(answer);
    // An urgent batch promises nothing about what the other lane still holds.
    outbox_.Add(v1::LANE_URGENT, batch.SerializeAsString(), absl::UnixEpoch());
    changed_.NotifyAll();
    if (options_.on_answer) options_.on_answer(prompt, answer);
  }

  void OnWelcome(const v1::Welcome& welcome) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (welcome.max_unacked_batches() > 0)
      window_ = static_cast<int>(welcome.max_unacked_batches());
    if (outbox_.OnWelcome(welcome.last_urgent_sequence(), welcome.last_bulk_sequence(),
                          random_.Hex(kIncarnationDigits))) {
      VEILLE_LOG(kWarning, "the gateway has more than we gave out; a new incarnation begins")
          .Field("source", options_.source_id);
      again_ = true;
      return;
    }
    welcomed_ = true;
    server_time_ = ToTime(welcome.server_time());
  }

  const LinkOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::HubGatewayService::Stub> stub_;
  SystemRandom random_;
  const std::string boot_id_;
  const absl::Duration booted_;

  mutable Mutex mu_;
  CondVar changed_;
  Outbox outbox_ ABSL_GUARDED_BY(mu_);
  std::optional<absl::Time> heartbeat_ ABSL_GUARDED_BY(mu_);
  std::optional<absl::Time> server_time_ ABSL_GUARDED_BY(mu_);
  absl::Status final_ ABSL_GUARDED_BY(mu_), last_error_ ABSL_GUARDED_BY(mu_);
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mu_) = nullptr;
  int window_ ABSL_GUARDED_BY(mu_) = 64;
  std::deque<std::string> prompts_ ABSL_GUARDED_BY(mu_);  // Ids of the last ones.
  bool welcomed_ ABSL_GUARDED_BY(mu_) = false;
  bool reading_ ABSL_GUARDED_BY(mu_) = false;
  bool again_ ABSL_GUARDED_BY(mu_) = false;
  bool renew_incarnation_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  veille::Worker thread_;
};

absl::StatusOr<std::unique_ptr<HubLink>> HubLink::Open(LinkOptions options) {
  VEILLE_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel,
                          rpc::MakeChannel(options.address, options.tls));
  return std::unique_ptr<HubLink>(
      new HubLink(std::make_shared<Worker>(std::move(options), channel)));
}

HubLink::HubLink(std::shared_ptr<Worker> worker) : worker_(std::move(worker)) { worker_->Start(); }
HubLink::~HubLink() { worker_->Stop(); }
absl::StatusOr<absl::Time> HubLink::WaitWelcome(absl::Duration timeout) {
  return worker_->WaitWelcome(timeout);
}
void HubLink::Send(const event::v1::EventBatch& batch, bool urgent, absl::Time watermark) {
  worker_->Send(batch, urgent, watermark);
}
void HubLink::Heartbeat(absl::Time watermark) { worker_->Heartbeat(watermark); }
absl::Status HubLink::Drain(absl::Duration timeout) { return worker_->Drain(timeout); }
std::size_t HubLink::unacknowledged() const { return worker_->unacknowledged(); }
absl::Status HubLink::status() const { return worker_->status(); }

}  // namespace veille::hub
