#include "services/gateway/app/appender.h"

#include <utility>

#include "common/base/check.h"

namespace veille::gateway {
namespace {

// A script call is bounded, so that one partition's backlog does not stall the others in Redis: 512
// envelopes take it well under 2 ms, and Lua's unpack() has room for them.
constexpr std::size_t kMaxEnvelopes = 512;
constexpr std::size_t kMaxBytes = 512 << 10;

const char* NameOf(hub::v1::Lane lane) { return lane == hub::v1::LANE_URGENT ? "urgent" : "bulk"; }

}  // namespace

Appender::Appender(hub::v1::Lane lane, int partitions, LogPort& log, metrics::Registry& metrics)
    : lane_(lane),
      log_(log),
      appends_(metrics.NewCounter("veille_gateway_appends_total", "Group appends to the log.",
                                  {{"lane", NameOf(lane)}})),
      envelopes_(metrics.NewCounter("veille_gateway_envelopes_total", "Envelopes in them.",
                                    {{"lane", NameOf(lane)}})),
      failed_appends_(metrics.NewCounter("veille_gateway_failed_appends_total",
                                         "Appends that failed and are repeated.",
                                         {{"lane", NameOf(lane)}})) {
  for (int i = 0; i < partitions; ++i) partitions_.push_back(std::make_unique<Partition>());
}

void Appender::Append(int partition, Envelope envelope) {
  VEILLE_CHECK(partition >= 0 && partition < static_cast<int>(partitions_.size()));
  Partition& p = *partitions_[static_cast<std::size_t>(partition)];
  waiting_bytes_ += envelope.bytes.size();
  {
    MutexLock lock(p.mu);
    p.queued.push_back(std::move(envelope));
    if (!held_ && (p.in_flight || p.failed)) return;
  }
  if (held_) return GiveBack(partition);
  MaybeSend(partition);
}

void Appender::Hold(bool held) {
  held_ = held;
  for (int i = 0; i < static_cast<int>(partitions_.size()); ++i) {
    if (held) {
      GiveBack(i);
    } else {
      MaybeSend(i);
    }
  }
}

// What is in flight stays: Redis may have it, and will say so.
void Appender::GiveBack(int index) {
  Partition& p = *partitions_[static_cast<std::size_t>(index)];
  std::vector<Envelope> back;
  {
    MutexLock lock(p.mu);
    if (!p.in_flight) back.swap(p.sent);
    back.insert(back.end(), std::make_move_iterator(p.queued.begin()),
                std::make_move_iterator(p.queued.end()));
    p.queued.clear();
    p.failed = false;
  }
  for (Envelope& envelope : back) {
    waiting_bytes_ -= envelope.bytes.size();
    std::move(envelope.done)(Verdict::kHeld);
  }
}

void Appender::RetryFailed() {
  for (int i = 0; i < static_cast<int>(partitions_.size()); ++i) {
    Partition& p = *partitions_[static_cast<std::size_t>(i)];
    {
      MutexLock lock(p.mu);
      if (!p.failed) continue;
      p.failed = false;
    }
    MaybeSend(i);
  }
}

void Appender::MaybeSend(int index) {
  if (held_) return;
  Partition& p = *partitions_[static_cast<std::size_t>(index)];
  const std::vector<Envelope>* envelopes = nullptr;
  {
    MutexLock lock(p.mu);
    if (p.in_flight || p.failed) return;
    if (p.sent.empty()) {
      std::size_t count = 0, bytes = 0;
      while (count < p.queued.size() && count < kMaxEnvelopes && (count == 0 || bytes < kMaxBytes))
        bytes += p.queued[count++].bytes.size();
      const auto end = p.queued.begin() + static_cast<std::ptrdiff_t>(count);
      p.sent.assign(std::make_move_iterator(p.queued.begin()), std::make_move_iterator(end));
      p.queued.erase(p.queued.begin(), end);
    }
    if (p.sent.empty()) return;
    p.in_flight = true;
    envelopes = &p.sent;
  }
  // Nobody touches `sent` while it is in flight.
  appends_.Add();
  log_.Append(lane_, index, *envelopes,
              [self = shared_from_this(), index](absl::StatusOr<std::vector<Verdict>> verdicts) {
                self->OnDone(index, std::move(verdicts));
              });
}

void Appender::OnDone(int index, absl::StatusOr<std::vector<Verdict>> verdicts) {
  Partition& p = *partitions_[static_cast<std::size_t>(index)];
  if (!verdicts.ok()) {
    failed_appends_.Add();
    const std::string text(verdicts.status().message());
    if (failures_.Changed("append", text)) {
      VEILLE_LOG(kWarning, "cannot append to the log; hubs are not acknowledged meanwhile")
          .Field("lane", NameOf(lane_))
          .Field("reason", text);
    }
    {
      MutexLock lock(p.mu);
      p.in_flight = false;
      p.failed = true;
    }
    if (held_) GiveBack(index);
    return;
  }
  if (failures_.Changed("append", "")) VEILLE_LOG(kInfo, "the log takes appends");
  std::vector<Envelope> done;
  {
    MutexLock lock(p.mu);
    done.swap(p.sent);
    p.in_flight = false;
  }
  MaybeSend(index);
  envelopes_.Add(done.size());
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < done.size(); ++i) {
    bytes += done[i].bytes.size();
    std::move(done[i].done)((*verdicts)[i]);
  }
  waiting_bytes_ -= bytes;
}

}  // namespace veille::gateway
