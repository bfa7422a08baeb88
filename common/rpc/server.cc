#include "common/rpc/server.h"

#include <algorithm>
#include <utility>

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include "common/base/status_macros.h"
#include "common/log/log.h"
#include "common/rpc/deadline.h"
#include "common/rpc/plain_calls.h"
#include "common/time/clock.h"

namespace veille::rpc {
namespace {

constexpr char kReadiness[] = "readiness";
// Who is denied is closed within 5 s: of that, a second here and one until the list is read.
constexpr absl::Duration kSweep = absl::Seconds(1);
// A peer is who it was when it connected: so that renewed certificates are seen, new calls go on a
// new connection now and then. Streams that are open stay.
constexpr absl::Duration kTlsConnectionAge = absl::Hours(1);

void Configure(const Server::Options& options, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(options.max_receive_bytes);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Hubs ping each 30 s so that their router keeps the connection: that is no abuse.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  absl::Duration age = options.max_connection_age;
  if (age == absl::ZeroDuration() && options.tls.any()) age = kTlsConnectionAge;
  if (age > absl::ZeroDuration()) {
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                               static_cast<int>(absl::ToInt64Milliseconds(age)));
  }
  if (options.memory_quota_bytes > 0)
    builder.SetResourceQuota(grpc::ResourceQuota("veille").Resize(options.memory_quota_bytes));
  if (options.max_concurrent_streams > 0)
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_concurrent_streams);
  if (options.small_windows) {
    builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 65'536);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options,
                                                      const std::vector<grpc::Service*>& services,
                                                      StreamRegistry& streams) {
  std::shared_ptr<const PeerGate> gate;
  if (options.tls.any()) {
    VEILLE_ASSIGN_OR_RETURN(std::string trust_domain, TrustDomainOf(options.tls.certificate_file));
    gate = std::make_shared<PeerGate>(PeerGate::Rules{std::move(trust_domain), options.peer_kind,
                                                      options.strangers, options.denials,
                                                      options.limits, options.policy});
  }
  VEILLE_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ServerCredentials> credentials,
                          rpc::ServerCredentials(options.tls, options.strangers, gate));
  static const bool plugins = [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  static_cast<void>(plugins);

  grpc::ServerBuilder builder;
  Configure(options, builder);
  std::unique_ptr<Server> server(new Server(options, streams));
  server->gate_ = std::move(gate);
  builder.AddListeningPort(options.address, credentials, &server->port_);
  for (grpc::Service* service : services) builder.RegisterService(service);
  if (server->gate_ == nullptr && options.limits != nullptr)
    builder.SetContextAllocator(MakeCountedContexts(options.limits));
  server->server_ = builder.BuildAndStart();
  const bool unix_socket = options.address.rfind("unix:", 0) == 0;
  if (server->server_ == nullptr || (server->port_ == 0 && !unix_socket)) {
    return absl::UnavailableError("cannot listen on " + options.address +
                                  ": is another process there, or the address not ours?");
  }
  server->sweeper_ = Worker("stall-sweep", [raw = server.get()] { raw->SweepUntilStopped(); });
  return server;
}

Server::~Server() { Stop(); }

void Server::SetReady(bool ready) {
  ready_ = ready;
  server_->GetHealthCheckService()->SetServingStatus(kReadiness, ready);
}

void Server::SweepUntilStopped() {
  MutexLock lock(mu_);
  while (!stopped_) {
    stopping_.WaitFor(mu_, std::min(options_.write_stall_timeout / 4, kSweep));
    if (stopped_) return;
    if (gate_ != nullptr) {
      streams_.CloseRefused([this](const Presented& caller) { return gate_->Retain(caller); });
    }
    const int cancelled = streams_.CancelStalled(MonotonicNow(), options_.write_stall_timeout);
    if (cancelled > 0)
      VEILLE_LOG(kWarning, "cancelled streams whose peer does not read")
          .Field("streams", cancelled);
  }
}

void Server::Stop() {
  {
    MutexLock lock(mu_);
    if (stopped_ || server_ == nullptr) return;
    stopped_ = true;
    stopping_.NotifyAll();
    SetReady(false);
  }
  sweeper_.Join();
  Pause(options_.drain_delay);
  DrainStreams();
  // An open health Watch would hold Shutdown() until its deadline.
  server_->GetHealthCheckService()->Shutdown();
  server_->Shutdown(DeadlineAfter(options_.shutdown_timeout));
}

void Server::DrainStreams() {
  // A pause after every hundredth part keeps the waits long enough to be worth a sleep.
  constexpr std::size_t kParts = 100;
  const std::vector<std::shared_ptr<LiveStream>> streams = streams_.BeginDrain();
  const std::size_t part = streams.size() / kParts + 1;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    streams[i]->DrainForShutdown();
    if (i % part == part - 1)
      Pause(options_.drain_spread * static_cast<double>(part) /
            static_cast<double>(streams.size()));
  }
}

void Server::Pause(absl::Duration span) {
  const absl::Duration end = MonotonicNow() + span;
  MutexLock lock(mu_);
  for (absl::Duration now = MonotonicNow(); now < end; now = MonotonicNow())
    stopping_.WaitFor(mu_, end - now);
}

}  // namespace veille::rpc
