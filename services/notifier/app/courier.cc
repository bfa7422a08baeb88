#include "services/notifier/app/courier.h"

#include <utility>

#include "common/base/status_macros.h"
#include "services/domain/keys.h"
#include "services/notifier/app/operator_findings.h"
#include "services/notifier/core/chain.h"

namespace veille::notifier {
namespace {

using store::v1::AlertRecord;
using store::v1::Job;
using store::v1::Send;

// Two replicas, receipts and people change one alert at once: each wins within a few rounds.
constexpr int kMaxRounds = 50;
// What cannot be recorded because Redis is away is tried again this often, until its lease ends.
constexpr absl::Duration kRecordAgain = absl::Milliseconds(200);

std::string HomeOf(const Job& job) { return std::string(domain::HomeOfAlert(job.alert_id())); }

const care::v1::Channel& ChannelOf(const Job& job) { return RouteOf(job.send()).channel(); }

Telling TellingOf(const Job& job, const AlertRecord& record) {
  const Send& send = job.send();
  Telling telling;
  telling.alert = record.alert();
  for (const auto& member : record.members())
    if (member.caregiver_id() == send.caregiver_id()) telling.reader = member;
  telling.channel = ChannelOf(job);
  telling.reason = send.reason();
  telling.version = send.version();
  telling.step = send.step();
  telling.tell_time = ToTime(send.tell_time());
  telling.key = KeyOf(job.alert_id(), send);
  return telling;
}

bool WentOut(const SendResult& result) {
  return result.kind == SendResult::Kind::kSent || result.kind == SendResult::Kind::kDelivered;
}

}  // namespace

struct Courier::Meters {
  Meters(metrics::Registry& metrics, const std::string& channel)
      : sent(Count(metrics, channel, "sent")),
        delivered(Count(metrics, channel, "delivered")),
        temporary(Count(metrics, channel, "failed_temporary")),
        permanent(Count(metrics, channel, "failed_permanent")),
        cancelled(Count(metrics, channel, "cancelled")),
        up(metrics.NewGauge("veille_notifier_channel_up",
                            "1 while the channel works; 0 when it fails for everybody.",
                            {{"channel", channel}})),
        told_to_sent(metrics.NewHistogram("veille_notifier_told_to_sent_seconds",
                                          "From the stream's telling to the provider's acceptance.",
                                          {{"channel", channel}})) {
    up.Set(1);
  }
  static metrics::Counter& Count(metrics::Registry& metrics, const std::string& channel,
                                 const std::string& result) {
    return metrics.NewCounter("veille_notifier_sends_total", "Tries of a channel, by what came.",
                              {{"channel", channel}, {"result", result}});
  }
  metrics::Counter &sent, &delivered, &temporary, &permanent, &cancelled;
  metrics::Gauge& up;
  metrics::Histogram& told_to_sent;
};

Courier::Courier(CourierOptions options, Channels channels, AlertStore& store,
                 metrics::Registry& metrics)
    : options_(std::move(options)),
      store_(store),
      latencies_(metrics),
      channels_(std::move(channels)) {
  for (const Kind kind :
       {Kind::kWebhook, Kind::kEmail, Kind::kWebPush, Kind::kScaip, Kind::ADDRESS_NOT_SET}) {
    meters_[kind] = std::make_unique<Meters>(metrics, ChannelName(kind));
    health_[kind];
  }
  thread_ = Worker("courier", [this] { RunResults(); });
}

Courier::~Courier() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.Join();
  channels_.clear();
}

absl::Time Courier::In(absl::Duration real) const {
  return options_.clock->Now() + real * options_.clock->speed();
}

absl::Status Courier::Take(const Job& job, const std::string& entry) {
  const Send& send = job.send();
  if (static_cast<int>(send.position()) >= send.routes_size())
    return absl::DataLossError("a send without its channel");
  VEILLE_ASSIGN_OR_RETURN(const AlertRecord record, store_.Get(job.alert_id()));
  switch (Judge(send, options_.clock->Now(), record)) {
    case SendVerdict::kDone:
      return store_.Done(HomeOf(job), entry);
    case SendVerdict::kCancel:
      meters_.at(ChannelOf(job).address_case())->cancelled.Add();
      return Record(job, alert::v1::DELIVERY_STATE_CANCELLED, entry);
    case SendVerdict::kExpired:
      VEILLE_RETURN_IF_ERROR(
          GiveUp(job, {SendResult::Kind::kPermanent, "tried until its deadline"}));
      return store_.Done(HomeOf(job), entry);
    case SendVerdict::kSend:
      break;
  }
  return SendNow(job, record, entry);
}

absl::Status Courier::SendNow(const Job& job, const AlertRecord& record, const std::string& entry) {
  const Kind kind = ChannelOf(job).address_case();
  if (kind == Kind::kWebPush) {
    VEILLE_ASSIGN_OR_RETURN(
        const bool gone, store_.IsGone(job.send().caregiver_id(), AddressDigest(ChannelOf(job))));
    if (gone) {
      VEILLE_RETURN_IF_ERROR(GiveUp(job, {SendResult::Kind::kPermanent, "it is gone"}));
      return store_.Done(HomeOf(job), entry);
    }
  }
  Result pending;
  pending.job = job;
  pending.job.mutable_send()->set_attempts(job.send().attempts() + 1);
  pending.until = MonotonicNow() + options_.lease;
  VEILLE_ASSIGN_OR_RETURN(const bool ours,
                          store_.Lease(HomeOf(job), entry, pending.job, In(options_.lease)));
  // Another has taken it.
  if (!ours) return absl::OkStatus();
  const auto channel = channels_.find(kind);
  if (channel == channels_.end()) {
    pending.result = {SendResult::Kind::kPermanent, "the channel is not configured"};
    Post(std::move(pending));
    return absl::OkStatus();
  }
  channel->second->Send(TellingOf(job, record), [this, pending](const SendResult& result) {
    Result settled = pending;
    settled.result = result;
    Post(std::move(settled));
  });
  return absl::OkStatus();
}

void Courier::Post(Result result) {
  MutexLock lock(mu_);
  // What was cut off by our own end is another's, after its lease.
  if (stopping_) return;
  results_.push_back(std::move(result));
  changed_.NotifyAll();
}

void Courier::RunResults() {
  while (true) {
    Result result;
    {
      MutexLock lock(mu_);
      while (results_.empty() && !stopping_) changed_.Wait(mu_);
      if (results_.empty()) return;
      result = std::move(results_.front());
      results_.pop_front();
    }
    NoteHealth(result);
    // NOT_FOUND: the alert was erased.
    for (absl::Status settled = Settle(result);
         !settled.ok() && !absl::IsNotFound(settled) && MonotonicNow() < result.until && Pause();
         settled = Settle(result)) {
    }
  }
}

bool Courier::Pause() {
  MutexLock lock(mu_);
  if (!stopping_) changed_.WaitFor(mu_, kRecordAgain);
  return !stopping_;
}

absl::Status Courier::Settle(const Result& result) {
  const Job& job = result.job;
  switch (result.result.kind) {
    case SendResult::Kind::kSent:
      VEILLE_RETURN_IF_ERROR(Record(job, alert::v1::DELIVERY_STATE_SENT, ""));
      return store_.ReplaceTimer(HomeOf(job), job, nullptr, absl::InfinitePast());
    case SendResult::Kind::kDelivered:
      VEILLE_RETURN_IF_ERROR(Record(job, alert::v1::DELIVERY_STATE_DELIVERED, ""));
      return store_.ReplaceTimer(HomeOf(job), job, nullptr, absl::InfinitePast());
    case SendResult::Kind::kTemporary: {
      const absl::Duration wait =
          std::max(RetryDelay(job.send().attempts(), random_.Unit()),
                   result.result.retry_after.value_or(absl::ZeroDuration()));
      const absl::Time again = In(wait);
      if (again > ToTime(job.send().deadline_time())) break;
      VEILLE_RETURN_IF_ERROR(Record(job, alert::v1::DELIVERY_STATE_FAILED_TEMPORARY, ""));
      return store_.ReplaceTimer(HomeOf(job), job, &job, again);
    }
    case SendResult::Kind::kGone:
      VEILLE_RETURN_IF_ERROR(
          store_.SetGone(job.send().caregiver_id(), AddressDigest(ChannelOf(job))));
      break;
    case SendResult::Kind::kPermanent:
      break;
  }
  return GiveUp(job, result.result);
}

absl::Status Courier::GiveUp(const Job& job, const SendResult& result) {
  VEILLE_LOG(kWarning, "a channel has failed for good")
      .Field("alert", job.alert_id())
      .Field("channel", RouteOf(job.send()).name())
      .Field("attempts", job.send().attempts())
      .Field("reason", result.reason);
  VEILLE_RETURN_IF_ERROR(Record(job, alert::v1::DELIVERY_STATE_FAILED_PERMANENT, ""));
  if (const auto send = NextChannel(job.send())) {
    Job next = job;
    *next.mutable_send() = *send;
    VEILLE_RETURN_IF_ERROR(store_.ReplaceTimer(HomeOf(job), next, &next, options_.clock->Now()));
  }
  return store_.ReplaceTimer(HomeOf(job), job, nullptr, absl::InfinitePast());
}

absl::Status Courier::Record(const Job& job, alert::v1::DeliveryState state,
                             const std::string& entry) {
  for (int round = 0; round < kMaxRounds; ++round) {
    VEILLE_ASSIGN_OR_RETURN(const AlertRecord before, store_.Get(job.alert_id()));
    AlertRecord after = before;
    if (!RecordSend(job.send(), state, options_.clock->Now(), after))
      return entry.empty() ? absl::OkStatus() : store_.Done(HomeOf(job), entry);
    after.set_stored_version(before.stored_version() + 1);
    AlertChange change;
    change.before = &before;
    change.after = &after;
    change.done_entry = entry;
    const absl::Status stored = store_.Store(change).status();
    if (absl::IsAborted(stored)) continue;
    const bool received = state == alert::v1::DELIVERY_STATE_DELIVERED;
    for (const auto& [stage, reached] :
         {std::pair(Latencies::Stage::kSent, received || state == alert::v1::DELIVERY_STATE_SENT),
          std::pair(Latencies::Stage::kDelivered, received)})
      if (stored.ok() && reached)
        latencies_.Observe(stage, after, job.send().step(), options_.clock->Now());
    return stored;
  }
  return absl::AbortedError("the alert was changed by others again and again");
}

void Courier::NoteAddress(const Job& job, bool works) {
  store_.NoteAddressSoon(job.send().caregiver_id(), AddressDigest(ChannelOf(job)), works);
}

void Courier::NoteHealth(const Result& result) {
  const Kind kind = ChannelOf(result.job).address_case();
  Meters& meters = *meters_.at(kind);
  const absl::Time now = options_.clock->Now();
  if (WentOut(result.result)) {
    const bool received = result.result.kind == SendResult::Kind::kDelivered;
    (received ? meters.delivered : meters.sent).Add();
    NoteAddress(result.job, true);
    meters.told_to_sent.Observe(now - ToTime(result.job.send().tell_time()));
  } else if (result.result.kind == SendResult::Kind::kTemporary) {
    meters.temporary.Add();
    if (failures_.Changed(ChannelName(kind), result.result.reason)) {
      VEILLE_LOG(kWarning, "a channel has failed; it is tried again")
          .Field("channel", ChannelName(kind))
          .Field("reason", result.result.reason);
    }
  } else {
    meters.permanent.Add();
    // Of one address.
    if (channels_.count(kind) > 0) NoteAddress(result.job, false);
    return;
  }
  ChannelHealth& health = health_.at(kind);
  const ChannelHealth::Change change = health.Note(WentOut(result.result), now);
  meters.up.Set(health.up() ? 1 : 0);
  if (change == ChannelHealth::Change::kNone) return;
  const bool down = change == ChannelHealth::Change::kDown;
  if (down) VEILLE_LOG(kError, "a channel fails for everybody").Field("channel", ChannelName(kind));
  const absl::Status told =
      store_.Enqueue(ChannelDown(ChannelName(kind), down, health.since(), now));
  if (!told.ok()) VEILLE_LOG(kError, "the operators could not be told of a channel").Field(told);
}

}  // namespace veille::notifier
