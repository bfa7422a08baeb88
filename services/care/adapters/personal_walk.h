// A walk over every place in Redis that can hold something of a person: see keys.h, each key of
// which is either here or says why not.
//
// One thread, one walk. What it meets is handed over with the commands that delete it.

#ifndef SERVICES_CARE_ADAPTERS_PERSONAL_WALK_H_
#define SERVICES_CARE_ADAPTERS_PERSONAL_WALK_H_

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

#include "common/redis/client.h"
#include "common/redis/stream_reader.h"
#include "services/care/app/personal_records.h"
#include "services/domain/vault/vault.h"

namespace veille::care {

using RedisCommand = std::vector<std::string>;

struct Met {
  const char* data_class = "";
  std::string id;
  // Opened; null when its key is gone, and for what is no message.
  const google::protobuf::Message* message = nullptr;
  // Empty: it stands together with what is others', and stays.
  std::vector<RedisCommand> removal;
};

class PersonalWalk {
 public:
  using OnMet = std::function<absl::Status(Met)>;
  PersonalWalk(redis::Client& client, domain::Vault& vault, int partitions,
               const PersonalScope& scope, OnMet on_met);

  absl::Status Run();
  // Only what inboxes hold of these alerts, whoever they are of.
  absl::Status RunInboxesOf(std::set<std::string> alert_ids);

 private:
  // One stored value: what it says, and whether it is the person's.
  enum class Whose { kOthers, kShared, kTheirs };
  using Entry = redis::StreamEntry;
  using OnEntry = std::function<absl::Status(const Entry&)>;

  absl::Status Log();
  absl::Status LogEntry(const Entry& entry);
  absl::StatusOr<Whose> LogValue(const std::string& id, std::string_view value);
  absl::StatusOr<Whose> Batch(const std::string& id, std::string_view value);
  absl::Status Checkpoints();
  absl::Status SharedCheckpoint(const std::string& field, std::string_view value);
  absl::Status Sequences();
  absl::Status Jobs(const char* data_class, const std::string& key, bool is_queue);
  absl::Status Timers();
  absl::Status Prompts();
  absl::Status Quarantine();
  absl::Status Plans();
  absl::Status Duty();
  absl::Status FindAlerts();
  absl::Status Inboxes();
  absl::Status Inbox(const std::string& key);
  absl::Status Watcher(const std::string& caregiver);
  absl::Status Alerts();

  // Opens at `place` into `message`. False when the key is gone or it cannot be read.
  absl::StatusOr<bool> Open(const std::string& place, std::string_view stored,
                            google::protobuf::Message& message);
  absl::StatusOr<Whose> OfFinding(std::string_view stored, google::protobuf::Message& finding);
  absl::StatusOr<Whose> OfJob(std::string_view stored, google::protobuf::Message& job);
  // By the key that a value is sealed with: empty where it is not sealed.
  bool IsSealedForThem(std::string_view stored) const;
  bool IsTheirAlert(const std::string& alert_id) const;
  // The entries of a stream, oldest first.
  absl::Status EachEntry(const std::string& key, const OnEntry& on_entry);
  absl::Status Meet(const char* data_class, std::string id,
                    const google::protobuf::Message* message, std::vector<RedisCommand> removal);

  redis::Client& client_;
  domain::Vault& vault_;
  const int partitions_;
  const PersonalScope& scope_;
  const OnMet on_met_;
  const int partition_;
  const std::string home_name_, patient_name_;
  std::set<std::string> alerts_;  // Ids.
  bool by_alerts_ = false;        // Whose it is does not matter.
};

}  // namespace veille::care

#endif  // SERVICES_CARE_ADAPTERS_PERSONAL_WALK_H_
