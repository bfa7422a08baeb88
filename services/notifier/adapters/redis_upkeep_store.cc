#include "services/notifier/adapters/redis_upkeep_store.h"

#include <span>

#include "common/base/status_macros.h"
#include "common/redis/gather.h"
#include "common/redis/script.h"
#include "services/domain/keys.h"

namespace veille::notifier {

extern const redis::Script kScripts[];
extern const unsigned long kScriptCount;

namespace {

const redis::Script& Named(const char* name) {
  return redis::FindScript(std::span(kScripts, kScriptCount), name);
}

}  // namespace

RedisUpkeepStore::RedisUpkeepStore(redis::Client& client, int partitions, std::string instance)
    : client_(client),
      partitions_(partitions),
      home_(domain::PartitionOf(domain::kOperatorHome, partitions)),
      instance_(std::move(instance)) {}

absl::StatusOr<bool> RedisUpkeepStore::Hold(absl::Duration real) {
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply reply,
      client_.EvalSync(Named("hold"), {domain::UpkeepHolderKey(home_), instance_,
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
  return client_.EvalSync(Named("keep"), {domain::UpkeepKey(home_), stored.SerializeAsString()})
      .status();
}

absl::StatusOr<std::vector<redis::Reply>> RedisUpkeepStore::ForEachPartition(
    const std::function<std::vector<std::string>(int)>& command) {
  redis::Gather gather(static_cast<std::size_t>(partitions_));
  for (int partition = 0; partition < partitions_; ++partition)
    client_.Command(command(partition), gather.At(static_cast<std::size_t>(partition)));
  std::vector<redis::Reply> replies;
  replies.reserve(static_cast<std::size_t>(partitions_));
  for (absl::StatusOr<redis::Reply>& reply : gather.Wait()) {
    VEILLE_RETURN_IF_ERROR(reply.status());
    replies.push_back(*std::move(reply));
  }
  return replies;
}

absl::StatusOr<UpkeepStore::Owners> RedisUpkeepStore::PartitionOwners() {
  VEILLE_ASSIGN_OR_RETURN(const std::vector<redis::Reply> leases,
                          ForEachPartition([](int partition) -> std::vector<std::string> {
                            return {"HGET", domain::LeaseKey(partition), "kept_ms"};
                          }));
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply time, client_.CommandSync({"TIME"}));
  Owners owners;
  owners.now = absl::FromUnixSeconds(time[0].AsInteger().value_or(0)) +
               absl::Microseconds(time[1].AsInteger().value_or(0));
  owners.kept.reserve(leases.size());
  for (const redis::Reply& kept : leases) {
    owners.kept.push_back(kept.IsNil() ? absl::InfinitePast()
                                       : absl::FromUnixMillis(kept.AsInteger().value_or(0)));
  }
  return owners;
}

absl::StatusOr<UpkeepStore::Reach> RedisUpkeepStore::ReachOf(const std::string& caregiver_id) {
  const int partition = domain::CaregiverPartitionOf(caregiver_id, partitions_);
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply reply,
      client_.EvalSync(Named("reach"), {domain::WatcherKey(partition, caregiver_id),
                                        domain::GoneKey(partition, caregiver_id),
                                        domain::FailedKey(partition, caregiver_id)}));
  Reach reach;
  reach.unseen = absl::Seconds(reply[0].AsInteger().value_or(0));
  for (std::size_t i = 1; i < reply.size(); ++i) reach.failed.emplace(reply[i].str());
  return reach;
}

absl::StatusOr<UpkeepStore::Backlog> RedisUpkeepStore::CountBacklog() {
  Backlog backlog;
  VEILLE_ASSIGN_OR_RETURN(const std::vector<redis::Reply> pending,
                          ForEachPartition([](int partition) -> std::vector<std::string> {
                            return {"HGETALL", domain::PendingKey(partition)};
                          }));
  for (const redis::Reply& steps : pending) {
    for (std::size_t i = 0; i + 1 < steps.size(); i += 2) {
      backlog.pending[static_cast<int>(steps[i].AsInteger().value_or(0))] +=
          steps[i + 1].AsInteger().value_or(0);
    }
  }
  VEILLE_ASSIGN_OR_RETURN(const std::vector<redis::Reply> dead,
                          ForEachPartition([](int partition) -> std::vector<std::string> {
                            return {"XLEN", domain::DeadLettersKey(partition)};
                          }));
  for (const redis::Reply& letters : dead) backlog.dead_letters += letters.integer();
  return backlog;
}

}  // namespace veille::notifier
