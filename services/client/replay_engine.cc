#include "services/client/replay_engine.h"

#include <algorithm>

#include "veille/store/v1/log.pb.h"

#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "services/detector/core/advance.h"

namespace veille::client {
namespace {

using event::v1::EventBatch;
using store::v1::Envelope;

constexpr absl::Duration kTick = absl::Seconds(30);
// Stillness, and the grace of a wearable that falls silent.
constexpr absl::Duration kAfterClip = absl::Minutes(5);
// From the last sample of an event to its receipt.
constexpr absl::Duration kTravel = absl::Seconds(1);

class Replayer {
 public:
  Replayer(const detector::HomePlan& plan, const domain::Recording& recording,
           const ReplayOptions& options)
      : plan_(plan), recording_(recording), options_(options), state_(plan) {}

  absl::StatusOr<std::vector<store::v1::Finding>> Run() {
    next_tick_ = recording_.start;
    std::size_t next = 0;
    while (next < recording_.events.size()) {
      EventBatch batch;
      const absl::Time first = ToTime(recording_.events[next].event_time());
      absl::Time last = first;
      // Silence passes in steps, as heartbeats make it.
      VEILLE_RETURN_IF_ERROR(PassTo(first));
      while (next < recording_.events.size() &&
             batch.events_size() < options_.max_events_per_batch) {
        const absl::Time at = ToTime(recording_.events[next].event_time());
        if (at - first > options_.span) break;
        last = std::max(last, at);
        *batch.add_events() = recording_.events[next++];
      }
      const absl::Time sent =
          next < recording_.events.size() ? ToTime(recording_.events[next].event_time()) : last;
      VEILLE_RETURN_IF_ERROR(Give(batch, last, std::min(sent, last + kTick)));
    }
    // A clip ends with the fall; what is pending then is told when nothing more is heard.
    const absl::Duration after = recording_.dated ? absl::ZeroDuration() : kAfterClip;
    VEILLE_RETURN_IF_ERROR(PassTo(std::max(recording_.end + after, next_tick_)));
    return std::move(effects_.findings);
  }

 private:
  Envelope Head(absl::Time received) const {
    Envelope envelope;
    envelope.set_format(1);
    envelope.set_home_id(recording_.home.home_id());
    envelope.set_source_id(recording_.home.sources(0).source_id());
    SetTime(received, *envelope.mutable_receive_time());
    return envelope;
  }

  absl::Status PassTo(absl::Time until) {
    for (; next_tick_ < until; next_tick_ += kTick) {
      Envelope beat = Head(next_tick_);
      beat.mutable_heartbeat();
      SetTime(next_tick_, *beat.mutable_watermark());
      detector::Advance(plan_, state_, beat, nullptr, effects_);
      Envelope tick = Head(next_tick_);
      tick.mutable_tick();
      detector::Advance(plan_, state_, tick, nullptr, effects_);
    }
    return absl::OkStatus();
  }

  absl::Status Give(const EventBatch& batch, absl::Time last, absl::Time watermark) {
    Envelope envelope = Head(std::max(last, watermark) + kTravel);
    envelope.set_batch(std::string());
    SetTime(watermark, *envelope.mutable_watermark());
    detector::Advance(plan_, state_, envelope, &batch, effects_);
    ++batches_;
    if (options_.restart_every_batches > 0 && batches_ % options_.restart_every_batches == 0) {
      VEILLE_ASSIGN_OR_RETURN(state_, detector::HomeState::Parse(state_.Serialize(), plan_));
    }
    return absl::OkStatus();
  }

  const detector::HomePlan& plan_;
  const domain::Recording& recording_;
  const ReplayOptions options_;
  detector::HomeState state_;
  detector::Effects effects_;
  absl::Time next_tick_;
  int batches_ = 0;
};

bool Tells(const store::v1::Finding& finding, const domain::Expected& expected,
           absl::Duration slack) {
  return finding.kind() == store::v1::Finding::KIND_RAISE &&
         finding.evidence().rule() == expected.rule &&
         absl::AbsDuration(ToTime(finding.event_time()) - expected.time) <= slack;
}

}  // namespace

absl::StatusOr<std::vector<store::v1::Finding>> Replay(const domain::Recording& recording,
                                                       const ReplayOptions& options) {
  VEILLE_ASSIGN_OR_RETURN(
      const auto plan,
      detector::HomePlan::Compile(recording.home, {.vital_signs = options.vital_signs}));
  return Replayer(*plan, recording, options).Run();
}

std::vector<domain::Expected> Missed(const domain::Recording& recording,
                                     const std::vector<store::v1::Finding>& findings,
                                     absl::Duration slack) {
  std::vector<domain::Expected> missed;
  for (const domain::Expected& expected : recording.truth) {
    const bool told = std::any_of(
        findings.begin(), findings.end(),
        [&](const store::v1::Finding& finding) { return Tells(finding, expected, slack); });
    if (!told) missed.push_back(expected);
  }
  return missed;
}

int CountUnexpected(const domain::Recording& recording,
                    const std::vector<store::v1::Finding>& findings, absl::Duration slack) {
  return static_cast<int>(
      std::count_if(findings.begin(), findings.end(), [&](const store::v1::Finding& finding) {
        return finding.kind() == store::v1::Finding::KIND_RAISE &&
               finding.severity() >= alert::v1::SEVERITY_MEDIUM &&
               std::none_of(recording.truth.begin(), recording.truth.end(),
                            [&](const auto& expected) { return Tells(finding, expected, slack); });
      }));
}

}  // namespace veille::client
