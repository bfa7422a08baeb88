#include "services/notifier/adapters/redis_alert_store.h"

#include <algorithm>
#include <span>
#include <utility>

#include "common/base/status_macros.h"
#include "common/redis/gather.h"
#include "common/redis/pipelined_client.h"
#include "common/redis/stream_reader.h"
#include "common/sync/mutex.h"
#include "services/domain/keys.h"
#include "services/notifier/core/alert_life.h"
#include "services/notifier/core/channels.h"

namespace veille::notifier {

extern const redis::Script kScripts[];
extern const unsigned long kScriptCount;

namespace {

using store::v1::AlertRecord;

// So many timers are moved at once; the rest in the next round.
constexpr char kTimersAtOnce[] = "256";
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

std::string AlertKeyPrefix(int partition) { return domain::AlertKey(partition, ""); }

}  // namespace

// Answers that come on the client's thread, waited for by the caller.
class RedisAlertStore::Answers {
 public:
  explicit Answers(std::size_t count) : missing_(count) {}
  void Take(const absl::StatusOr<redis::Reply>& reply) {
    MutexLock lock(mu_);
    if (!reply.ok()) {
      status_.Update(reply.status());
    } else if (reply->integer() > 0) {
      ++delivered_;
    } else if (reply->integer() < 0) {
      status_.Update(absl::AbortedError("a newer version was delivered"));
    }
    if (--missing_ == 0) changed_.NotifyAll();
  }
  absl::StatusOr<int> Wait() {
    MutexLock lock(mu_);
    while (missing_ > 0) changed_.Wait(mu_);
    if (!status_.ok()) return status_;
    return delivered_;
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::size_t missing_ ABSL_GUARDED_BY(mu_);
  absl::Status status_ ABSL_GUARDED_BY(mu_);
  int delivered_ ABSL_GUARDED_BY(mu_) = 0;
};

RedisAlertStore::RedisAlertStore(const redis::Endpoint& endpoint, int partitions, QuietBudget quiet,
                                 std::shared_ptr<domain::Vault> vault)
    : partitions_(partitions),
      quiet_(quiet),
      vault_(std::move(vault)),
      codec_(partitions, vault_),
      client_(Connect(endpoint)) {}

void RedisAlertStore::TellOfTimers(std::function<void(absl::Time)> listener) {
  MutexLock lock(mu_);
  listener_ = std::move(listener);
}

void RedisAlertStore::TimerSet(absl::Time due) {
  MutexLock lock(mu_);
  if (listener_ != nullptr) listener_(due);
}

absl::Status RedisAlertStore::Drop(int partition, const std::string& entry) {
  return client_->EvalSync(Named("done"), {domain::QueueKey(partition), entry}).status();
}

int RedisAlertStore::PartitionOf(const std::string& alert_id) const {
  return domain::PartitionOf(domain::HomeOfAlert(alert_id), partitions_);
}

absl::StatusOr<Found> RedisAlertStore::Find(const store::v1::Finding& finding) {
  const int partition = domain::PartitionOf(finding.home_id(), partitions_);
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply reply,
      client_->EvalSync(Named("find"), {domain::OpenAlertsKey(partition, finding.home_id()),
                                        finding.patient_id() + "|" + finding.rule_key(),
                                        finding.alert_id(), AlertKeyPrefix(partition)}));
  Found found;
  const std::string& home = finding.home_id();
  VEILLE_ASSIGN_OR_RETURN(found.named, codec_.OpenIfThere(partition, home, reply[0], reply[1]));
  VEILLE_ASSIGN_OR_RETURN(found.open, codec_.OpenIfThere(partition, home, reply[2], reply[3]));
  return found;
}

absl::StatusOr<AlertRecord> RedisAlertStore::Get(const std::string& alert_id) {
  return std::move(GetAll({alert_id}).front());
}

std::vector<absl::StatusOr<AlertRecord>> RedisAlertStore::GetAll(
    const std::vector<std::string>& alert_ids) {
  if (alert_ids.empty()) return {};
  redis::Gather gather(alert_ids.size());
  for (std::size_t i = 0; i < alert_ids.size(); ++i) {
    client_->Command(
        {"HMGET", domain::AlertKey(PartitionOf(alert_ids[i]), alert_ids[i]), "record", "sent"},
        gather.At(i));
  }
  const std::vector<absl::StatusOr<redis::Reply>> replies = gather.Wait();
  std::vector<absl::StatusOr<AlertRecord>> records;
  records.reserve(alert_ids.size());
  for (std::size_t i = 0; i < alert_ids.size(); ++i)
    records.push_back(codec_.OpenRecord(alert_ids[i], replies[i]));
  return records;
}

absl::StatusOr<std::vector<std::string>> RedisAlertStore::Store(const AlertChange& change) {
  VEILLE_ASSIGN_OR_RETURN(std::vector<std::string> args, UpdateArgs(change));
  return Stored(change, client_->EvalSync(Named("update"), std::move(args)));
}

void RedisAlertStore::EvalOr(const char* script, absl::StatusOr<std::vector<std::string>> args,
                             redis::Client::Callback done) {
  if (!args.ok()) return std::move(done)(args.status());
  client_->Eval(Named(script), *std::move(args), std::move(done));
}

std::vector<absl::StatusOr<std::vector<std::string>>> RedisAlertStore::StoreAll(
    const std::vector<AlertChange>& changes) {
  if (changes.empty()) return {};
  redis::Gather gather(changes.size());
  for (std::size_t i = 0; i < changes.size(); ++i)
    EvalOr("update", UpdateArgs(changes[i]), gather.At(i));
  const std::vector<absl::StatusOr<redis::Reply>> answers = gather.Wait();
  std::vector<absl::StatusOr<std::vector<std::string>>> stored;
  stored.reserve(changes.size());
  for (std::size_t i = 0; i < changes.size(); ++i) stored.push_back(Stored(changes[i], answers[i]));
  return stored;
}

std::vector<absl::Status> RedisAlertStore::RaiseAll(const std::vector<NewAlert>& alerts) {
  if (is_cluster_) return AlertStore::RaiseAll(alerts);
  if (alerts.empty()) return {};
  redis::Gather gather(alerts.size());
  for (std::size_t i = 0; i < alerts.size(); ++i)
    EvalOr("raise", RaiseArgs(alerts[i]), gather.At(i));
  const std::vector<absl::StatusOr<redis::Reply>> answers = gather.Wait();
  std::vector<absl::Status> raised;
  raised.reserve(alerts.size());
  for (std::size_t i = 0; i < alerts.size(); ++i) raised.push_back(Raised(alerts[i], answers[i]));
  return raised;
}

absl::StatusOr<std::vector<std::string>> RedisAlertStore::RaiseArgs(const NewAlert& raised) {
  const AlertRecord& record = *raised.record;
  const alert::v1::Alert& alert = record.alert();
  const std::string& caregiver = raised.delivery.caregiver_ids.front();
  const int home = PartitionOf(alert.alert_id());
  const int inbox = domain::CaregiverPartitionOf(caregiver, partitions_);
  const std::string timer = TimerOf(&record);
  const absl::Time due = timer.empty() ? absl::InfiniteFuture() : ToTime(*DueTime(record));
  VEILLE_ASSIGN_OR_RETURN(std::string sealed, codec_.SealRecord(record));
  VEILLE_ASSIGN_OR_RETURN(
      std::string update,
      codec_.SealUpdate(caregiver, alert, raised.delivery.update.SerializeAsString()));
  return std::vector<std::string>{domain::AlertKey(home, alert.alert_id()),
                                  domain::OpenAlertsKey(home, alert.home_id()),
                                  domain::AlertsKey(home, alert.home_id()),
                                  domain::TimersKey(home),
                                  domain::QueueKey(home),
                                  domain::InboxKey(inbox, caregiver),
                                  domain::WatcherKey(inbox, caregiver),
                                  domain::ToldKey(inbox, caregiver),
                                  domain::PendingKey(home),
                                  alert.alert_id(),
                                  std::move(sealed),
                                  alert.patient_id() + "|" + record.rule_key(),
                                  alert.patient_id().empty() ? "-" : alert.patient_id(),
                                  std::to_string(absl::ToUnixMillis(ToTime(alert.create_time()))),
                                  timer,
                                  timer.empty() ? "0" : std::to_string(absl::ToUnixMillis(due)),
                                  raised.done_entry,
                                  std::to_string(raised.delivery.told_version),
                                  std::move(update),
                                  random_.Hex(16),
                                  domain::InboxChannel(inbox),
                                  caregiver,
                                  std::to_string(PendingStep(record))};
}

absl::Status RedisAlertStore::Raised(const NewAlert& alert,
                                     const absl::StatusOr<redis::Reply>& reply) {
  if (reply.ok()) {
    if (const auto* due = DueTime(*alert.record)) TimerSet(ToTime(*due));
    return absl::OkStatus();
  }
  const std::string message(reply.status().message());
  if (message.find("CROSSSLOT") == std::string::npos) return reply.status();
  is_cluster_ = true;
  return absl::UnimplementedError("a cluster: in two steps");
}

absl::StatusOr<std::vector<std::string>> RedisAlertStore::UpdateArgs(const AlertChange& change) {
  const AlertRecord& after = *change.after;
  const alert::v1::Alert& alert = after.alert();
  const int partition = PartitionOf(alert.alert_id());
  const bool closed = alert.handling() == alert::v1::HANDLING_CLOSED;
  const std::string old_timer = TimerOf(change.before);
  const std::string timer = TimerOf(change.after);
  const absl::Time due = timer.empty() ? absl::InfiniteFuture() : ToTime(*DueTime(after));
  VEILLE_ASSIGN_OR_RETURN(std::string record, codec_.SealRecord(after));
  std::vector<std::string> args = {
      domain::AlertKey(partition, alert.alert_id()),
      domain::OpenAlertsKey(partition, alert.home_id()),
      domain::AlertsKey(partition, alert.home_id()),
      domain::TimersKey(partition),
      domain::QueueKey(partition),
      domain::PendingKey(partition),
      alert.alert_id(),
      std::to_string(change.before == nullptr ? 0 : change.before->stored_version()),
      std::to_string(after.stored_version()),
      std::move(record),
      alert.patient_id() + "|" + after.rule_key(),
      IsJoinable(after) ? "1" : "0",
      closed ? "" : (alert.patient_id().empty() ? "-" : alert.patient_id()),
      std::to_string(absl::ToUnixMillis(ToTime(alert.create_time()))),
      old_timer == timer ? "" : old_timer,
      timer,
      timer.empty() ? "0" : std::to_string(absl::ToUnixMillis(due)),
      change.done_entry,
      std::to_string(change.before == nullptr ? 0 : PendingStep(*change.before)),
      std::to_string(PendingStep(after))};
  VEILLE_RETURN_IF_ERROR(codec_.AddJobs(change, args));
  return args;
}

absl::StatusOr<std::vector<std::string>> RedisAlertStore::Stored(
    const AlertChange& change, const absl::StatusOr<redis::Reply>& reply) {
  if (!reply.ok()) return reply.status();
  if (const auto* due = DueTime(*change.after)) TimerSet(ToTime(*due));
  for (const store::v1::Send& send : change.sends) TimerSet(DueTime(send));
  std::vector<std::string> entries;
  entries.reserve(reply->size());
  for (const redis::ReplyView entry : reply->elements()) entries.emplace_back(entry.str());
  return entries;
}

absl::Status RedisAlertStore::Done(const std::string& home_id, const std::string& entry) {
  return client_
      ->EvalSync(Named("done"),
                 {domain::QueueKey(domain::PartitionOf(home_id, partitions_)), entry})
      .status();
}

void RedisAlertStore::DoneSoon(const std::string& home_id, const std::string& entry) {
  client_->Eval(Named("done"), {domain::QueueKey(domain::PartitionOf(home_id, partitions_)), entry},
                [](const absl::StatusOr<redis::Reply>&) {});
}

void RedisAlertStore::SentSoon(const std::string& alert_id, const std::string& entry,
                               uint64_t version, absl::Time now) {
  const int partition = PartitionOf(alert_id);
  client_->Eval(Named("sent"),
                {domain::QueueKey(partition), domain::AlertKey(partition, alert_id), entry,
                 std::to_string(version) + ":" + std::to_string(absl::ToUnixMillis(now))},
                [](const absl::StatusOr<redis::Reply>&) {});
}

absl::StatusOr<std::set<std::string>> RedisAlertStore::CountCalls(
    const std::vector<std::string>& caregiver_ids, const std::string& alert_id, uint64_t version,
    absl::Time now) {
  std::set<std::string> quiet;
  if (quiet_.window <= absl::ZeroDuration()) return quiet;
  redis::Gather gather(caregiver_ids.size());
  for (std::size_t i = 0; i < caregiver_ids.size(); ++i) {
    const std::string& id = caregiver_ids[i];
    client_->Eval(Named("calls"),
                  {domain::WatcherKey(domain::CaregiverPartitionOf(id, partitions_), id), alert_id,
                   std::to_string(version), std::to_string(quiet_.calls),
                   std::to_string(absl::ToInt64Milliseconds(quiet_.window)),
                   std::to_string(absl::ToUnixMillis(now))},
                  gather.At(i));
  }
  const auto replies = gather.Wait();
  for (std::size_t i = 0; i < replies.size(); ++i) {
    VEILLE_RETURN_IF_ERROR(replies[i].status());
    if (replies[i]->integer() == 1) quiet.insert(caregiver_ids[i]);
  }
  return quiet;
}

absl::StatusOr<int> RedisAlertStore::Deliver(const std::vector<std::string>& caregiver_ids,
                                             const alert::v1::Update& update,
                                             uint64_t told_version) {
  return StartDeliver(caregiver_ids, update, told_version)->Wait();
}

std::vector<absl::StatusOr<int>> RedisAlertStore::DeliverAll(
    const std::vector<InboxDelivery>& deliveries) {
  std::vector<std::shared_ptr<Answers>> answers;
  answers.reserve(deliveries.size());
  for (const InboxDelivery& delivery : deliveries)
    answers.push_back(StartDeliver(delivery.caregiver_ids, delivery.update, delivery.told_version));
  std::vector<absl::StatusOr<int>> reached;
  reached.reserve(deliveries.size());
  for (const auto& answer : answers) reached.push_back(answer->Wait());
  return reached;
}

std::shared_ptr<RedisAlertStore::Answers> RedisAlertStore::StartDeliver(
    const std::vector<std::string>& caregiver_ids, const alert::v1::Update& update,
    uint64_t told_version) {
  // Shared, since the last answer may still be on its way out of Take() when Wait() returns.
  const auto answers = std::make_shared<Answers>(caregiver_ids.size());
  const alert::v1::Alert& alert = update.alert();
  const std::string bytes = update.SerializeAsString();
  for (const std::string& id : caregiver_ids) {
    absl::StatusOr<std::string> sealed = codec_.SealUpdate(id, alert, bytes);
    if (!sealed.ok()) {
      answers->Take(sealed.status());
      continue;
    }
    const int partition = domain::CaregiverPartitionOf(id, partitions_);
    client_->Eval(Named("deliver"),
                  {domain::InboxKey(partition, id), domain::WatcherKey(partition, id),
                   domain::ToldKey(partition, id), alert.alert_id(),
                   std::to_string(alert.version()), std::to_string(told_version),
                   update.reason() == alert::v1::Update::REASON_CHANGED ? "0" : "1",
                   *std::move(sealed), random_.Hex(16), domain::InboxChannel(partition), id},
                  [answers](const absl::StatusOr<redis::Reply>& reply) { answers->Take(reply); });
  }
  return answers;
}

absl::Status RedisAlertStore::Enqueue(const store::v1::Finding& finding) {
  const int partition = domain::PartitionOf(finding.home_id(), partitions_);
  VEILLE_ASSIGN_OR_RETURN(std::string sealed, codec_.SealFinding(finding));
  return client_->EvalSync(Named("enqueue"), {domain::QueueKey(partition), std::move(sealed)})
      .status();
}

absl::StatusOr<bool> RedisAlertStore::Lease(const std::string& home_id, const std::string& entry,
                                            const store::v1::Job& job, absl::Time due) {
  const int partition = domain::PartitionOf(home_id, partitions_);
  VEILLE_ASSIGN_OR_RETURN(std::string waiting, codec_.WriteJob(job));
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply reply,
      client_->EvalSync(Named("lease"),
                        {domain::QueueKey(partition), domain::TimersKey(partition), entry,
                         std::move(waiting), std::to_string(absl::ToUnixMillis(due))}));
  TimerSet(due);
  return reply.integer() == 1;
}

absl::Status RedisAlertStore::ReplaceTimer(const std::string& home_id,
                                           const store::v1::Job& waiting,
                                           const store::v1::Job* next, absl::Time due) {
  const int partition = domain::PartitionOf(home_id, partitions_);
  VEILLE_ASSIGN_OR_RETURN(std::string stands, codec_.WriteJob(waiting));
  std::string comes;
  if (next != nullptr) {
    VEILLE_ASSIGN_OR_RETURN(comes, codec_.WriteJob(*next));
  }
  VEILLE_RETURN_IF_ERROR(
      client_
          ->EvalSync(Named("replace"),
                     {domain::TimersKey(partition), std::move(stands), std::move(comes),
                      std::to_string(next != nullptr ? absl::ToUnixMillis(due) : 0)})
          .status());
  if (next != nullptr) TimerSet(due);
  return absl::OkStatus();
}

absl::StatusOr<bool> RedisAlertStore::IsGone(const std::string& caregiver_id,
                                             const std::string& address) {
  const int partition = domain::CaregiverPartitionOf(caregiver_id, partitions_);
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply reply,
      client_->CommandSync({"SISMEMBER", domain::GoneKey(partition, caregiver_id), address}));
  return reply.integer() == 1;
}

absl::Status RedisAlertStore::SetGone(const std::string& caregiver_id, const std::string& address) {
  const int partition = domain::CaregiverPartitionOf(caregiver_id, partitions_);
  return client_->CommandSync({"SADD", domain::GoneKey(partition, caregiver_id), address}).status();
}

void RedisAlertStore::NoteAddressSoon(const std::string& caregiver_id, const std::string& address,
                                      bool works) {
  const int partition = domain::CaregiverPartitionOf(caregiver_id, partitions_);
  client_->Command({works ? "SREM" : "SADD", domain::FailedKey(partition, caregiver_id), address},
                   [](const absl::StatusOr<redis::Reply>&) {});
}

absl::Status RedisAlertStore::MakeGroup(int partition) {
  return client_->EvalSync(Named("group"), {domain::QueueKey(partition)}).status();
}

absl::StatusOr<std::vector<AlertRecord>> RedisAlertStore::OpenAlerts(const std::string& home_id) {
  const int partition = domain::PartitionOf(home_id, partitions_);
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply reply,
      client_->EvalSync(Named("open"),
                        {domain::OpenAlertsKey(partition, home_id), AlertKeyPrefix(partition)}));
  return codec_.OpenAll(partition, home_id, reply);
}

absl::StatusOr<std::vector<AlertRecord>> RedisAlertStore::Alerts(
    const std::string& home_id, const std::optional<ListPosition>& position, int limit) {
  const int partition = domain::PartitionOf(home_id, partitions_);
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply reply,
      client_->EvalSync(Named("list"), {domain::AlertsKey(partition, home_id),
                                        position ? std::to_string(position->create_ms) : "",
                                        position ? position->alert_id : "", std::to_string(limit),
                                        AlertKeyPrefix(partition)}));
  return codec_.OpenAll(partition, home_id, reply);
}

absl::StatusOr<store::v1::CircleState> RedisAlertStore::GetCircle(const std::string& home_id) {
  const int partition = domain::PartitionOf(home_id, partitions_);
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply reply,
      client_->CommandSync({"HGET", domain::CircleKey(partition, home_id), "state"}));
  store::v1::CircleState state;
  if (reply.IsNil()) return state;
  const absl::StatusOr<std::string> bytes =
      vault_->Open(domain::CircleKey(partition, home_id), reply.str());
  if (absl::IsNotFound(bytes.status())) return state;  // Erased.
  if (!bytes.ok() && !absl::IsDataLoss(bytes.status())) return bytes.status();
  if (!bytes.ok() || !state.ParseFromString(*bytes) || state.format() != 1)
    return absl::DataLossError("a home's duty cannot be read; restore it from a backup");
  return state;
}

absl::Status RedisAlertStore::PutCircle(const std::string& home_id, uint64_t before,
                                        const store::v1::CircleState& state) {
  const std::string key = domain::CircleKey(domain::PartitionOf(home_id, partitions_), home_id);
  VEILLE_ASSIGN_OR_RETURN(std::string sealed,
                          vault_->Seal({home_id}, key, state.SerializeAsString()));
  return client_
      ->EvalSync(Named("circle"), {key, std::to_string(before),
                                   std::to_string(state.stored_version()), std::move(sealed)})
      .status();
}

absl::StatusOr<InboxPosition> RedisAlertStore::Position(const std::string& caregiver_id,
                                                        uint64_t sequence) {
  const int partition = domain::CaregiverPartitionOf(caregiver_id, partitions_);
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply reply,
      client_->EvalSync(Named("position"), {domain::InboxKey(partition, caregiver_id),
                                            domain::WatcherKey(partition, caregiver_id),
                                            random_.Hex(16), std::to_string(sequence)}));
  return InboxPosition{std::string(reply[0].str()), static_cast<uint64_t>(reply[1].integer()),
                       static_cast<uint64_t>(reply[2].integer()), std::string(reply[3].str())};
}

absl::StatusOr<std::vector<InboxEntry>> RedisAlertStore::Inbox(const std::string& caregiver_id,
                                                               uint64_t sequence, int limit) {
  const int partition = domain::CaregiverPartitionOf(caregiver_id, partitions_);
  VEILLE_ASSIGN_OR_RETURN(redis::Reply reply,
                          client_->CommandSync({"XRANGE", domain::InboxKey(partition, caregiver_id),
                                                std::to_string(sequence + 1) + "-0", "+", "COUNT",
                                                std::to_string(limit)}));
  VEILLE_ASSIGN_OR_RETURN(const redis::StreamBatch batch,
                          redis::StreamBatch::FromXrange(std::move(reply)));
  std::vector<InboxEntry> entries;
  entries.reserve(batch.entries().size());
  for (const redis::StreamEntry& entry : batch.entries())
    entries.push_back({entry.id.ms, std::string(entry.Field("u"))});
  return entries;
}

absl::Status RedisAlertStore::Renew(const std::string& caregiver_id,
                                    const std::string& incarnation) {
  const int partition = domain::CaregiverPartitionOf(caregiver_id, partitions_);
  return client_
      ->EvalSync(Named("renew"),
                 {domain::WatcherKey(partition, caregiver_id), incarnation, random_.Hex(16)})
      .status();
}

absl::StatusOr<std::vector<absl::Time>> RedisAlertStore::NextTimers() {
  redis::Gather answers(static_cast<std::size_t>(partitions_));
  for (int partition = 0; partition < partitions_; ++partition) {
    client_->Command({"ZRANGE", domain::TimersKey(partition), "0", "0", "WITHSCORES"},
                     answers.At(static_cast<std::size_t>(partition)));
  }
  std::vector<absl::Time> next;
  next.reserve(static_cast<std::size_t>(partitions_));
  for (const absl::StatusOr<redis::Reply>& reply : answers.Wait()) {
    VEILLE_RETURN_IF_ERROR(reply.status());
    next.push_back(reply->size() == 2 ? absl::FromUnixMillis((*reply)[1].AsInteger().value_or(0))
                                      : absl::InfiniteFuture());
  }
  return next;
}

// Together: one after the other each would wait for the disk by itself, and what comes due
// meanwhile for all of them.
absl::StatusOr<absl::Time> RedisAlertStore::MoveDue(const std::vector<int>& partitions,
                                                    absl::Time now) {
  redis::Gather answers(partitions.size());
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    client_->Eval(Named("due"),
                  {domain::TimersKey(partitions[i]), domain::QueueKey(partitions[i]),
                   std::to_string(absl::ToUnixMillis(now)), kTimersAtOnce},
                  answers.At(i));
  }
  absl::Time next = absl::InfiniteFuture();
  for (const absl::StatusOr<redis::Reply>& reply : answers.Wait()) {
    VEILLE_RETURN_IF_ERROR(reply.status());
    const int64_t ms = (*reply)[1].integer();
    if (ms >= 0) next = std::min(next, absl::FromUnixMillis(ms));
  }
  return next;
}

absl::StatusOr<int64_t> RedisAlertStore::CountAttempt(int partition, const std::string& entry,
                                                      int by) {
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply reply,
                          client_->EvalSync(Named("attempt"), {domain::AttemptsKey(partition),
                                                               entry, std::to_string(by)}));
  return reply.integer();
}

absl::StatusOr<bool> RedisAlertStore::Bury(int partition, const std::string& entry,
                                           const std::vector<std::string>& fields) {
  std::vector<std::string> args = {domain::QueueKey(partition), domain::DeadLettersKey(partition),
                                   domain::AttemptsKey(partition), entry};
  args.insert(args.end(), fields.begin(), fields.end());
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply reply,
                          client_->EvalSync(Named("bury"), std::move(args)));
  return reply.integer() == 1;
}

}  // namespace veille::notifier
