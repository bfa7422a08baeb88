// The live streams of a server: so that a stop can say goodbye to them, and stalled ones be found.
// Thread safe.

#ifndef COMMON_RPC_STREAM_REGISTRY_H_
#define COMMON_RPC_STREAM_REGISTRY_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/time/time.h"

#include "common/rpc/server_stream.h"
#include "common/sync/mutex.h"

namespace veille::rpc {

class StreamRegistry {
 public:
  // Once draining has begun, a newcomer is sent away at once: it would hold up the stop.
  void Add(const std::shared_ptr<LiveStream>& stream) {
    if (Keep(stream)) stream->DrainForShutdown();
  }

  // From now on newcomers are sent away; returns those who are there, for the caller to drain at
  // its own pace.
  std::vector<std::shared_ptr<LiveStream>> BeginDrain() {
    {
      MutexLock lock(mu_);
      draining_ = true;
    }
    return Live();
  }
  void DrainAll() {
    for (const auto& stream : BeginDrain()) stream->DrainForShutdown();
  }

  // Cancels the streams whose peer has not read for `timeout`; returns how many.
  int CancelStalled(absl::Duration now, absl::Duration timeout) {
    int cancelled = 0;
    for (const auto& stream : Live()) cancelled += stream->CancelIfStalled(now - timeout) ? 1 : 0;
    return cancelled;
  }

  // Closes the streams whose peer `judge` does not admit, with its reason.
  void CloseRefused(const LiveStream::Judge& judge) {
    for (const auto& stream : Live()) stream->CloseIfRefused(judge);
  }

  std::size_t size() const { return Live().size(); }

 private:
  // True when draining.
  bool Keep(const std::shared_ptr<LiveStream>& stream) {
    MutexLock lock(mu_);
    // Amortised: dead entries go when the list has doubled since the last time.
    if (streams_.size() >= sweep_at_) {
      std::erase_if(streams_, [](const auto& entry) { return entry.expired(); });
      sweep_at_ = streams_.size() * 2 + 64;
    }
    streams_.push_back(stream);
    return draining_;
  }

  std::vector<std::shared_ptr<LiveStream>> Live() const {
    MutexLock lock(mu_);
    std::vector<std::shared_ptr<LiveStream>> live;
    for (const auto& entry : streams_)
      if (auto stream = entry.lock()) live.push_back(std::move(stream));
    return live;
  }

  mutable Mutex mu_;
  std::vector<std::weak_ptr<LiveStream>> streams_ ABSL_GUARDED_BY(mu_);
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  std::size_t sweep_at_ ABSL_GUARDED_BY(mu_) = 64;
};

}  // namespace veille::rpc

#endif  // COMMON_RPC_STREAM_REGISTRY_H_
