#include "services/care/adapters/redis_aged_records.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"

#include "veille/store/v1/registry.pb.h"

#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/redis/pipelined_client.h"
#include "common/redis/stream_reader.h"
#include "services/care/adapters/personal_walk.h"
#include "services/domain/keys.h"
#include "services/domain/record_codec.h"

namespace veille::care {
namespace {

using redis::Reply;

// Alerts of a home at a time; the next look goes on.
constexpr char kAlertsAtOnce[] = "1000";
// Of a partition's hash tag, see keys.cc.
constexpr std::size_t kTagDigits = 3;

std::unique_ptr<redis::Client> Connect(const redis::Endpoint& endpoint) {
  redis::PipelinedClient::Options options;
  options.endpoint = endpoint;
  options.name = "retention";
  return std::make_unique<redis::PipelinedClient>(std::move(options));
}

}  // namespace

RedisAgedRecords::RedisAgedRecords(Options options)
    : options_(std::move(options)), client_(Connect(options_.endpoint)) {}

absl::StatusOr<uint64_t> RedisAgedRecords::DeleteOlder(const std::string& data_class,
                                                       absl::Duration age, absl::Time now) {
  if (data_class == "quarantine") return TrimStreams(&domain::QuarantineKey, age);
  if (data_class == "dead_letters") return TrimStreams(&domain::DeadLettersKey, age);
  if (data_class == "prompts") return TrimStreams(&domain::PromptsKey, age);
  if (data_class == "alerts") return DeleteAlerts(now - age);
  if (data_class == "plans") return DeletePlans(now - age);
  return absl::InvalidArgumentError("no age ends the class '" + data_class + "'");
}

absl::StatusOr<uint64_t> RedisAgedRecords::TrimStreams(std::string (*key)(int),
                                                       absl::Duration age) {
  VEILLE_ASSIGN_OR_RETURN(const Reply time, client_->CommandSync({"TIME"}));
  const int64_t oldest = time[0].AsInteger().value_or(0) * 1000 - absl::ToInt64Milliseconds(age);
  if (oldest <= 0) return 0;
  uint64_t deleted = 0;
  for (int partition = 0; partition < options_.partitions; ++partition) {
    VEILLE_ASSIGN_OR_RETURN(
        const Reply trimmed,
        client_->CommandSync({"XTRIM", key(partition), "MINID", std::to_string(oldest) + "-0"}));
    deleted += static_cast<uint64_t>(trimmed.integer());
  }
  return deleted;
}

// One look at all keys, whatever the number of partitions.
absl::Status RedisAgedRecords::EachKey(const std::string& of_first, const OnKey& on_key) {
  const std::size_t tag = of_first.find("{p") + 2;
  const std::string before = of_first.substr(0, tag), behind = of_first.substr(tag + kTagDigits);
  std::string cursor = "0";
  do {
    VEILLE_ASSIGN_OR_RETURN(const Reply page,
                            client_->CommandSync({"SCAN", cursor, "MATCH",
                                                  before + "???" + behind + "*", "COUNT", "1000"}));
    cursor = std::string(page[0].str());
    for (const redis::ReplyView element : page[1].elements()) {
      const std::string key(element.str());
      int partition = 0;
      if (!absl::SimpleAtoi(key.substr(tag, kTagDigits), &partition)) continue;
      VEILLE_RETURN_IF_ERROR(on_key(partition, key, key.substr(of_first.size())));
    }
  } while (cursor != "0");
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> RedisAgedRecords::DeleteAlerts(absl::Time before) {
  uint64_t count = 0;
  std::set<std::string> deleted;
  VEILLE_RETURN_IF_ERROR(
      EachKey(domain::AlertsKey(0, ""),
              [&](int partition, const std::string&, const std::string& home_id) -> absl::Status {
                VEILLE_ASSIGN_OR_RETURN(const uint64_t of_home,
                                        DeleteAlertsOf(partition, home_id, before, deleted));
                count += of_home;
                return absl::OkStatus();
              }));
  if (deleted.empty()) return count;
  const PersonalScope nobody;
  PersonalWalk walk(*client_, *options_.vault, options_.partitions, nobody,
                    [&](const Met& met) -> absl::Status {
                      ++count;
                      for (const RedisCommand& command : met.removal)
                        VEILLE_RETURN_IF_ERROR(client_->CommandSync(command).status());
                      return absl::OkStatus();
                    });
  VEILLE_RETURN_IF_ERROR(walk.RunInboxesOf(std::move(deleted)));
  return count;
}

absl::StatusOr<uint64_t> RedisAgedRecords::DeleteAlertsOf(int partition, const std::string& home_id,
                                                          absl::Time before,
                                                          std::set<std::string>& deleted) {
  const std::string by_time = domain::AlertsKey(partition, home_id);
  VEILLE_ASSIGN_OR_RETURN(const Reply ids,
                          client_->CommandSync({"ZRANGEBYSCORE", by_time, "-inf",
                                                "(" + std::to_string(absl::ToUnixMillis(before)),
                                                "LIMIT", "0", kAlertsAtOnce}));
  uint64_t count = 0;
  for (const redis::ReplyView element : ids.elements()) {
    const std::string id(element.str());
    VEILLE_ASSIGN_OR_RETURN(
        const Reply open,
        client_->CommandSync({"HEXISTS", domain::OpenAlertsKey(partition, home_id), "#" + id}));
    if (open.integer() != 0) continue;
    VEILLE_RETURN_IF_ERROR(client_->CommandSync({"DEL", domain::AlertKey(partition, id)}).status());
    VEILLE_RETURN_IF_ERROR(client_->CommandSync({"ZREM", by_time, id}).status());
    deleted.insert(id);
    ++count;
  }
  return count;
}

absl::StatusOr<uint64_t> RedisAgedRecords::DeletePlans(absl::Time before) {
  uint64_t count = 0;
  VEILLE_RETURN_IF_ERROR(EachKey(
      domain::HomePlansKey(0, ""),
      [&](int, const std::string& key, const std::string& home_id) -> absl::Status {
        VEILLE_ASSIGN_OR_RETURN(const uint64_t of_home, DeletePlansOf(key, home_id, before));
        count += of_home;
        return absl::OkStatus();
      }));
  return count;
}

absl::StatusOr<uint64_t> RedisAgedRecords::DeletePlansOf(const std::string& key,
                                                         const std::string& home_id,
                                                         absl::Time before) {
  VEILLE_ASSIGN_OR_RETURN(Reply reply, client_->CommandSync({"XREVRANGE", key, "+", "-"}));
  VEILLE_ASSIGN_OR_RETURN(const redis::StreamBatch batch,
                          redis::StreamBatch::FromXrange(std::move(reply)));
  std::set<std::string> has_newest;
  std::vector<std::string> old = {"XDEL", key};
  for (const redis::StreamEntry& entry : batch.entries()) {
    store::v1::StoredPlan plan;
    const absl::Status read =
        domain::DecodeRecord(*options_.vault, {"plan", home_id}, entry.Field("v"), plan);
    if (!read.ok()) continue;  // An erasure is under way, or it is damaged: not ours to judge.
    if (has_newest.insert(plan.patient_id()).second || ToTime(plan.time()) >= before) continue;
    old.push_back(entry.id.ToString());
  }
  if (old.size() == 2) return 0;
  VEILLE_ASSIGN_OR_RETURN(const Reply deleted, client_->CommandSync(std::move(old)));
  return static_cast<uint64_t>(deleted.integer());
}

}  // namespace veille::care
