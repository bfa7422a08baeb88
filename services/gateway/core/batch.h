// Makes a hub's batch fit for the log: malformed events put aside one by one, wrong clocks
// corrected.
//
// A batch in which nothing had to change goes on byte for byte. Pure; thread safe.

#ifndef SERVICES_GATEWAY_CORE_BATCH_H_
#define SERVICES_GATEWAY_CORE_BATCH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "veille/hub/v1/hub_gateway_service.pb.h"

#include "services/gateway/core/sound_batch.h"

namespace veille::gateway {

// A clock that is off by more than this is not believed (design: "a technical finding").
inline constexpr absl::Duration kMaxSkew = absl::Minutes(5);
// One that is off by more than this is believed, and said beside what it dated.
inline constexpr absl::Duration kMarkedSkew = absl::Seconds(30);

// The times that came with a batch or a heartbeat. All by the hub's clock.
struct SendTimes {
  std::optional<absl::Time> send_time;
  // How long the hub has been up at `send_time`; absent when it does not say.
  std::optional<absl::Duration> uptime;
  std::optional<absl::Time> watermark;
  // The events were seen in the run of the monotonic clock that `uptime` belongs to.
  bool same_run = true;
};

// How wrong the hub's clock is, and since when.
class HubClock {
 public:
  HubClock(const SendTimes& times, absl::Time receive_time);

  struct Dated {
    absl::Time time;
    bool redated = false;
    bool at_receipt = false;
  };
  // The time to believe for a time that the hub claims. Where the event's reading of the monotonic
  // clock is known, that says when it was, whatever the clock said then and says now. Else what a
  // hub saw since it was switched on is shifted by the error of its clock; what it saw before may
  // have been dated by a right clock and is kept, unless it lies more than 5 min ahead of the
  // receipt.
  Dated Date(absl::Time claimed, std::optional<absl::Duration> monotonic = std::nullopt) const;
  // Where Date() changes nothing, whatever the fraction of the second; none when the clock is
  // wrong.
  BelievedSeconds Believed() const;

  // The watermark to believe: shifted alike, and never beyond the receipt.
  std::optional<absl::Time> Watermark() const { return watermark_; }

  // Real time minus the hub's, where that is more than kMarkedSkew.
  std::optional<absl::Duration> MarkedError() const {
    if (absl::AbsDuration(measured_error_) <= kMarkedSkew) return std::nullopt;
    return measured_error_;
  }

  absl::Time receive_time() const { return receive_time_; }

 private:
  const absl::Time receive_time_;
  std::optional<absl::Duration> uptime_;  // Of the run in which the events were seen.
  absl::Duration measured_error_;         // At the sending; zero where that is not known.
  absl::Duration error_;                  // To be added to claimed times; zero within kMaxSkew.
  absl::Time wrong_from_, wrong_to_;      // Claimed times in between are shifted.
  std::optional<absl::Time> watermark_;
};

struct PreparedBatch {
  // A serialized veille.event.v1.EventBatch for the log.
  std::string events;
  // What was put aside, with the content for the quarantine, in the order of the batch.
  struct Refused {
    hub::v1::Rejection rejection;
    std::string content;
  };
  std::vector<Refused> refused;
  int event_count = 0;
  int redated = 0;
  // Observations of kinds that are newer than this gateway: kept as they came.
  int unknown = 0;
};

// `events` is what the hub sent. Never fails: a batch that cannot be read at all becomes an empty
// one, so that its sequence goes on, with the whole of it put aside.
PreparedBatch PrepareBatch(hub::v1::Lane lane, uint64_t sequence, std::string events,
                           const HubClock& clock);

}  // namespace veille::gateway

#endif  // SERVICES_GATEWAY_CORE_BATCH_H_
