// Limits of callers, as the configuration has them, with defaults where it is silent.

#ifndef SERVICES_DOMAIN_LIMITS_H_
#define SERVICES_DOMAIN_LIMITS_H_

#include "veille/config/v1/limits.pb.h"

#include "common/limit/token_bucket.h"

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
  constexpr int kDefault = 100;
  return limits.connection_streams() > 0 ? static_cast<int>(limits.connection_streams()) : kDefault;
}

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_LIMITS_H_
