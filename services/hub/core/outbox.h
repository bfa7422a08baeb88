// What a source has not been acknowledged yet, lane by lane, under contiguous sequence numbers.
// Pure.
//
// A batch leaves only when the gateway says that it is durable. After a reconnect it goes out again
// with the same number and the same bytes. A gateway that has more than we ever sent means that we
// are an old copy: everything gets new numbers under a new incarnation. What was numbered but never
// sent does not count, or the news of such a copy would be taken for what the gateway has under the
// same numbers.

#ifndef SERVICES_HUB_CORE_OUTBOX_H_
#define SERVICES_HUB_CORE_OUTBOX_H_

#include <cstdint>
#include <deque>
#include <string>

#include "absl/time/time.h"

#include "veille/hub/v1/hub_gateway_service.pb.h"

namespace veille::hub {

class Outbox {
 public:
  explicit Outbox(std::string incarnation) : incarnation_(std::move(incarnation)) {}

  // Takes a batch and numbers it. `watermark`: everything before it has been handed to the outbox.
  void Add(v1::Lane lane, std::string events, absl::Time watermark);

  // What Welcome says is durable. True when a new incarnation was begun, with `new_incarnation`:
  // say Hello again.
  bool OnWelcome(uint64_t last_urgent, uint64_t last_bulk, const std::string& new_incarnation);
  void OnAck(uint64_t through_urgent, uint64_t through_bulk);
  // Everything unacknowledged is to be sent again.
  void Rewind();

  // The next batch to send: urgent first; null when there is none or `window` of its lane are under
  // way.
  const v1::Batch* Next(int window);

  const std::string& incarnation() const { return incarnation_; }
  uint64_t last_urgent() const { return urgent_.last; }
  uint64_t last_bulk() const { return bulk_.last; }
  // Not acknowledged.
  std::size_t urgent_size() const { return urgent_.batches.size(); }
  std::size_t size() const { return urgent_.batches.size() + bulk_.batches.size(); }

 private:
  struct Queue {
    uint64_t last = 0;              // Numbered.
    uint64_t ever_sent = 0;         // On any connection.
    std::size_t sent = 0;           // Of `batches`, on this connection.
    std::deque<v1::Batch> batches;  // Oldest first.
    void Drop(uint64_t through);
  };

  std::string incarnation_;
  Queue urgent_, bulk_;
};

}  // namespace veille::hub

#endif  // SERVICES_HUB_CORE_OUTBOX_H_
