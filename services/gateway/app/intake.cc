#include "services/gateway/app/intake.h"

#include <atomic>
#include <utility>

#include "absl/strings/str_format.h"

#include "veille/store/v1/log.pb.h"

#include "common/base/digest.h"
#include "common/base/status_macros.h"
#include "common/log/log.h"
#include "services/domain/keys.h"
#include "services/domain/vault/places.h"
#include "services/gateway/app/session.h"
#include "services/gateway/core/validate.h"

namespace veille::gateway {

namespace {

// Bulk alone never takes the last part of the memory: 256 MiB and 32 MiB for urgent batches.
constexpr std::size_t kUrgentReserve = 8;

}  // namespace

Intake::Metrics::Metrics(metrics::Registry& registry)
    : batches(registry.NewCounter("veille_gateway_batches_total", "Batches received.")),
      events(registry.NewCounter("veille_gateway_events_total", "Events received.")),
      duplicates(registry.NewCounter("veille_gateway_duplicates_total", "Batches received again.")),
      refused(registry.NewCounter("veille_gateway_refused_total",
                                  "Batches refused for their sequence or incarnation.")),
      quarantined(registry.NewCounter("veille_gateway_quarantined_total", "Malformed events.")),
      redated(
          registry.NewCounter("veille_gateway_redated_total", "Events of a clock that was wrong.")),
      unknown(registry.NewCounter("veille_gateway_unknown_messages_total",
                                  "Messages of a kind that this version does not know.")),
      unknown_kinds(registry.NewCounter(
          "veille_gateway_unknown_observations_total",
          "Observations of a kind that is newer than this version; they are in the log.")),
      sessions(registry.NewGauge("veille_gateway_sessions", "Open streams.")),
      waiting_bytes(
          registry.NewGauge("veille_gateway_waiting_bytes", "Bytes that wait for Redis.")),
      bulk_held(registry.NewGauge("veille_gateway_bulk_held",
                                  "1 while bulk is held back for lack of memory or disk.")),
      append_seconds(registry.NewHistogram("veille_gateway_append_seconds",
                                           "From a batch's receipt to its durability.")) {}

Intake::Intake(domain::LiveRegistry registry, int partitions, std::shared_ptr<const Clock> clock,
               LogPort& log, PromptDesk& prompts, IntakeLimits limits, metrics::Registry& metrics,
               std::shared_ptr<domain::Vault> vault)
    : registry_(std::move(registry)),
      partitions_(partitions),
      clock_(std::move(clock)),
      log_(log),
      prompts_(prompts),
      limits_(limits),
      vault_(std::move(vault)),
      metrics_(metrics),
      urgent_(std::make_shared<Appender>(hub::v1::LANE_URGENT, partitions, log, metrics)),
      bulk_(std::make_shared<Appender>(hub::v1::LANE_BULK, partitions, log, metrics)),
      unary_(std::make_shared<UnaryAccounts>()) {}

std::shared_ptr<Session> Intake::Open(std::weak_ptr<SessionPeer> peer, std::string proved_id) {
  return std::make_shared<Session>(*this, std::move(peer), std::move(proved_id));
}

absl::StatusOr<std::shared_ptr<const care::v1::Home>> Intake::Admit(
    const std::string& source_id, const std::string& proved_id) const {
  if (!proved_id.empty() && proved_id != source_id) {
    return absl::PermissionDeniedError(
        "the certificate is for another source than the one that is named");
  }
  const std::shared_ptr<const domain::Registry> registry = registry_.Get();
  const care::v1::Home* home = registry->HomeOfSource(source_id);
  if (home == nullptr) {
    return absl::PermissionDeniedError(
        "no home has this source: register it in the home's file, or check the hub's id");
  }
  if (absl::Status room = MakeRoom(hub::v1::LANE_URGENT); !room.ok()) return room;
  return std::shared_ptr<const care::v1::Home>(registry, home);  // Keeps the whole registry.
}

absl::Status Intake::MakeRoom(hub::v1::Lane lane) const {
  const std::size_t reserve =
      lane == hub::v1::LANE_URGENT ? limits_.max_total_bytes / kUrgentReserve : 0;
  if (waiting_bytes() <= limits_.max_total_bytes + reserve) return absl::OkStatus();
  return absl::UnavailableError("the event log is behind; try again later");
}

void Intake::Take(const std::string& source_id, const std::shared_ptr<Session>& session) {
  std::shared_ptr<Session> before;
  {
    MutexLock lock(mu_);
    auto& entry = speaking_[source_id];
    before = entry.lock();
    entry = session;
  }
  if (before != nullptr && before != session) before->Supersede();
}

void Intake::Drop(const std::string& source_id, const Session* session) {
  MutexLock lock(mu_);
  const auto at = speaking_.find(source_id);
  if (at == speaking_.end()) return;
  const auto current = at->second.lock();
  if (current == nullptr || current.get() == session) speaking_.erase(at);
}

void Intake::QuarantineAll(const std::string& home_id, const std::string& source_id,
                           const std::string& incarnation, absl::Time receive_time,
                           std::vector<PreparedBatch::Refused>& refused) {
  for (PreparedBatch::Refused& item : refused) {
    store::v1::QuarantinedEvent kept;
    kept.set_format(1);
    kept.set_home_id(home_id);
    kept.set_source_id(source_id);
    kept.set_incarnation(incarnation);
    *kept.mutable_rejection() = item.rejection;
    SetExactTime(receive_time, *kept.mutable_receive_time());
    kept.set_content(std::move(item.content));
    metrics_.quarantined.Add();
    const int partition = domain::PartitionOf(home_id, partitions_);
    absl::StatusOr<std::string> sealed =
        vault_->Seal({home_id}, domain::QuarantineKey(partition), kept.SerializeAsString());
    if (sealed.ok()) {
      log_.Quarantine(partition, *std::move(sealed));
    } else {
      VEILLE_LOG(kWarning, "cannot keep a malformed event").Field(sealed.status());
    }
  }
}

absl::StatusOr<std::string> Intake::SealBatch(EnvelopeHead head, std::string_view events) {
  VEILLE_ASSIGN_OR_RETURN(
      const std::string sealed,
      vault_->Seal({head.home_id},
                   domain::BatchPlace(head.home_id, head.source_id, head.incarnation, head.lane,
                                      head.sequence),
                   events));
  const std::string key_id = domain::Vault::KeyIdOf(sealed);
  head.key_id = key_id;
  return EncodeBatch(head, sealed);
}

absl::Status Intake::Refusal(Verdict verdict, uint64_t sequence) {
  if (verdict == Verdict::kHeld) {
    return absl::UnavailableError(
        "bulk is held back for lack of memory or disk; SOS, falls and hazards go on");
  }
  metrics_.refused.Add();
  switch (verdict) {
    case Verdict::kGap:
      return absl::FailedPreconditionError(absl::StrFormat(
          "sequence %d leaves a gap: connect again and resend from the last one in Welcome",
          sequence));
    case Verdict::kReused:
      return absl::FailedPreconditionError(absl::StrFormat(
          "sequence %d is in the log with other content: begin a new incarnation", sequence));
    case Verdict::kTooOld:
      return absl::FailedPreconditionError(absl::StrFormat(
          "sequence %d is too old to be told from a duplicate: begin a new incarnation", sequence));
    default:
      return absl::FailedPreconditionError(
          "this incarnation has been replaced: begin a new incarnation");
  }
}

// What unary calls hold while they wait, by source: streams have windows, these have this.
class Intake::UnaryAccounts {
 public:
  // Null when the source holds too much already.
  static std::shared_ptr<void> Reserve(const std::shared_ptr<UnaryAccounts>& accounts,
                                       const std::string& source_id, std::size_t bytes,
                                       std::size_t most) {
    MutexLock lock(accounts->mu_);
    std::size_t& held = accounts->by_source_[source_id];
    if (held != 0 && held + bytes > most) return nullptr;
    held += bytes;
    accounts->total_ += bytes;
    return std::shared_ptr<void>(accounts.get(), [accounts, source_id, bytes](void*) {
      accounts->Release(source_id, bytes);
    });
  }
  std::size_t total() const { return total_.load(); }

 private:
  void Release(const std::string& source_id, std::size_t bytes) {
    MutexLock lock(mu_);
    total_ -= bytes;
    const auto at = by_source_.find(source_id);
    at->second -= bytes;
    if (at->second == 0) by_source_.erase(at);
  }

  Mutex mu_;
  std::map<std::string, std::size_t> by_source_ ABSL_GUARDED_BY(mu_);
  std::atomic<std::size_t> total_{0};
};

std::size_t Intake::waiting_bytes() const {
  return urgent_->waiting_bytes() + bulk_->waiting_bytes() + unary_->total();
}

// One unary call under way.
struct Intake::UnaryCall {
  hub::v1::SendEventsRequest request;
  std::string home_id;
  int partition = 0;
  SendDone done;
  std::shared_ptr<void> reservation;
};

void Intake::SendEvents(hub::v1::SendEventsRequest request, const std::string& proved_id,
                        SendDone done) {
  if (const auto violations = FindViolations(request); !violations.empty())
    return done(BadRequestStatus(violations));
  const auto home = Admit(request.source_id(), proved_id);
  if (!home.ok()) return done(home.status());
  const std::size_t bytes = request.ByteSizeLong();
  if (bytes > kMaxBatchBytes) {
    return done(BadRequestStatus(
        {{"events", absl::StrFormat("%d bytes; at most %d", bytes, kMaxBatchBytes)}}));
  }
  if (absl::Status room = MakeRoom(request.lane()); !room.ok()) return done(room);
  // Here, since the log's answers come on a thread that must not wait.
  if (absl::Status key = vault_->Prepare({(*home)->home_id()}); !key.ok()) return done(key);
  auto reservation =
      UnaryAccounts::Reserve(unary_, request.source_id(), bytes, limits_.max_source_bytes);
  if (reservation == nullptr) {
    return done(absl::UnavailableError(
        "too many calls of this source wait for the log: wait for their answers"));
  }
  auto call = std::make_shared<UnaryCall>();
  call->request = std::move(request);
  call->home_id = (*home)->home_id();
  call->partition = domain::PartitionOf(call->home_id, partitions_);
  call->done = std::move(done);
  call->reservation = std::move(reservation);
  log_.OpenSource(call->partition, call->request.source_id(), call->request.incarnation(),
                  [this, call](absl::StatusOr<LastSequences> last) {
                    if (!last.ok()) return call->done(last.status());
                    AppendUnary(call);
                  });
}

void Intake::AppendUnary(const std::shared_ptr<UnaryCall>& call) {
  hub::v1::SendEventsRequest& request = call->request;
  const absl::Time now = clock_->Now();
  SendTimes times = TimesOf(request);
  times.same_run =
      request.events_boot_id().empty() || request.events_boot_id() == request.boot_id();
  const HubClock hub_clock(times, now);
  event::v1::EventBatch batch;
  batch.mutable_events()->Swap(request.mutable_events());
  const std::string events = batch.SerializeAsString();
  Envelope envelope;
  envelope.digest = StableHash64(events);
  PreparedBatch prepared = PrepareBatch(request.lane(), request.sequence(), events, hub_clock);
  Count(prepared);
  hub::v1::SendEventsResponse response;
  response.set_through_sequence(request.sequence());
  for (const auto& refused : prepared.refused) *response.add_rejections() = refused.rejection;
  QuarantineAll(call->home_id, request.source_id(), request.incarnation(), now, prepared.refused);
  EnvelopeHead head{call->home_id,
                    request.source_id(),
                    request.incarnation(),
                    request.lane(),
                    request.sequence(),
                    now,
                    request.correlation_id(),
                    {},
                    hub_clock.MarkedError(),
                    {}};
  if (request.lane() == hub::v1::LANE_BULK) head.watermark = hub_clock.Watermark();
  absl::StatusOr<std::string> sealed = SealBatch(head, prepared.events);
  if (!sealed.ok()) return call->done(sealed.status());
  envelope.bytes = *std::move(sealed);
  envelope.lane_field = LaneField(request.source_id(), request.lane());
  envelope.incarnation = request.incarnation();
  envelope.sequence = request.sequence();
  envelope.done = [this, call, response = std::move(response)](Verdict verdict) {
    if (verdict == Verdict::kDuplicate) metrics_.duplicates.Add();
    if (verdict == Verdict::kAppended || verdict == Verdict::kDuplicate)
      return call->done(response);
    call->done(Refusal(verdict, response.through_sequence()));
  };
  appender(request.lane()).Append(call->partition, std::move(envelope));
}

void Intake::Count(const PreparedBatch& prepared) {
  metrics_.batches.Add();
  metrics_.events.Add(static_cast<uint64_t>(prepared.event_count));
  if (prepared.redated > 0) metrics_.redated.Add(static_cast<uint64_t>(prepared.redated));
  if (prepared.unknown > 0) metrics_.unknown_kinds.Add(static_cast<uint64_t>(prepared.unknown));
}

void Intake::Pulse() {
  urgent_->RetryFailed();
  bulk_->RetryFailed();
  metrics_.waiting_bytes.Set(static_cast<double>(waiting_bytes()));
}

void Intake::HoldBulk(const std::string& cause) {
  if (!cause.empty() && !bulk_->held()) {
    VEILLE_LOG(kError, "bulk is held back; SOS, falls and hazards go on").Field("cause", cause);
  } else if (cause.empty() && bulk_->held()) {
    VEILLE_LOG(kInfo, "bulk goes on");
  }
  metrics_.bulk_held.Set(cause.empty() ? 0 : 1);
  const bool resumes = cause.empty() && bulk_->held();
  bulk_->Hold(!cause.empty());
  if (!resumes) return;
  std::vector<std::shared_ptr<Session>> sessions;
  {
    MutexLock lock(mu_);
    for (const auto& [source, weak] : speaking_)
      if (auto session = weak.lock()) sessions.push_back(std::move(session));
  }
  for (const auto& session : sessions) session->OnBulkGoesOn();
}

}  // namespace veille::gateway
