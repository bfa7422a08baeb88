// The sending half of every server-side stream: at most one write in flight, a bounded queue,
// coalescing, Finish() exactly once. BidiStream adds reading; WriteStream is complete.
//
// Threads other than gRPC's own hold a shared_ptr while they call in; the stream also holds itself
// alive until OnDone(). Start*() may be called under our mutex: gRPC dispatches reactions, it does
// not run them inside.

#ifndef COMMON_RPC_SERVER_STREAM_H_
#define COMMON_RPC_SERVER_STREAM_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "absl/time/time.h"
#include <grpcpp/grpcpp.h>

#include "common/rpc/identity.h"
#include "common/rpc/status.h"
#include "common/sync/mutex.h"
#include "common/time/clock.h"

namespace veille::rpc {

struct StreamLimits {
  // Requests being worked on; reading stops there. BidiStream only.
  int max_unsettled = 64;
  // Their bytes, as OnMessage() counts them; one message is always let in.
  std::size_t max_unsettled_bytes = 1 << 20;
  // Responses that wait behind the one in flight.
  std::size_t max_queued_writes = 256;
};

// What a registry of live streams needs to know of one.
class LiveStream {
 public:
  virtual ~LiveStream() = default;
  // Says goodbye and finishes; see the stream's own OnDrain().
  virtual void DrainForShutdown() = 0;
  // Cancels when a write has been in flight since before `deadline`: the peer does not read.
  virtual bool CancelIfStalled(absl::Duration deadline) = 0;
  // Closes with the reason why the peer may not go on, if there is one.
  using Judge = std::function<absl::Status(const Presented& caller)>;
  virtual void CloseIfRefused(const Judge& judge) = 0;
};

template <typename Reactor, typename Response>
class ServerStream : public Reactor,
                     public LiveStream,
                     public std::enable_shared_from_this<ServerStream<Reactor, Response>> {
 public:
  // False when the stream is closing or the queue is full: the caller decides what that means. A
  // queued message may absorb this one (MergeInto), which then always succeeds.
  [[nodiscard]] bool Send(Response message) {
    MutexLock lock(mu_);
    if (phase_ != Phase::kOpen) return false;
    if (!queue_.empty() && MergeInto(queue_.back(), message)) return true;
    if (queue_.size() >= limits_.max_queued_writes) return false;
    queue_.push_back(std::move(message));
    MaybeWrite();
    return true;
  }

  // Sends what is queued, then finishes with `status`.
  void Close(grpc::Status status) {
    MutexLock lock(mu_);
    if (phase_ == Phase::kOpen) BeginFlush(std::move(status));
  }

  // The same with a last message.
  void Drain(Response goodbye, grpc::Status status) {
    MutexLock lock(mu_);
    if (phase_ != Phase::kOpen) return;
    queue_.push_back(std::move(goodbye));
    BeginFlush(std::move(status));
  }

  // Drops what is queued and resets the stream: for a peer that does not read.
  void Cancel() {
    MutexLock lock(mu_);
    if (!closed_) context_->TryCancel();
  }

  bool CancelIfStalled(absl::Duration deadline) final {
    MutexLock lock(mu_);
    if (closed_ || !write_in_flight_ || write_began_ > deadline) return false;
    context_->TryCancel();
    return true;
  }

  void CloseIfRefused(const LiveStream::Judge& judge) final {
    if (absl::Status status = judge(caller_); !status.ok()) Close(ToGrpc(status));
  }

 protected:
  ServerStream(StreamLimits limits, grpc::CallbackServerContext* context)
      : limits_(limits), context_(context), caller_{IdentityOf(*context), BearerOf(*context), ""} {}

  // Lets a queued, not yet started, message absorb a newer one (a cumulative ack). Called under a
  // lock.
  virtual bool MergeInto(Response& /*queued*/, Response& /*newer*/) { return false; }
  // The RPC is over; nothing else will be called.
  virtual void OnClosed() = 0;
  // A write is done, or the stream has begun to end: whoever waits for either may look. Called
  // under the lock.
  virtual void OnMoved() {}

  enum class Phase { kOpen, kFlushing, kFinished };

  void OnWriteDone(bool ok) final {
    MutexLock lock(mu_);
    write_in_flight_ = false;
    if (!ok) return Abort(grpc::Status(grpc::StatusCode::UNAVAILABLE, "write failed"));
    MaybeWrite();
    MaybeFinish();
    OnMoved();
  }

  void OnCancel() final {
    MutexLock lock(mu_);
    Abort(grpc::Status::CANCELLED);
  }

  void OnDone() final {
    {
      // The context goes when this reaction returns; another thread may be in Cancel() now.
      MutexLock lock(mu_);
      closed_ = true;
    }
    OnClosed();
    // The last owner may be this reference: it must go after the lock.
    const std::shared_ptr<ServerStream> self = [this] {
      MutexLock lock(mu_);
      return std::move(self_);
    }();
  }

  void HoldSelf() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { self_ = this->shared_from_this(); }

  void MaybeWrite() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (phase_ == Phase::kFinished || write_in_flight_ || queue_.empty()) return;
    outgoing_ = std::move(queue_.front());
    queue_.pop_front();
    write_in_flight_ = true;
    write_began_ = MonotonicNow();
    this->StartWrite(&outgoing_);
  }

  void BeginFlush(grpc::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    phase_ = Phase::kFlushing;
    final_status_ = std::move(status);
    MaybeWrite();
    MaybeFinish();
    OnMoved();
  }

  void MaybeFinish() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (phase_ != Phase::kFlushing || write_in_flight_ || !queue_.empty()) return;
    phase_ = Phase::kFinished;
    this->Finish(final_status_);
  }

  void Abort(grpc::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (phase_ == Phase::kFinished) return;
    queue_.clear();  // `outgoing_` stays: a write of it may be in flight.
    phase_ = Phase::kFinished;
    this->Finish(std::move(status));
    OnMoved();
  }

  // Whether Send() would queue.
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return queue_.size() < limits_.max_queued_writes;
  }

  Mutex mu_;
  const StreamLimits limits_;
  Phase phase_ ABSL_GUARDED_BY(mu_) = Phase::kOpen;

 private:
  grpc::CallbackServerContext* const context_;  // gRPC's; valid until `closed_`.
  const Presented caller_;
  std::shared_ptr<ServerStream> self_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  bool write_in_flight_ ABSL_GUARDED_BY(mu_) = false;
  absl::Duration write_began_ ABSL_GUARDED_BY(mu_);
  std::deque<Response> queue_ ABSL_GUARDED_BY(mu_);
  Response outgoing_ ABSL_GUARDED_BY(mu_);
  grpc::Status final_status_ ABSL_GUARDED_BY(mu_);
};

// A stream that only sends.
template <typename Response>
class WriteStream : public ServerStream<grpc::ServerWriteReactor<Response>, Response> {
  using Base = ServerStream<grpc::ServerWriteReactor<Response>, Response>;

 public:
  // Call once, after make_shared, before returning the raw pointer to gRPC.
  grpc::ServerWriteReactor<Response>* Start() {
    MutexLock lock(this->mu_);
    this->HoldSelf();
    return this;
  }

  // Sends once there is room: so that a long answer is made at the pace at which it is read, and is
  // never whole in memory. False when the stream is closing, or there is no room for `patience`.
  // Blocks: never on a thread of gRPC's, which are to make the room.
  [[nodiscard]] bool SendWhenRoom(Response message, absl::Duration patience) {
    {
      MutexLock lock(this->mu_);
      const absl::Duration until = MonotonicNow() + patience;
      while (this->phase_ == Base::Phase::kOpen && !this->HasRoom()) {
        const absl::Duration left = until - MonotonicNow();
        if (left <= absl::ZeroDuration()) return false;
        moved_.WaitFor(this->mu_, left);
      }
    }
    return this->Send(std::move(message));
  }

 protected:
  using Base::Base;

 private:
  void OnMoved() final { moved_.NotifyAll(); }

  CondVar moved_;
};

}  // namespace veille::rpc

#endif  // COMMON_RPC_SERVER_STREAM_H_
