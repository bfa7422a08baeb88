// What the gateway does with what sources say, without gRPC: who may speak, in what order, what is
// appended, what is answered. One Session per open stream.
//
// Thread safe: gRPC calls in from its threads, the log's answers come on Redis'.

#ifndef SERVICES_GATEWAY_APP_INTAKE_H_
#define SERVICES_GATEWAY_APP_INTAKE_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "veille/hub/v1/hub_gateway_service.pb.h"

#include "common/metrics/metrics.h"
#include "common/sync/mutex.h"
#include "common/time/clock.h"
#include "services/domain/live_registry.h"
#include "services/domain/vault/vault.h"
#include "services/gateway/app/appender.h"
#include "services/gateway/app/prompt_desk.h"
#include "services/gateway/app/wire.h"
#include "services/gateway/core/batch.h"

namespace veille::gateway {

class Session;

// What a session says to its stream. Implemented by the gRPC edge; called from any thread.
class SessionPeer : public PromptPeer {
 public:
  virtual void SendWelcome(hub::v1::Welcome welcome) = 0;
  virtual void SendAck(hub::v1::Ack ack) = 0;
  // One message has been dealt with.
  virtual void Settle(std::size_t bytes) = 0;
  virtual void Close(const absl::Status& status) = 0;
};

struct IntakeLimits {
  int max_unacked_batches = 64;
  std::size_t max_source_bytes = 1 << 20;
  std::size_t max_total_bytes = 256 << 20;
  absl::Duration heartbeat_interval = absl::Seconds(60);
};

class Intake {
 public:
  Intake(domain::LiveRegistry registry, int partitions, std::shared_ptr<const Clock> clock,
         LogPort& log, PromptDesk& prompts, IntakeLimits limits, metrics::Registry& metrics,
         std::shared_ptr<domain::Vault> vault = domain::Vault::InTheClear());

  // A new stream. `proved_id` is the id that mutual TLS has proved, empty without TLS.
  std::shared_ptr<Session> Open(std::weak_ptr<SessionPeer> peer, std::string proved_id);

  // The unary way. `done` gets the answer when it is durable.
  using SendDone = std::function<void(absl::StatusOr<hub::v1::SendEventsResponse>)>;
  void SendEvents(hub::v1::SendEventsRequest request, const std::string& proved_id, SendDone done);

  // About ten times a second: repeats failed appends.
  void Pulse();
  // Bulk is held back, with the cause, while it is not empty: memory or disk run out. When it goes
  // on, the streams whose batches were given back are closed, and the hubs send again.
  void HoldBulk(const std::string& cause);

 private:
  friend class Session;
  class UnaryAccounts;
  struct UnaryCall;

  struct Metrics {
    explicit Metrics(metrics::Registry& registry);
    metrics::Counter &batches, &events, &duplicates, &refused, &quarantined, &redated, &unknown,
        &unknown_kinds;
    metrics::Gauge &sessions, &waiting_bytes, &bulk_held;
    metrics::Histogram& append_seconds;
  };

  // UNAVAILABLE when what waits for Redis leaves no room. Urgent batches have some of their own.
  absl::Status MakeRoom(hub::v1::Lane lane) const;
  // OK, and the home, when the source may speak.
  absl::StatusOr<std::shared_ptr<const care::v1::Home>> Admit(const std::string& source_id,
                                                              const std::string& proved_id) const;
  // The session that speaks for a source now; the one before is closed.
  void Take(const std::string& source_id, const std::shared_ptr<Session>& session);
  void Drop(const std::string& source_id, const Session* session);
  Appender& appender(hub::v1::Lane lane) {
    return lane == hub::v1::LANE_URGENT ? *urgent_ : *bulk_;
  }
  std::size_t waiting_bytes() const;
  void AppendUnary(const std::shared_ptr<UnaryCall>& call);
  void Count(const PreparedBatch& prepared);
  void QuarantineAll(const std::string& home_id, const std::string& source_id,
                     const std::string& incarnation, absl::Time receive_time,
                     std::vector<PreparedBatch::Refused>& refused);
  // A serialized envelope whose events are encrypted with the home's key.
  absl::StatusOr<std::string> SealBatch(EnvelopeHead head, std::string_view events);
  absl::Status Refusal(Verdict verdict, uint64_t sequence);

  const domain::LiveRegistry registry_;
  const int partitions_;
  const std::shared_ptr<const Clock> clock_;
  LogPort& log_;
  PromptDesk& prompts_;
  const IntakeLimits limits_;
  const std::shared_ptr<domain::Vault> vault_;
  Metrics metrics_;
  const std::shared_ptr<Appender> urgent_, bulk_;
  // Shared with the calls, which the log's last answers may outlive.
  const std::shared_ptr<UnaryAccounts> unary_;
  Mutex mu_;
  std::map<std::string, std::weak_ptr<Session>> speaking_ ABSL_GUARDED_BY(mu_);
};

}  // namespace veille::gateway

#endif  // SERVICES_GATEWAY_APP_INTAKE_H_
