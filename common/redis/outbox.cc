#include "common/redis/outbox.h"

#include <algorithm>
#include <utility>

namespace veille::redis {
namespace {

// Larger buffers go back to the allocator: a burst must not hold its memory for ever.
constexpr std::size_t kMaxSpareBytes = 1 << 20;

}  // namespace

void Outbox::Add(Chunk chunk) {
  if (chunk.commands.empty()) return;
  unwritten_ += chunk.commands.size();
  chunks_.push_back({.chunk = std::move(chunk)});
}

Chunk Outbox::Recycle() { return std::exchange(spare_, Chunk()); }

std::string_view Outbox::Unwritten(std::size_t max_in_flight) const {
  if (unwritten_ == 0 || in_flight_ >= max_in_flight) return {};
  const auto it = std::find_if(chunks_.begin(), chunks_.end(),
                               [](const Sending& sending) { return !sending.all_sent(); });
  const std::size_t room = max_in_flight - in_flight_;
  const std::size_t last = std::min(it->chunk.commands.size() - it->sent, room) + it->sent;
  return std::string_view(it->chunk.bytes).substr(it->written, it->Begin(last) - it->written);
}

void Outbox::Wrote(std::size_t bytes) {
  const auto it = std::find_if(chunks_.begin(), chunks_.end(),
                               [](const Sending& sending) { return !sending.all_sent(); });
  if (it == chunks_.end()) return;
  it->written += bytes;
  while (!it->all_sent() && it->chunk.commands[it->sent].end <= it->written) {
    ++it->sent;
    ++in_flight_;
    --unwritten_;
  }
}

Outbox::Finished Outbox::Take(Sending& sending, std::size_t index) {
  QueuedCommand& command = sending.chunk.commands[index];
  return {.done = std::move(command.done),
          .script = command.script,
          .bytes = command.end - sending.Begin(index)};
}

void Outbox::DropAnswered() {
  while (!chunks_.empty()) {
    Sending& front = chunks_.front();
    const auto& commands = front.chunk.commands;
    while (front.answered < front.sent && commands[front.answered].skipped) ++front.answered;
    if (front.answered < commands.size()) return;
    if (front.chunk.bytes.capacity() <= kMaxSpareBytes) {
      spare_ = std::move(front.chunk);
      spare_.bytes.clear();
      spare_.commands.clear();
    }
    chunks_.pop_front();
  }
}

std::optional<Outbox::Finished> Outbox::Answer(std::string_view* wire) {
  DropAnswered();
  if (in_flight_ == 0) return std::nullopt;
  Sending& front = chunks_.front();
  const std::size_t index = front.answered++;
  --in_flight_;
  const std::size_t begin = front.Begin(index);
  *wire =
      std::string_view(front.chunk.bytes).substr(begin, front.chunk.commands[index].end - begin);
  return Take(front, index);
}

std::vector<Outbox::Finished> Outbox::Lost() {
  std::vector<Finished> unknown;
  for (Sending& sending : chunks_) {
    for (std::size_t i = sending.answered; i < sending.sent; ++i) {
      if (!sending.chunk.commands[i].skipped) unknown.push_back(Take(sending, i));
    }
    sending.answered = sending.sent;
    sending.written = sending.Begin(sending.sent);
  }
  in_flight_ = 0;
  DropAnswered();
  return unknown;
}

std::vector<Outbox::Finished> Outbox::Expire(absl::Duration now) {
  std::vector<Finished> expired;
  for (Sending& sending : chunks_) {
    // Half a command is on its way: the rest has to follow.
    if (sending.written > sending.Begin(sending.sent)) break;
    while (!sending.all_sent() && sending.chunk.commands[sending.sent].deadline <= now) {
      expired.push_back(Take(sending, sending.sent));
      sending.chunk.commands[sending.sent].skipped = true;
      ++sending.sent;
      --unwritten_;
    }
    sending.written = sending.Begin(sending.sent);
    if (!sending.all_sent()) break;
  }
  DropAnswered();
  return expired;
}

std::vector<Outbox::Finished> Outbox::Clear() {
  std::vector<Finished> all = Lost();
  std::vector<Finished> unwritten = Expire(absl::InfiniteDuration());
  std::move(unwritten.begin(), unwritten.end(), std::back_inserter(all));
  return all;
}

std::optional<absl::Duration> Outbox::NextDeadline() const {
  if (unwritten_ == 0) return std::nullopt;
  const auto it = std::find_if(chunks_.begin(), chunks_.end(),
                               [](const Sending& sending) { return !sending.all_sent(); });
  return it->chunk.commands[it->sent].deadline;
}

}  // namespace veille::redis
