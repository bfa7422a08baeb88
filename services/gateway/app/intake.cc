#include "services/gateway/app/intake.h"

#include <utility>

#include "absl/strings/str_format.h"

#include "veille/store/v1/log.pb.h"

#include "common/base/digest.h"
#include "common/base/status_macros.h"
#include "services/domain/keys.h"
#include "services/gateway/app/session.h"
#include "services/gateway/app/wire.h"
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
      sessions(registry.NewGauge("veille_gateway_sessions", "Open streams.")),
      waiting_bytes(
          registry.NewGauge("veille_gateway_waiting_bytes", "Bytes that wait for Redis.")),
      bulk_held(registry.NewGauge("veille_gateway_bulk_held",
                                  "1 while bulk is held back for lack of memory or disk.")),
      append_seconds(registry.NewHistogram("veille_gateway_append_seconds",
                                           "From a batch's receipt to its durability.")) {}

Intake::Intake(std::shared_ptr<const domain::Registry> registry, int partitions,
               std::shared_ptr<const Clock> clock, LogPort& log, IntakeLimits limits,
               metrics::Registry& metrics)
    : registry_(std::move(registry)),
      partitions_(partitions),
      clock_(std::move(clock)),
      log_(log),
      limits_(limits),
      metrics_(metrics),
      urgent_(std::make_shared<Appender>(hub::v1::LANE_URGENT, partitions, log, metrics)),
      bulk_(std::make_shared<Appender>(hub::v1::LANE_BULK, partitions, log, metrics)) {}

std::shared_ptr<Session> Intake::Open(std::weak_ptr<SessionPeer> peer, std::string proved_id) {
  return std::make_shared<Session>(*this, std::move(peer), std::move(proved_id));
}

absl::StatusOr<const care::v1::Home*> Intake::Admit(const std::string& source_id,
                                                    const std::string& proved_id) const {
  if (!proved_id.empty() && proved_id != source_id) {
    return absl::PermissionDeniedError(
        "the certificate is for another source than the one that is named");
  }
  const care::v1::Home* home = registry_->HomeOfSource(source_id);
  if (home == nullptr) {
    return absl::PermissionDeniedError(
        "no home has this source: register it in the home's file, or check the hub's id");
  }
  if (absl::Status room = MakeRoom(hub::v1::LANE_URGENT); !room.ok()) return room;
  return home;
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
    SetTimestamp(receive_time, *kept.mutable_receive_time());
    kept.set_content(std::move(item.content));
    metrics_.quarantined.Add();
    log_.Quarantine(domain::PartitionOf(home_id, partitions_), kept.SerializeAsString());
  }
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

void Intake::SendEvents(hub::v1::SendEventsRequest request, const std::string& proved_id,
                        SendDone done) {
  hub::v1::Hello hello;
  hello.set_source_id(request.source_id());
  hello.set_incarnation(request.incarnation());
  std::vector<Violation> violations = FindViolations(hello);
  for (Violation& violation : violations) violation.field.erase(0, sizeof("hello.") - 1);
  if (request.lane() != hub::v1::LANE_URGENT && request.lane() != hub::v1::LANE_BULK)
    violations.push_back({"lane", "must be LANE_URGENT or LANE_BULK"});
  if (request.sequence() == 0) violations.push_back({"sequence", "begins at 1"});
  if (!violations.empty()) return done(BadRequestStatus(violations));
  const auto home = Admit(request.source_id(), proved_id);
  if (!home.ok()) return done(home.status());
  if (absl::Status room = MakeRoom(request.lane()); !room.ok()) return done(room);

  const int partition = domain::PartitionOf((*home)->home_id(), partitions_);
  auto shared = std::make_shared<hub::v1::SendEventsRequest>(std::move(request));
  log_.OpenSource(partition, shared->source_id(), shared->incarnation(),
                  [this, shared, partition, home_id = (*home)->home_id(),
                   done](absl::StatusOr<LastSequences> last) {
                    if (!last.ok()) return done(last.status());
                    const absl::Time now = clock_->Now();
                    event::v1::EventBatch batch;
                    batch.mutable_events()->Swap(shared->mutable_events());
                    SendTimes times;
                    if (shared->has_send_time()) times.send_time = ToTime(shared->send_time());
                    if (shared->has_watermark()) times.watermark = ToTime(shared->watermark());
                    const HubClock hub_clock(times, now);
                    const std::string events = batch.SerializeAsString();
                    Envelope envelope;
                    envelope.digest = StableHash64(events);
                    PreparedBatch prepared =
                        PrepareBatch(shared->lane(), shared->sequence(), events, hub_clock);
                    metrics_.batches.Add();
                    metrics_.events.Add(static_cast<uint64_t>(prepared.event_count));
                    hub::v1::SendEventsResponse response;
                    response.set_through_sequence(shared->sequence());
                    for (const auto& refused : prepared.refused)
                      *response.add_rejections() = refused.rejection;
                    QuarantineAll(home_id, shared->source_id(), shared->incarnation(), now,
                                  prepared.refused);
                    EnvelopeHead head{home_id,
                                      shared->source_id(),
                                      shared->incarnation(),
                                      shared->lane(),
                                      shared->sequence(),
                                      now,
                                      {},
                                      {}};
                    if (shared->lane() == hub::v1::LANE_BULK)
                      head.watermark = hub_clock.Watermark();
                    envelope.bytes = EncodeBatch(head, prepared.events);
                    envelope.lane_field = LaneField(shared->source_id(), shared->lane());
                    envelope.incarnation = shared->incarnation();
                    envelope.sequence = shared->sequence();
                    envelope.done = [this, response, done](Verdict verdict) {
                      if (verdict == Verdict::kAppended || verdict == Verdict::kDuplicate)
                        return done(response);
                      done(Refusal(verdict, response.through_sequence()));
                    };
                    appender(shared->lane()).Append(partition, std::move(envelope));
                  });
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
