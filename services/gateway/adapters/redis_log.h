// The event log on Redis. Two connections, so that urgent never queues behind bulk. Thread safe.

#ifndef SERVICES_GATEWAY_ADAPTERS_REDIS_LOG_H_
#define SERVICES_GATEWAY_ADAPTERS_REDIS_LOG_H_

#include <memory>
#include <string>

#include "absl/time/time.h"

#include "common/redis/client.h"
#include "common/redis/endpoint.h"
#include "services/gateway/app/log_port.h"

namespace veille::gateway {

class RedisLog : public LogPort {
 public:
  struct Options {
    redis::Endpoint endpoint;
    // An append is durable when this many replicas have it, too.
    int wait_replicas = 0;
    absl::Duration command_timeout = absl::Seconds(5);
  };
  explicit RedisLog(const Options& options);

  void Append(hub::v1::Lane lane, int partition, const std::vector<Envelope>& envelopes,
              AppendDone done) override;
  void OpenSource(int partition, const std::string& source_id, const std::string& incarnation,
                  OpenDone done) override;
  void Quarantine(int partition, std::string quarantined_event) override;

  // Shows that a gateway serves. Not waited for.
  void ShowAlive();

  // For questions that are nobody's event path: memory, deployment.
  redis::Client& urgent_client() { return *urgent_; }

 private:
  const int wait_replicas_;
  // `append` with allow-oom before it: the same text, so the lanes cannot differ.
  const std::string urgent_body_;
  const redis::Script urgent_append_;
  std::unique_ptr<redis::Client> urgent_, bulk_;
};

}  // namespace veille::gateway

#endif  // SERVICES_GATEWAY_ADAPTERS_REDIS_LOG_H_
