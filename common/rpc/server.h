// A gRPC server of ours: health, reflection, limits, keepalive for homes behind NAT, an orderly
// stop.

#ifndef COMMON_RPC_SERVER_H_
#define COMMON_RPC_SERVER_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "common/rpc/credentials.h"
#include "common/rpc/peer_gate.h"
#include "common/rpc/stream_registry.h"
#include "common/sync/worker.h"

namespace grpc {
class Server;
class Service;
}  // namespace grpc

namespace veille::rpc {

class Server {
 public:
  struct Options {
    std::string address;  // "0.0.0.0:7443", "127.0.0.1:0" or "unix:/path".
    TlsFiles tls;
    // With TLS: who may call; see PeerGate::Rules.
    std::string peer_kind;
    bool strangers = false;
    std::shared_ptr<const DenialList> denials;
    // How often each caller may call: with TLS for all services, without for those that ask (see
    // plain_calls.h). Null: not counted.
    std::shared_ptr<CallLimits> limits;
    std::shared_ptr<const CallPolicy> policy;
    int max_receive_bytes = 1 << 20;
    // Smaller HTTP/2 look-ahead: a stalled hub then holds about 130 KiB instead of megabytes.
    bool small_windows = false;
    // A peer that does not read for this long is cancelled.
    absl::Duration write_stall_timeout = absl::Seconds(30);
    // From "not ready" to the first goodbye, so that load balancers look elsewhere first.
    absl::Duration drain_delay = absl::ZeroDuration();
    // Over how long the goodbyes are spread, so that the hubs do not all come back at once.
    absl::Duration drain_spread = absl::ZeroDuration();
    absl::Duration shutdown_timeout = absl::Seconds(3);
    // Asks connections to move after about this long (gRPC adds 10 % of jitter), so that they even
    // out over replicas. Zero: never, with TLS each hour.
    absl::Duration max_connection_age = absl::ZeroDuration();
    // Buffers of all connections together; beyond, gRPC reads less and drops idle connections.
    // Zero: no limit.
    std::size_t memory_quota_bytes = 0;
    // Calls and streams that one connection may have open: who opens and resets them in haste gets
    // no further than that. Zero: gRPC's own choice, which is none.
    int max_concurrent_streams = 0;
  };

  // Starts to serve. UNAVAILABLE when the address is taken. `streams` holds the live streams of the
  // services; both outlive the server. Health: "" at once, "readiness" after SetReady(true).
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Options& options,
                                                       const std::vector<grpc::Service*>& services,
                                                       StreamRegistry& streams);
  ~Server();

  void SetReady(bool ready);
  // What SetReady() said last; false once it stops.
  bool ready() const { return ready_; }
  // The port that was taken; 0 for a unix socket.
  int port() const { return port_; }
  // Not ready, wait, say goodbye to every stream, shut down. Bounded; idempotent.
  void Stop();

 private:
  Server(const Options& options, StreamRegistry& streams) : options_(options), streams_(streams) {}
  void SweepUntilStopped();
  void DrainStreams();
  void Pause(absl::Duration span);

  const Options options_;
  std::shared_ptr<const PeerGate> gate_;  // Null without TLS.
  StreamRegistry& streams_;
  int port_ = 0;
  std::atomic<bool> ready_{false};
  std::unique_ptr<grpc::Server> server_;
  Mutex mu_;
  CondVar stopping_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  Worker sweeper_;
};

}  // namespace veille::rpc

#endif  // COMMON_RPC_SERVER_H_
