// The client's end of a stream: the same rules as on the server. At most one read and one write in
// flight, a bounded queue, one OnClosed() with the final status.
//
//   class Up : public BidiClientStream<ConnectRequest, ConnectResponse> { … };
//   auto up = std::make_shared<Up>(limits);
//   up->Start([&](auto* context, auto* reactor) { stub.async()->Connect(context, reactor); });
//
// One object is one attempt: to reconnect, wait (common/retry/backoff.h) and make another. The
// object holds itself alive from Start() to OnClosed(); threads that call in hold a shared_ptr. The
// stub's channel must live until then.

#ifndef COMMON_RPC_CLIENT_STREAM_H_
#define COMMON_RPC_CLIENT_STREAM_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>

#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "common/sync/mutex.h"

namespace veille::rpc {

// The receiving half, common to both kinds.
template <typename Reactor, typename Response>
class ClientStream : public Reactor,
                     public std::enable_shared_from_this<ClientStream<Reactor, Response>> {
 public:
  // Before Start(). Without a deadline the stream may last for ever.
  void SetDeadline(absl::Duration span) { context_.set_deadline(DeadlineAfter(span)); }
  void AddMetadata(const std::string& key, const std::string& value) {
    context_.AddMetadata(key, value);
  }

  // Ends the stream as soon as possible; OnClosed() then says CANCELLED. From any thread, always.
  void Cancel() { context_.TryCancel(); }

 protected:
  ClientStream() = default;

  // One message at a time, in order, without locks held; the next is read when this returns. May
  // move out of `message`. Must not block for long: gRPC's threads are few.
  virtual void OnMessage(Response& message) = 0;
  // The stream is over; nothing else will be called.
  virtual void OnClosed(const absl::Status& status) = 0;

  // Arms the first read and dials. The hold lets other threads start writes until reading ends.
  void Dial() {
    {
      MutexLock lock(mu_);
      self_ = this->shared_from_this();
      open_ = true;
    }
    this->AddHold();
    this->StartRead(&incoming_);
    this->StartCall();
  }

  void OnReadDone(bool ok) final {
    if (ok) {
      OnMessage(incoming_);
      this->StartRead(&incoming_);
      return;
    }
    {
      // From here on no other thread starts anything, so that the hold may go.
      MutexLock lock(mu_);
      open_ = false;
    }
    this->RemoveHold();
  }

  void OnDone(const grpc::Status& status) final {
    OnClosed(FromGrpc(status));
    // The last owner may be this reference: it must go after the lock.
    const std::shared_ptr<ClientStream> self = [this] {
      MutexLock lock(mu_);
      return std::move(self_);
    }();
  }

  grpc::ClientContext context_;
  Mutex mu_;
  bool open_ ABSL_GUARDED_BY(mu_) = false;

 private:
  // Touched only by gRPC while a read is in flight, and by OnReadDone().
  Response incoming_;
  std::shared_ptr<ClientStream> self_ ABSL_GUARDED_BY(mu_);
};

template <typename Request, typename Response>
class BidiClientStream : public ClientStream<grpc::ClientBidiReactor<Request, Response>, Response> {
 public:
  // `dial(context, reactor)` calls the stub. Call once, after make_shared.
  template <typename Dialer>
  void Start(Dialer dial) {
    dial(&this->context_, static_cast<grpc::ClientBidiReactor<Request, Response>*>(this));
    this->Dial();
  }

  // False when the stream is over, closed for sending, or the queue is full. After "full", OnRoom()
  // comes when half of the queue has gone.
  [[nodiscard]] bool Send(Request message) {
    MutexLock lock(this->mu_);
    if (!this->open_ || last_sent_) return false;
    if (queue_.size() >= max_queued_writes_) {
      refused_ = true;
      return false;
    }
    queue_.push_back(std::move(message));
    MaybeWrite();
    return true;
  }

  // No more from us, once what is queued has gone. The server may go on.
  void CloseSending() {
    MutexLock lock(this->mu_);
    last_sent_ = true;
    MaybeWrite();
  }

 protected:
  explicit BidiClientStream(std::size_t max_queued_writes = 256)
      : max_queued_writes_(max_queued_writes) {}

  // There is room again after a Send() that was refused. Without locks held; may Send().
  virtual void OnRoom() {}

 private:
  void OnWriteDone(bool ok) final {
    {
      MutexLock lock(this->mu_);
      write_in_flight_ = false;
      // A failed write means that the stream is ending: OnClosed() will tell why.
      if (!ok) {
        last_sent_ = writes_done_ = true;
        queue_.clear();
      }
      MaybeWrite();
      if (!refused_ || last_sent_ || queue_.size() > max_queued_writes_ / 2) return;
      refused_ = false;
    }
    OnRoom();
  }

  void MaybeWrite() ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mu_) {
    if (!this->open_ || write_in_flight_) return;
    if (queue_.empty()) {
      if (last_sent_ && !writes_done_) {
        writes_done_ = true;
        this->StartWritesDone();
      }
      return;
    }
    outgoing_ = std::move(queue_.front());
    queue_.pop_front();
    write_in_flight_ = true;
    this->StartWrite(&outgoing_);
  }

  const std::size_t max_queued_writes_;
  bool write_in_flight_ ABSL_GUARDED_BY(this->mu_) = false;
  bool last_sent_ ABSL_GUARDED_BY(this->mu_) = false;
  bool writes_done_ ABSL_GUARDED_BY(this->mu_) = false;
  bool refused_ ABSL_GUARDED_BY(this->mu_) = false;
  std::deque<Request> queue_ ABSL_GUARDED_BY(this->mu_);
  Request outgoing_ ABSL_GUARDED_BY(this->mu_);
};

// A stream that only receives.
template <typename Request, typename Response>
class ReadClientStream : public ClientStream<grpc::ClientReadReactor<Response>, Response> {
 public:
  // `dial(context, request, reactor)` calls the stub. Call once, after make_shared.
  template <typename Dialer>
  void Start(Request request, Dialer dial) {
    request_ = std::move(request);
    dial(&this->context_, &request_, static_cast<grpc::ClientReadReactor<Response>*>(this));
    this->Dial();
  }

 private:
  Request request_;
};

}  // namespace veille::rpc

#endif  // COMMON_RPC_CLIENT_STREAM_H_
