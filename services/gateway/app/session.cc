#include "services/gateway/app/session.h"

#include <algorithm>
#include <utility>

#include "common/base/digest.h"
#include "services/domain/keys.h"
#include "services/gateway/app/wire.h"
#include "services/gateway/core/validate.h"

namespace veille::gateway {
Session::Session(Intake& intake, std::weak_ptr<SessionPeer> peer, std::string proved_id)
    : intake_(intake),
      peer_(std::move(peer)),
      proved_id_(std::move(proved_id)),
      open_sessions_(intake.metrics_.sessions) {
  open_sessions_.Add(1);
}

Session::~Session() { open_sessions_.Add(-1); }

std::size_t Session::OnRequest(hub::v1::ConnectRequest& request) {
  const std::size_t bytes = request.has_batch() ? request.batch().events().size() : 0;
  {
    MutexLock lock(mu_);
    if (phase_ == Phase::kOpening) {
      // Bounded by the stream's window: nothing is settled before Welcome.
      early_.emplace_back().Swap(&request);
      return bytes;
    }
    if (phase_ == Phase::kClosed) {
      SettleNow(bytes);
      return bytes;
    }
  }
  Handle(request);
  return bytes;
}

void Session::Handle(hub::v1::ConnectRequest& request) {
  bool first = false;
  {
    MutexLock lock(mu_);
    first = phase_ == Phase::kNew;
  }
  if (first != request.has_hello()) {
    SettleNow(request.has_batch() ? request.batch().events().size() : 0);
    return Fail(absl::InvalidArgumentError(first ? "the first message must be Hello"
                                                 : "Hello must come only once, first"));
  }
  switch (request.kind_case()) {
    case hub::v1::ConnectRequest::kHello:
      return OnHello(request.hello());
    case hub::v1::ConnectRequest::kBatch:
      return OnBatch(*request.mutable_batch());
    case hub::v1::ConnectRequest::kHeartbeat:
      return OnHeartbeat(request.heartbeat());
    case hub::v1::ConnectRequest::KIND_NOT_SET:
      intake_.metrics_.unknown.Add();
      return SettleNow(0);
  }
}

void Session::OnHello(const hub::v1::Hello& hello) {
  if (const auto violations = FindViolations(hello); !violations.empty()) {
    SettleNow(0);
    return Fail(BadRequestStatus(violations));
  }
  const auto home = intake_.Admit(hello.source_id(), proved_id_);
  if (!home.ok()) {
    SettleNow(0);
    return Fail(home.status());
  }
  source_id_ = hello.source_id();
  incarnation_ = hello.incarnation();
  boot_id_ = hello.boot_id();
  home_id_ = (*home)->home_id();
  partition_ = domain::PartitionOf(home_id_, intake_.partitions_);
  // Here, since the log's answers come on a thread that must not wait.
  if (absl::Status key = intake_.vault_->Prepare({home_id_}); !key.ok()) {
    SettleNow(0);
    return Fail(key);
  }
  {
    MutexLock lock(mu_);
    phase_ = Phase::kOpening;
  }
  intake_.Take(source_id_, shared_from_this());
  intake_.log_.OpenSource(partition_, source_id_, incarnation_,
                          [self = shared_from_this()](absl::StatusOr<LastSequences> last) {
                            self->OnOpened(std::move(last));
                          });
}

void Session::OnOpened(absl::StatusOr<LastSequences> last) {
  SettleNow(0);
  if (!last.ok()) return Fail(last.status());
  hub::v1::Welcome welcome;
  welcome.set_last_urgent_sequence(last->urgent);
  welcome.set_last_bulk_sequence(last->bulk);
  welcome.set_max_unacked_batches(static_cast<uint32_t>(intake_.limits_.max_unacked_batches));
  welcome.set_max_batch_bytes(kMaxBatchBytes);
  welcome.mutable_heartbeat_interval()->set_seconds(
      absl::ToInt64Seconds(intake_.limits_.heartbeat_interval));
  SetExactTime(intake_.clock_->Now(), *welcome.mutable_server_time());
  if (const auto peer = peer_.lock()) peer->SendWelcome(std::move(welcome));
  AppendContact(true);
  JoinPrompts();
  // What came meanwhile goes first; only then may a gRPC thread handle newer ones.
  while (true) {
    hub::v1::ConnectRequest request;
    {
      MutexLock lock(mu_);
      if (phase_ != Phase::kOpening) return;
      if (early_.empty()) {
        acked_urgent_ = std::max(acked_urgent_, last->urgent);
        acked_bulk_ = std::max(acked_bulk_, last->bulk);
        phase_ = Phase::kOpen;
        return;
      }
      request.Swap(&early_.front());
      early_.pop_front();
    }
    Handle(request);
  }
}

void Session::OnBatch(hub::v1::Batch& batch) {
  const std::size_t bytes = batch.events().size();
  if (const auto violations = FindViolations(batch); !violations.empty()) {
    SettleNow(bytes);
    return Fail(BadRequestStatus(violations));
  }
  if (absl::Status room = intake_.MakeRoom(batch.lane()); !room.ok()) {
    SettleNow(bytes);
    return Fail(room);
  }
  if (batch.lane() == hub::v1::LANE_BULK && BulkGivenBack()) return SettleNow(bytes);
  const absl::Time now = intake_.clock_->Now();
  SendTimes times = TimesOf(batch);
  times.same_run = batch.events_boot_id().empty() || batch.events_boot_id() == boot_id_;
  const HubClock clock(times, now);
  Envelope envelope;
  envelope.digest = StableHash64(batch.events());
  PreparedBatch prepared =
      PrepareBatch(batch.lane(), batch.sequence(), std::move(*batch.mutable_events()), clock);
  intake_.Count(prepared);
  std::vector<hub::v1::Rejection> rejections;
  if (!prepared.refused.empty()) {
    for (const auto& refused : prepared.refused) rejections.push_back(refused.rejection);
    intake_.QuarantineAll(home_id_, source_id_, incarnation_, now, prepared.refused);
  }
  EnvelopeHead head{home_id_,
                    source_id_,
                    incarnation_,
                    batch.lane(),
                    batch.sequence(),
                    now,
                    batch.correlation_id(),
                    {},
                    clock.MarkedError(),
                    {}};
  // An urgent batch overtakes bulk, so its watermark would promise what is not in the log yet.
  if (batch.lane() == hub::v1::LANE_BULK) head.watermark = clock.Watermark();
  absl::StatusOr<std::string> sealed = intake_.SealBatch(head, prepared.events);
  if (!sealed.ok()) {
    SettleNow(bytes);
    return Fail(sealed.status());
  }
  envelope.bytes = *std::move(sealed);
  envelope.lane_field = LaneField(source_id_, batch.lane());
  envelope.incarnation = incarnation_;
  envelope.sequence = batch.sequence();
  envelope.done = [self = shared_from_this(), lane = batch.lane(), sequence = batch.sequence(),
                   bytes, began = MonotonicNow(),
                   rejections = std::move(rejections)](Verdict verdict) mutable {
    self->OnVerdict(verdict, lane, sequence, bytes, began, std::move(rejections));
  };
  intake_.appender(batch.lane()).Append(partition_, std::move(envelope));
}

void Session::OnVerdict(Verdict verdict, hub::v1::Lane lane, uint64_t sequence, std::size_t bytes,
                        absl::Duration began, std::vector<hub::v1::Rejection> rejections) {
  const auto peer = peer_.lock();
  if (verdict == Verdict::kHeld) {
    // Not acknowledged, and not in the way of what is urgent.
    MutexLock lock(mu_);
    bulk_given_back_ = true;
  } else if (verdict != Verdict::kAppended && verdict != Verdict::kDuplicate) {
    Fail(intake_.Refusal(verdict, sequence));
  } else {
    if (verdict == Verdict::kDuplicate) intake_.metrics_.duplicates.Add();
    intake_.metrics_.append_seconds.Observe(MonotonicNow() - began);
    hub::v1::Ack ack;
    for (auto& rejection : rejections) ack.add_rejections()->Swap(&rejection);
    bool open = false;
    {
      MutexLock lock(mu_);
      uint64_t& through = lane == hub::v1::LANE_URGENT ? acked_urgent_ : acked_bulk_;
      through = std::max(through, sequence);
      ack.set_through_urgent_sequence(acked_urgent_);
      ack.set_through_bulk_sequence(acked_bulk_);
      open = phase_ != Phase::kClosed;
    }
    if (open && peer != nullptr) peer->SendAck(std::move(ack));
  }
  if (peer != nullptr) peer->Settle(bytes);
}

bool Session::BulkGivenBack() {
  MutexLock lock(mu_);
  return bulk_given_back_;
}

void Session::OnBulkGoesOn() {
  if (BulkGivenBack()) Fail(absl::UnavailableError("bulk goes on: connect again and resend it"));
}

void Session::OnHeartbeat(const hub::v1::Heartbeat& heartbeat) {
  const absl::Time now = intake_.clock_->Now();
  const HubClock clock(TimesOf(heartbeat), now);
  EnvelopeHead head{home_id_, source_id_, incarnation_, hub::v1::LANE_UNSPECIFIED, 0,
                    now,      {},         {},           clock.MarkedError(),       {}};
  // While bulk is held back, the promise would overtake what it speaks of: only the sign of life
  // goes.
  const bool held = intake_.bulk_->held() || BulkGivenBack();
  if (!held) head.watermark = clock.Watermark();
  Envelope envelope;
  envelope.bytes = EncodeHeartbeat(head);
  envelope.done = [self = shared_from_this()](Verdict) { self->SettleNow(0); };
  intake_.appender(held ? hub::v1::LANE_URGENT : hub::v1::LANE_BULK)
      .Append(partition_, std::move(envelope));
}

void Session::AppendContact(bool connected) {
  const absl::Time now = intake_.clock_->Now();
  const EnvelopeHead head{
      home_id_, source_id_, incarnation_, hub::v1::LANE_UNSPECIFIED, 0, now, {}, {}, {}, {}};
  Envelope envelope;
  envelope.bytes = EncodeContact(head, connected);
  envelope.done = [](Verdict) {};
  intake_.appender(hub::v1::LANE_URGENT).Append(partition_, std::move(envelope));
}

// After Welcome, which is the first that a hub hears.
void Session::JoinPrompts() {
  const auto peer = peer_.lock();
  if (peer == nullptr) return;
  // Under the lock: who has left must not join.
  MutexLock lock(mu_);
  if (phase_ == Phase::kOpening) intake_.prompts_.Join(partition_, home_id_, source_id_, peer);
}

void Session::OnClosed() {
  Phase before;
  {
    MutexLock lock(mu_);
    before = phase_;
    phase_ = Phase::kClosed;
    early_.clear();
  }
  if (before == Phase::kNew) return;
  intake_.prompts_.Leave(partition_, home_id_, peer_);
  intake_.Drop(source_id_, this);
  if (before == Phase::kOpen) AppendContact(false);
}

void Session::Supersede() {
  Fail(absl::AbortedError("a newer stream of this source has taken over"));
}

void Session::Fail(const absl::Status& status) {
  Phase before;
  {
    MutexLock lock(mu_);
    if (phase_ == Phase::kClosed) return;
    before = phase_;
    phase_ = Phase::kClosed;
    early_.clear();
  }
  if (before == Phase::kOpen || before == Phase::kOpening) {
    intake_.prompts_.Leave(partition_, home_id_, peer_);
    intake_.Drop(source_id_, this);
    VEILLE_LOG(kInfo, "closing a stream").Field("source", source_id_).Field(status);
  }
  if (const auto peer = peer_.lock()) peer->Close(status);
}

void Session::SettleNow(std::size_t bytes) {
  if (const auto peer = peer_.lock()) peer->Settle(bytes);
}

}  // namespace veille::gateway
