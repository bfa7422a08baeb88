// How much one source may send: what is taken, taken slowly, or left with it for later.
//
// The urgent lane is never left: what is beyond its rate is taken, and only the reading of what
// comes behind waits. Bulk beyond its rate stays with the source, which keeps what is not
// acknowledged; a bulk batch that holds an SOS or a fall is taken all the same, with what must go
// before it. Time is an argument. Pure; one thread.

#ifndef SERVICES_GATEWAY_CORE_SOURCE_BUDGET_H_
#define SERVICES_GATEWAY_CORE_SOURCE_BUDGET_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"

#include "veille/event/v1/event.pb.h"

#include "common/base/token_bucket.h"

namespace veille::gateway {

// A hub sends about a batch a second; what it kept through a day off is 86,400 events, at most
// 86,400 batches: under 8 min at this rate.
struct SourceRates {
  Rate urgent_batches{20, 400};
  Rate bulk_batches{200, 2000};
  Rate bulk_bytes{1 << 20, 16 << 20};
  // Each costs two entries in the log and a script call.
  Rate connects{1, 60};
};

enum class Admission { kTake, kTakeSlowly, kLeave };

class SourceBudget {
 public:
  SourceBudget(const SourceRates& rates, absl::Duration now);

  // Never kLeave.
  Admission Urgent(absl::Duration now);
  // What LetThrough() named is never left.
  Admission Bulk(std::string_view incarnation, uint64_t sequence, std::size_t bytes,
                 absl::Duration now);
  // Bulk through `sequence` is taken whatever the rate: something behind it cannot wait.
  void LetThrough(std::string_view incarnation, uint64_t sequence);
  bool IsLetThrough(std::string_view incarnation, uint64_t sequence) const;

  // Until bulk that was left is worth sending again: half a burst is there.
  absl::Duration BulkAfter(absl::Duration now);
  // One that was taken slowly has been waited for.
  bool PaidOff(absl::Duration now) { return urgent_.TryTake(1, now); }

  // Zero when another connection may be opened; else how long not yet.
  absl::Duration ConnectAfter(absl::Duration now);

 private:
  TokenBucket urgent_, bulk_, bulk_bytes_, connects_;
  std::string let_through_incarnation_;
  uint64_t let_through_ = 0;
};

// A serialized veille.event.v1.EventBatch has an SOS, a fall, a hazard or an answer to a prompt in
// it, sound or not. Reads the wire form up to the first one.
bool HoldsEmergency(std::string_view events);
bool IsEmergency(const event::v1::Event& event);

}  // namespace veille::gateway

#endif  // SERVICES_GATEWAY_CORE_SOURCE_BUDGET_H_
