// A server-side bidirectional stream with bounded memory in both directions.
//
// Reading stops when `max_unsettled` messages, or their bytes, are being worked on, so a slow
// consumer slows the peer down through HTTP/2 flow control. See server_stream.h for sending and for
// lifetimes.

#ifndef COMMON_RPC_BIDI_STREAM_H_
#define COMMON_RPC_BIDI_STREAM_H_

#include <cstddef>
#include <utility>

#include "common/rpc/server_stream.h"

namespace veille::rpc {

template <typename Request, typename Response>
class BidiStream : public ServerStream<grpc::ServerBidiReactor<Request, Response>, Response> {
  using Base = ServerStream<grpc::ServerBidiReactor<Request, Response>, Response>;
  using Phase = typename Base::Phase;

 public:
  // Takes the self-reference and arms the first read. Call once, after make_shared, before
  // returning the raw pointer to gRPC.
  grpc::ServerBidiReactor<Request, Response>* Start() {
    MutexLock lock(this->mu_);
    this->HoldSelf();
    MaybeRead();
    return this;
  }

  // `messages` given to OnMessage(), of `bytes` together, have been dealt with: the window widens.
  void Settle(int messages, std::size_t bytes) {
    MutexLock lock(this->mu_);
    unsettled_ -= messages;
    unsettled_bytes_ -= bytes;
    MaybeRead();
    MaybeFlushAfterPeerDone();
  }

 protected:
  using Base::Base;

  // One message at a time, in order, without locks held. Must not block. May move out of `message`.
  // Returns the bytes that the message holds until Settle(1, those bytes) is called, which is owed
  // for every call, from any thread.
  virtual std::size_t OnMessage(Request& message) = 0;

 private:
  void OnReadDone(bool ok) final {
    if (ok) {
      {
        // Counted before the consumer can settle it from another thread.
        MutexLock lock(this->mu_);
        ++unsettled_;
      }
      const std::size_t bytes = OnMessage(incoming_);
      MutexLock lock(this->mu_);
      unsettled_bytes_ += bytes;
      read_in_flight_ = false;
      MaybeRead();
      return;
    }
    MutexLock lock(this->mu_);
    read_in_flight_ = false;
    peer_done_ = true;
    MaybeFlushAfterPeerDone();
  }

  void MaybeRead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mu_) {
    if (this->phase_ != Phase::kOpen || peer_done_ || read_in_flight_) return;
    // Signed: a message may be settled before its bytes are counted.
    if (unsettled_ >= this->limits_.max_unsettled) return;
    if (unsettled_ > 0 && static_cast<std::ptrdiff_t>(unsettled_bytes_) >=
                              static_cast<std::ptrdiff_t>(this->limits_.max_unsettled_bytes)) {
      return;
    }
    read_in_flight_ = true;
    this->StartRead(&incoming_);
  }

  void MaybeFlushAfterPeerDone() ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mu_) {
    if (this->phase_ == Phase::kOpen && peer_done_ && unsettled_ == 0)
      this->BeginFlush(grpc::Status::OK);
  }

  // Touched only by gRPC while a read is in flight, and by OnReadDone().
  Request incoming_;
  bool read_in_flight_ ABSL_GUARDED_BY(this->mu_) = false;
  bool peer_done_ ABSL_GUARDED_BY(this->mu_) = false;
  int unsettled_ ABSL_GUARDED_BY(this->mu_) = 0;
  std::size_t unsettled_bytes_ ABSL_GUARDED_BY(this->mu_) = 0;
};

}  // namespace veille::rpc

#endif  // COMMON_RPC_BIDI_STREAM_H_
