#include "services/notifier/adapters/redis_upkeep_store.h"

#include <span>

#include "common/base/status_macros.h"
#include "common/redis/script.h"
#include "services/domain/keys.h"

namespace veille::notifier {

extern const redis::Script kScripts[];
extern const unsigned long kScriptCount;

RedisUpkeepStore::RedisUpkeepStore(redis::Client& client, int partitions, std::string instance)
    : client_(client),
      partitions_(partitions),
      home_(domain::PartitionOf(domain::kOperatorHome, partitions)),
      instance_(std::move(instance)) {}

absl::StatusOr<bool> RedisUpkeepStore::Hold(absl::Duration real) {
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply reply,
      client_.EvalSync(redis::FindScript(std::span(kScripts, kScriptCount), "hold"),
                       {domain::UpkeepHolderKey(home_), instance_,
                        std::to_string(absl::ToInt64Milliseconds(real))}));
  return reply.integer() == 1;
}

absl::StatusOr<store::v1::UpkeepState> RedisUpkeepStore::LoadUpkeep() {
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply reply,
                          client_.CommandSync({"GET", domain::UpkeepKey(home_)}));
  store::v1::UpkeepState state;
  // What cannot be read is told anew.
  if (reply.IsNil() || !state.ParseFromString(std::string(reply.str())) || state.format() != 1)
    return store::v1::UpkeepState();
  return state;
}

absl::Status RedisUpkeepStore::SaveUpkeep(const store::v1::UpkeepState& state) {
  store::v1::UpkeepState stored = state;
  stored.set_format(1);
  return client_.CommandSync({"SET", domain::UpkeepKey(home_), stored.SerializeAsString()})
      .status();
}

}  // namespace veille::notifier
