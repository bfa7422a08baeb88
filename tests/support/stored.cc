#include "tests/support/stored.h"

#include <functional>
#include <map>

#include "common/base/check.h"

namespace veille::testing {

std::vector<std::string> StoredIn(redis::Client& client) {
  const std::map<std::string, std::vector<std::string>> readers = {
      {"string", {"GET"}},
      {"hash", {"HGETALL"}},
      {"set", {"SMEMBERS"}},
      {"zset", {"ZRANGE", "0", "-1"}},
      {"stream", {"XRANGE", "-", "+"}}};
  std::vector<std::string> stored;
  const std::function<void(const redis::ReplyView&)> take = [&](const redis::ReplyView& reply) {
    if (!reply.IsArray()) stored.emplace_back(reply.str());
    for (const redis::ReplyView element : reply.elements()) take(element);
  };
  const auto keys = client.CommandSync({"KEYS", "*"});
  VEILLE_CHECK(keys.ok());
  for (const redis::ReplyView key : keys->elements()) {
    const std::string name(key.str());
    stored.push_back(name);
    const auto type = client.CommandSync({"TYPE", name});
    // A key of a moment, gone since.
    const auto reader = readers.find(std::string(type->str()));
    if (reader == readers.end()) continue;
    std::vector<std::string> command = reader->second;
    command.insert(command.begin() + 1, name);
    const auto values = client.CommandSync(std::move(command));
    VEILLE_CHECK(values.ok());
    take(*values);
  }
  return stored;
}

}  // namespace veille::testing
