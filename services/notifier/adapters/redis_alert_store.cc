#include "services/notifier/adapters/redis_alert_store.h"

#include <span>
#include <utility>

#include "common/base/status_macros.h"
#include "common/redis/pipelined_client.h"
#include "services/domain/keys.h"

namespace veille::notifier {

extern const redis::Script kScripts[];
extern const unsigned long kScriptCount;

namespace {

using store::v1::AlertRecord;

// So many timers are moved at once; the rest in the next round.
constexpr char kTimersAtOnce[] = "256";
// A listing looks at so many newest ids of a partition, which it shares with other homes.
constexpr int kListed = 2000;

const redis::Script& Named(const char* name) {
  return redis::FindScript(std::span(kScripts, kScriptCount), name);
}

std::unique_ptr<redis::Client> Connect(const redis::Endpoint& endpoint) {
  redis::PipelinedClient::Options options;
  options.endpoint = endpoint;
  options.scripts = {kScripts, kScripts + kScriptCount};
  options.name = "notifier";
  return std::make_unique<redis::PipelinedClient>(std::move(options));
}

absl::StatusOr<AlertRecord> ParseRecord(std::string_view bytes) {
  AlertRecord record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || record.format() != 1)
    return absl::DataLossError("an alert cannot be read; restore it from a backup");
  return record;
}

std::string AlertKeyPrefix(int partition) { return domain::AlertKey(partition, ""); }

// The timer of the record's next step, as it stands in the sorted set: the job itself.
std::string TimerOf(const AlertRecord* record) {
  if (record == nullptr || !record->has_next_step_time()) return "";
  store::v1::Job job;
  job.set_format(1);
  job.set_alert_id(record->alert().alert_id());
  job.mutable_escalate()->set_step(record->alert().step() + 1);
  job.mutable_escalate()->set_round(record->round());
  return job.SerializeAsString();
}

absl::Time ToTime(const google::protobuf::Timestamp& stamp) {
  return absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
}

}  // namespace

RedisAlertStore::RedisAlertStore(const redis::Endpoint& endpoint, int partitions,
                                 std::function<void(int, absl::Time)> on_timer)
    : partitions_(partitions), on_timer_(std::move(on_timer)), client_(Connect(endpoint)) {}

int RedisAlertStore::PartitionOf(const std::string& alert_id) const {
  return domain::PartitionOf(domain::HomeOfAlert(alert_id), partitions_);
}

absl::StatusOr<std::optional<AlertRecord>> RedisAlertStore::Find(
    const store::v1::Finding& finding) {
  const int partition = domain::PartitionOf(finding.home_id(), partitions_);
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply reply,
      client_->EvalSync(Named("find"), {domain::OpenAlertsKey(partition),
                                        finding.patient_id() + "|" + finding.rule_key(),
                                        finding.alert_id(), AlertKeyPrefix(partition)}));
  if (reply.size() < 2) return std::optional<AlertRecord>();
  VEILLE_ASSIGN_OR_RETURN(AlertRecord record, ParseRecord(reply[1].str()));
  return std::optional<AlertRecord>(std::move(record));
}

absl::StatusOr<AlertRecord> RedisAlertStore::Get(const std::string& alert_id) {
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply reply,
      client_->CommandSync({"HGET", domain::AlertKey(PartitionOf(alert_id), alert_id), "record"}));
  if (reply.IsNil()) return absl::NotFoundError("there is no such alert");
  return ParseRecord(reply.str());
}

absl::Status RedisAlertStore::Store(const AlertChange& change) {
  const AlertRecord& after = *change.after;
  const alert::v1::Alert& alert = after.alert();
  const int partition = PartitionOf(alert.alert_id());
  const bool closed = alert.handling() == alert::v1::HANDLING_CLOSED;
  const bool joinable =
      !closed && (after.latching() || alert.condition() == alert::v1::CONDITION_ACTIVE);
  const std::string old_timer = TimerOf(change.before);
  const std::string timer = TimerOf(change.after);
  const absl::Time due = ToTime(after.next_step_time());
  std::vector<std::string> args = {
      domain::AlertKey(partition, alert.alert_id()),
      domain::OpenAlertsKey(partition),
      domain::AlertsKey(partition),
      domain::TimersKey(partition),
      domain::QueueKey(partition),
      alert.alert_id(),
      std::to_string(change.before == nullptr ? 0 : change.before->stored_version()),
      std::to_string(after.stored_version()),
      after.SerializeAsString(),
      alert.patient_id() + "|" + after.rule_key(),
      joinable ? "1" : "0",
      closed ? "" : (alert.patient_id().empty() ? "-" : alert.patient_id()),
      std::to_string(absl::ToUnixMillis(ToTime(alert.create_time()))),
      old_timer == timer ? "" : old_timer,
      timer,
      timer.empty() ? "0" : std::to_string(absl::ToUnixMillis(due)),
      change.done_entry};
  for (const store::v1::Tell& tell : change.tells) {
    store::v1::Job job;
    job.set_format(1);
    job.set_alert_id(alert.alert_id());
    *job.mutable_tell() = tell;
    args.push_back(job.SerializeAsString());
  }
  VEILLE_RETURN_IF_ERROR(client_->EvalSync(Named("update"), std::move(args)).status());
  if (!timer.empty()) on_timer_(partition, due);
  return absl::OkStatus();
}

absl::Status RedisAlertStore::Done(const std::string& home_id, const std::string& entry) {
  return client_
      ->EvalSync(Named("done"),
                 {domain::QueueKey(domain::PartitionOf(home_id, partitions_)), entry})
      .status();
}

absl::Status RedisAlertStore::Deliver(const std::string& caregiver_id,
                                      const alert::v1::Update& update) {
  const int partition = domain::CaregiverPartitionOf(caregiver_id, partitions_);
  const alert::v1::Alert& alert = update.alert();
  return client_
      ->EvalSync(Named("deliver"), {domain::InboxKey(partition, caregiver_id),
                                    domain::WatcherKey(partition, caregiver_id), alert.alert_id(),
                                    std::to_string(alert.version()), std::to_string(update.step()),
                                    update.SerializeAsString(), random_.Hex(16),
                                    alert.handling() == alert::v1::HANDLING_CLOSED ? "1" : "0"})
      .status();
}

absl::Status RedisAlertStore::Enqueue(const store::v1::Finding& finding) {
  const int partition = domain::PartitionOf(finding.home_id(), partitions_);
  return client_
      ->EvalSync(Named("enqueue"), {domain::QueueKey(partition), finding.SerializeAsString()})
      .status();
}

absl::Status RedisAlertStore::MakeGroup(int partition) {
  return client_->EvalSync(Named("group"), {domain::QueueKey(partition)}).status();
}

absl::StatusOr<std::vector<AlertRecord>> RedisAlertStore::Read(
    int partition, const std::vector<std::string>& ids) {
  // Asked in one go; a caregiver's open alerts are few.
  std::vector<AlertRecord> records;
  for (const std::string& id : ids) {
    VEILLE_ASSIGN_OR_RETURN(
        const redis::Reply reply,
        client_->CommandSync({"HGET", domain::AlertKey(partition, id), "record"}));
    if (reply.IsNil()) continue;
    VEILLE_ASSIGN_OR_RETURN(AlertRecord record, ParseRecord(reply.str()));
    records.push_back(std::move(record));
  }
  return records;
}

absl::StatusOr<std::vector<AlertRecord>> RedisAlertStore::OpenAlerts(const std::string& home_id) {
  const int partition = domain::PartitionOf(home_id, partitions_);
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply fields,
                          client_->CommandSync({"HKEYS", domain::OpenAlertsKey(partition)}));
  std::vector<std::string> ids;
  for (const redis::ReplyView field : fields.elements()) {
    const std::string name(field.str());
    if (!name.empty() && name[0] == '#' && domain::HomeOfAlert(name.substr(1)) == home_id)
      ids.push_back(name.substr(1));
  }
  return Read(partition, ids);
}

absl::StatusOr<std::vector<AlertRecord>> RedisAlertStore::Alerts(const std::string& home_id,
                                                                 absl::Time before, int limit) {
  const int partition = domain::PartitionOf(home_id, partitions_);
  const std::string most =
      before == absl::InfiniteFuture() ? "+inf" : "(" + std::to_string(absl::ToUnixMillis(before));
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply reply,
      client_->CommandSync({"ZREVRANGEBYSCORE", domain::AlertsKey(partition), most, "-inf", "LIMIT",
                            "0", std::to_string(kListed)}));
  std::vector<std::string> ids;
  for (const redis::ReplyView id : reply.elements()) {
    if (static_cast<int>(ids.size()) == limit) break;
    if (domain::HomeOfAlert(id.str()) == home_id) ids.emplace_back(id.str());
  }
  return Read(partition, ids);
}

absl::StatusOr<InboxPosition> RedisAlertStore::Position(const std::string& caregiver_id) {
  const int partition = domain::CaregiverPartitionOf(caregiver_id, partitions_);
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply reply,
      client_->EvalSync(Named("position"),
                        {domain::InboxKey(partition, caregiver_id),
                         domain::WatcherKey(partition, caregiver_id), random_.Hex(16)}));
  return InboxPosition{std::string(reply[0].str()), static_cast<uint64_t>(reply[1].integer()),
                       static_cast<uint64_t>(reply[2].integer())};
}

absl::StatusOr<absl::Time> RedisAlertStore::MoveDue(int partition, absl::Time now) {
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply reply,
      client_->EvalSync(Named("due"), {domain::TimersKey(partition), domain::QueueKey(partition),
                                       std::to_string(absl::ToUnixMillis(now)), kTimersAtOnce}));
  const int64_t next = reply[1].integer();
  return next < 0 ? absl::InfiniteFuture() : absl::FromUnixMillis(next);
}

}  // namespace veille::notifier
