// Limits of callers, as the configuration has them, with defaults where it is silent.

#ifndef SERVICES_DOMAIN_LIMITS_H_
#define SERVICES_DOMAIN_LIMITS_H_

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "veille/config/v1/limits.pb.h"

#include "common/base/token_bucket.h"
#include "common/metrics/metrics.h"
#include "common/rpc/server.h"

namespace veille::domain {

inline Rate RateOr(const config::v1::Rate& said, Rate other) {
  return {said.per_second() > 0 ? said.per_second() : other.per_second,
          said.burst() > 0 ? said.burst() : other.burst};
}

inline std::size_t ServerMemory(const config::v1::Limits& limits) {
  constexpr std::size_t kDefault = 256 << 20;
  return limits.server_memory_bytes() > 0 ? limits.server_memory_bytes() : kDefault;
}

inline int ConnectionStreams(const config::v1::Limits& limits) {
  constexpr int kDefault = 1000;
  return limits.connection_streams() > 0 ? static_cast<int>(limits.connection_streams()) : kDefault;
}

// What every server of callers is started with. `always`: methods that get through in whatever
// haste.
inline void Limit(const config::v1::Limits& limits, std::set<std::string, std::less<>> always,
                  metrics::Registry& metrics, rpc::Server::Options& server) {
  server.memory_quota_bytes = ServerMemory(limits);
  server.max_concurrent_streams = ConnectionStreams(limits);
  rpc::CallLimits::Options calls;
  calls.rate = RateOr(limits.caller_calls(), {50, 500});
  calls.always = std::move(always);
  server.limits = std::make_shared<rpc::CallLimits>(std::move(calls), metrics);
}

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_LIMITS_H_
