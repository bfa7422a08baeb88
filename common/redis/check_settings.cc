#include "common/redis/check_settings.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace veille::redis {
namespace {

struct Wanted {
  std::string name;
  std::vector<std::string> values;  // Any of these; the first is what we advise.
  std::string why;
};

std::vector<Wanted> WantedSettings(const SettingsPolicy& policy) {
  Wanted fsync{"appendfsync", {"always"}, "what is acknowledged must be on disk"};
  if (policy.appendfsync == Fsync::kEverySecond) fsync.values = {"everysec", "always"};
  return {
      {"maxmemory-policy", {"noeviction"}, "evicted keys are lost events and alerts"},
      {"appendonly", {"yes"}, "without it a restart loses everything"},
      std::move(fsync),
      {"no-appendfsync-on-rewrite", {"no"}, "else acknowledged events are lost during a rewrite"},
  };
}

// The value of a line "name:value" of INFO.
std::string_view InfoField(std::string_view info, std::string_view name) {
  for (std::size_t at = 0; at < info.size();) {
    const std::size_t end = std::min(info.find("\r\n", at), info.size());
    const std::string_view line = info.substr(at, end - at);
    if (line.size() > name.size() && line.substr(0, name.size()) == name &&
        line[name.size()] == ':') {
      return line.substr(name.size() + 1);
    }
    at = end + 2;
  }
  return {};
}

bool InfoNumber(std::string_view info, std::string_view name, int64_t& value) {
  const std::string_view text = InfoField(info, name);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

absl::Status CheckSettings(Client& client, const SettingsPolicy& policy) {
  std::vector<std::string> faults;
  for (const Wanted& wanted : WantedSettings(policy)) {
    const auto reply = client.CommandSync({"CONFIG", "GET", wanted.name});
    const std::string advice =
        absl::StrFormat("set \"%s %s\" in redis.conf, or now: CONFIG SET %s %s (%s)", wanted.name,
                        wanted.values[0], wanted.name, wanted.values[0], wanted.why);
    if (!reply.ok()) {
      if (absl::IsUnavailable(reply.status()) || absl::IsDeadlineExceeded(reply.status())) {
        return reply.status();
      }
      faults.push_back(absl::StrFormat("%s cannot be read (%s); make sure of it: %s", wanted.name,
                                       std::string(reply.status().message()), advice));
      continue;
    }
    const std::string value((*reply)[1].str());
    bool good = false;
    for (const std::string& accepted : wanted.values) good = good || value == accepted;
    if (!good) faults.push_back(absl::StrFormat("%s is \"%s\": %s", wanted.name, value, advice));
  }
  if (faults.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "redis is not set up to keep what is acknowledged: ", absl::StrJoin(faults, "; ")));
}

absl::StatusOr<ServerInfo> ParseServerInfo(std::string_view info) {
  ServerInfo result;
  result.redis_version = std::string(InfoField(info, "redis_version"));
  result.role = std::string(InfoField(info, "role"));
  if (result.redis_version.empty() || !InfoNumber(info, "used_memory", result.used_memory_bytes) ||
      !InfoNumber(info, "maxmemory", result.maxmemory_bytes)) {
    return absl::InternalError("INFO of redis lacks redis_version, used_memory or maxmemory");
  }
  return result;
}

absl::StatusOr<ServerInfo> ReadServerInfo(Client& client) {
  const auto reply = client.CommandSync({"INFO"});
  if (!reply.ok()) return reply.status();
  return ParseServerInfo(reply->str());
}

}  // namespace veille::redis
