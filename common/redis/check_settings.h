// Says at start whether a Redis is set up so that nothing acknowledged can be lost, and how full it
// is. Settings that cannot be read (a managed Redis that forbids CONFIG) are named as such.
#ifndef COMMON_REDIS_CHECK_SETTINGS_H_
#define COMMON_REDIS_CHECK_SETTINGS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/redis/client.h"

namespace veille::redis {

enum class Fsync { kAlways, kEverySecond };

struct SettingsPolicy {
  Fsync appendfsync = Fsync::kAlways;  // kEverySecond accepts both.
};

// FAILED_PRECONDITION that lists everything that is wrong, each with the command that mends it;
// the client's own error when Redis cannot be asked. Blocks the caller.
absl::Status CheckSettings(Client& client, const SettingsPolicy& policy);

struct ServerInfo {
  std::string redis_version{};
  std::string role{};  // "master" or "slave", as Redis says it.
  int64_t used_memory_bytes = 0;
  int64_t maxmemory_bytes = 0;  // 0: no limit.

  // 0 without a limit.
  double memory_fraction() const {
    return maxmemory_bytes <= 0
               ? 0
               : static_cast<double>(used_memory_bytes) / static_cast<double>(maxmemory_bytes);
  }
};

// What INFO says. Blocks the caller.
absl::StatusOr<ServerInfo> ReadServerInfo(Client& client);
// The same from the text of an INFO reply, for callers that ask with Command().
absl::StatusOr<ServerInfo> ParseServerInfo(std::string_view info);

}  // namespace veille::redis

#endif  // COMMON_REDIS_CHECK_SETTINGS_H_
