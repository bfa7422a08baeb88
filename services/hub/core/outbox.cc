#include "services/hub/core/outbox.h"

#include <algorithm>
#include <utility>

#include "common/base/timestamp.h"

namespace veille::hub {

void Outbox::Queue::Drop(uint64_t through) {
  while (!batches.empty() && batches.front().sequence() <= through) {
    batches.pop_front();
    if (sent > 0) --sent;
  }
}

void Outbox::Add(v1::Lane lane, std::string events, absl::Time watermark) {
  Queue& queue = lane == v1::LANE_URGENT ? urgent_ : bulk_;
  v1::Batch& batch = queue.batches.emplace_back();
  batch.set_lane(lane);
  batch.set_sequence(++queue.last);
  batch.set_events(std::move(events));
  SetTime(watermark, *batch.mutable_watermark());
}

bool Outbox::OnWelcome(uint64_t last_urgent, uint64_t last_bulk,
                       const std::string& new_incarnation) {
  Rewind();
  if (last_urgent <= urgent_.ever_sent && last_bulk <= bulk_.ever_sent) {
    urgent_.Drop(last_urgent);
    bulk_.Drop(last_bulk);
    return false;
  }
  incarnation_ = new_incarnation;
  for (Queue* queue : {&urgent_, &bulk_}) {
    queue->last = queue->ever_sent = 0;
    for (v1::Batch& batch : queue->batches) batch.set_sequence(++queue->last);
  }
  return true;
}

void Outbox::OnAck(uint64_t through_urgent, uint64_t through_bulk) {
  urgent_.Drop(through_urgent);
  bulk_.Drop(through_bulk);
}

void Outbox::Rewind() {
  urgent_.sent = 0;
  bulk_.sent = 0;
}

const v1::Batch* Outbox::Next(int window) {
  for (Queue* queue : {&urgent_, &bulk_}) {
    if (queue->sent >= queue->batches.size() || static_cast<int>(queue->sent) >= window) continue;
    const v1::Batch& next = queue->batches[queue->sent++];
    queue->ever_sent = std::max(queue->ever_sent, next.sequence());
    return &next;
  }
  return nullptr;
}

}  // namespace veille::hub
