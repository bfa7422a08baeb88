#include "services/care/adapters/personal_walk.h"

#include <algorithm>
#include <utility>

#include "veille/alert/v1/alert_service.pb.h"
#include "veille/event/v1/event.pb.h"
#include "veille/store/v1/checkpoint.pb.h"
#include "veille/store/v1/finding.pb.h"
#include "veille/store/v1/log.pb.h"
#include "veille/store/v1/notification.pb.h"
#include "veille/store/v1/prompt.pb.h"
#include "veille/store/v1/registry.pb.h"

#include "common/base/status_macros.h"
#include "services/domain/keys.h"
#include "services/domain/vault/places.h"
#include "services/domain/vault/sealed_value.h"

namespace veille::care {
namespace {

using google::protobuf::Message;
using redis::Reply;

constexpr char kPage[] = "200";

bool Names(const v1::Home& home, const std::string& patient_id) {
  return std::any_of(
      home.patients().begin(), home.patients().end(),
      [&](const v1::Patient& patient) { return patient.patient_id() == patient_id; });
}

bool Parse(std::string_view bytes, Message& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

bool StartsWith(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

}  // namespace

PersonalWalk::PersonalWalk(redis::Client& client, domain::Vault& vault, int partitions,
                           const PersonalScope& scope, OnMet on_met)
    : client_(client),
      vault_(vault),
      partitions_(partitions),
      scope_(scope),
      on_met_(std::move(on_met)),
      partition_(domain::PartitionOf(scope.home_id, partitions)),
      home_name_(domain::NameOf({scope.home_id})),
      patient_name_(domain::NameOf({scope.home_id, scope.patient_id})) {}

// The registry's own values are the desk's: it takes the person out of them first. Alerts come
// last, since they say which other values are theirs: a walk that was broken off finds those again.
absl::Status PersonalWalk::Run() {
  VEILLE_RETURN_IF_ERROR(FindAlerts());
  VEILLE_RETURN_IF_ERROR(Plans());
  VEILLE_RETURN_IF_ERROR(Log());
  VEILLE_RETURN_IF_ERROR(Checkpoints());
  VEILLE_RETURN_IF_ERROR(Sequences());
  VEILLE_RETURN_IF_ERROR(Jobs("queue", domain::QueueKey(partition_), true));
  VEILLE_RETURN_IF_ERROR(Timers());
  VEILLE_RETURN_IF_ERROR(Prompts());
  VEILLE_RETURN_IF_ERROR(Quarantine());
  VEILLE_RETURN_IF_ERROR(Jobs("dead_letter", domain::DeadLettersKey(partition_), false));
  VEILLE_RETURN_IF_ERROR(Duty());
  VEILLE_RETURN_IF_ERROR(Inboxes());
  return Alerts();
}

absl::Status PersonalWalk::RunInboxesOf(std::set<std::string> alert_ids) {
  alerts_ = std::move(alert_ids);
  by_alerts_ = true;
  return Inboxes();
}

absl::Status PersonalWalk::Meet(const char* data_class, std::string id, const Message* message,
                                std::vector<RedisCommand> removal) {
  return on_met_({data_class, std::move(id), message, std::move(removal)});
}

bool PersonalWalk::IsSealedForThem(std::string_view stored) const {
  const std::string_view name = domain::SealedFor(stored);
  if (name.empty()) return false;
  if (name == patient_name_) return true;
  // People who lived there before, too: nobody is left to whom it could matter.
  return scope_.whole_home && (name == home_name_ || StartsWith(name, "p/" + scope_.home_id + "/"));
}

bool PersonalWalk::IsTheirAlert(const std::string& alert_id) const {
  if (scope_.whole_home && domain::HomeOfAlert(alert_id) == scope_.home_id) return true;
  return alerts_.count(alert_id) > 0;
}

absl::StatusOr<bool> PersonalWalk::Open(const std::string& place, std::string_view stored,
                                        Message& message) {
  std::string room;
  const absl::StatusOr<std::string_view> bytes = vault_.Open(place, stored, room);
  if (absl::IsNotFound(bytes.status()) || absl::IsDataLoss(bytes.status())) return false;
  if (!bytes.ok()) return bytes.status();
  return Parse(*bytes, message);
}

absl::Status PersonalWalk::EachEntry(const std::string& key, const OnEntry& on_entry) {
  std::string from = "-";
  while (true) {
    VEILLE_ASSIGN_OR_RETURN(Reply reply,
                            client_.CommandSync({"XRANGE", key, from, "+", "COUNT", kPage}));
    VEILLE_ASSIGN_OR_RETURN(const redis::StreamBatch batch,
                            redis::StreamBatch::FromXrange(std::move(reply)));
    if (batch.entries().empty()) return absl::OkStatus();
    for (const Entry& entry : batch.entries()) VEILLE_RETURN_IF_ERROR(on_entry(entry));
    from = "(" + batch.last_id().ToString();
  }
}

absl::Status PersonalWalk::FindAlerts() {
  VEILLE_ASSIGN_OR_RETURN(
      const Reply ids,
      client_.CommandSync({"ZRANGE", domain::AlertsKey(partition_, scope_.home_id), "0", "-1"}));
  for (const redis::ReplyView id : ids.elements()) {
    const std::string alert_id(id.str());
    VEILLE_ASSIGN_OR_RETURN(
        const Reply stored,
        client_.CommandSync({"HGET", domain::AlertKey(partition_, alert_id), "record"}));
    // One that is not there any more was being deleted.
    bool theirs = stored.IsNil() || IsSealedForThem(stored.str());
    if (!theirs && !domain::Vault::IsSealed(stored.str())) {
      store::v1::AlertRecord record;
      theirs = Parse(stored.str(), record) && record.alert().patient_id() == scope_.patient_id;
    }
    if (theirs) alerts_.insert(alert_id);
  }
  return absl::OkStatus();
}

absl::Status PersonalWalk::Plans() {
  const std::string key = domain::HomePlansKey(partition_, scope_.home_id);
  return EachEntry(key, [&](const Entry& entry) -> absl::Status {
    store::v1::StoredPlan plan;
    VEILLE_ASSIGN_OR_RETURN(const bool opened,
                            Open("registry/plan/" + scope_.home_id, entry.Field("v"), plan));
    if (!scope_.whole_home && (!opened || plan.patient_id() != scope_.patient_id))
      return absl::OkStatus();
    const std::string id = entry.id.ToString();
    return Meet("plan", id, opened ? &plan : nullptr, {{"XDEL", key, id}});
  });
}

absl::Status PersonalWalk::Log() {
  return EachEntry(domain::LogKey(partition_),
                   [this](const Entry& entry) { return LogEntry(entry); });
}

// An entry is deleted whole or not at all: what others' hubs sent at the same moment stays theirs.
absl::Status PersonalWalk::LogEntry(const Entry& entry) {
  const std::string id = entry.id.ToString();
  std::size_t values = 0, theirs = 0, shared = 0;
  for (std::size_t i = 0; i + 1 < entry.fields.size(); i += 2) {
    ++values;
    VEILLE_ASSIGN_OR_RETURN(const Whose whose, LogValue(id, entry.fields[i + 1].str()));
    if (whose == Whose::kTheirs) ++theirs;
    if (whose == Whose::kShared) ++shared;
  }
  if (theirs + shared == 0) return absl::OkStatus();
  std::vector<RedisCommand> removal;
  if (theirs == values) removal.push_back({"XDEL", domain::LogKey(partition_), id});
  return Meet("log_entry", id, nullptr, std::move(removal));
}

absl::StatusOr<PersonalWalk::Whose> PersonalWalk::LogValue(const std::string& id,
                                                           std::string_view value) {
  if (!domain::Vault::IsSealed(value)) return Batch(id, value);
  // The home as it was registered.
  if (IsSealedForThem(value) && scope_.whole_home) {
    store::v1::Envelope envelope;
    VEILLE_ASSIGN_OR_RETURN(const bool opened,
                            Open(domain::HomeEntryPlace(partition_), value, envelope));
    if (opened) VEILLE_RETURN_IF_ERROR(Meet("registered", id, &envelope, {}));
    return Whose::kTheirs;
  }
  if (domain::SealedFor(value) != home_name_) return Whose::kOthers;
  store::v1::Envelope envelope;
  VEILLE_ASSIGN_OR_RETURN(const bool opened,
                          Open(domain::HomeEntryPlace(partition_), value, envelope));
  return opened && Names(envelope.home(), scope_.patient_id) ? Whose::kTheirs : Whose::kOthers;
}

absl::StatusOr<PersonalWalk::Whose> PersonalWalk::Batch(const std::string& id,
                                                        std::string_view value) {
  store::v1::Envelope envelope;
  if (!Parse(value, envelope) || envelope.home_id() != scope_.home_id) return Whose::kOthers;
  const Whose whose = scope_.whole_home ? Whose::kTheirs : Whose::kShared;
  if (!envelope.has_batch()) {
    const bool theirs = scope_.whole_home || Names(envelope.home(), scope_.patient_id);
    return theirs ? Whose::kTheirs : Whose::kOthers;
  }
  event::v1::EventBatch batch;
  VEILLE_ASSIGN_OR_RETURN(
      const bool opened,
      Open(domain::BatchPlace(envelope.home_id(), envelope.source_id(), envelope.incarnation(),
                              envelope.lane(), envelope.sequence()),
           envelope.batch(), batch));
  if (!opened) return whose;
  for (const event::v1::Event& event : batch.events()) {
    if (scope_.devices_of_others.count(event.device_id()) > 0) continue;
    VEILLE_RETURN_IF_ERROR(Meet("event", id + "/" + envelope.source_id(), &event, {}));
  }
  return whose;
}

absl::Status PersonalWalk::Checkpoints() {
  const std::string key = domain::CheckpointsKey(partition_);
  for (const char field : {'a', 'b', 'h', 'u', 'p'}) {
    const std::string name = scope_.home_id + "|" + field;
    VEILLE_ASSIGN_OR_RETURN(const Reply value, client_.CommandSync({"HGET", key, name}));
    if (value.IsNil()) continue;
    if (!scope_.whole_home) {
      if (field == 'h') VEILLE_RETURN_IF_ERROR(SharedCheckpoint(name, value.str()));
      continue;
    }
    store::v1::Checkpoint checkpoint;
    bool opened = false;
    if (field == 'a' || field == 'b') {
      VEILLE_ASSIGN_OR_RETURN(
          opened, Open(domain::CheckpointPlace(partition_, scope_.home_id, field), value.str(),
                       checkpoint));
    }
    VEILLE_RETURN_IF_ERROR(
        Meet("checkpoint", name, opened ? &checkpoint : nullptr, {{"HDEL", key, name}}));
  }
  return absl::OkStatus();
}

// The detector replaces it once it has judged the changed home.
absl::Status PersonalWalk::SharedCheckpoint(const std::string& field, std::string_view value) {
  v1::Home home;
  VEILLE_ASSIGN_OR_RETURN(
      const bool opened,
      Open(domain::CheckpointPlace(partition_, scope_.home_id, 'h'), value, home));
  if (!opened || !Names(home, scope_.patient_id)) return absl::OkStatus();
  return Meet("checkpoint", field, nullptr, {});
}

absl::Status PersonalWalk::Sequences() {
  const std::string key = domain::SequencesKey(partition_);
  for (const std::string& source : scope_.source_ids) {
    for (const char* lane : {"/i", "/u", "/b"}) {
      VEILLE_ASSIGN_OR_RETURN(const Reply there,
                              client_.CommandSync({"HEXISTS", key, source + lane}));
      if (there.integer() == 0) continue;
      VEILLE_RETURN_IF_ERROR(
          Meet("sequence", source + lane, nullptr, {{"HDEL", key, source + lane}}));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<PersonalWalk::Whose> PersonalWalk::OfFinding(std::string_view stored,
                                                            Message& message) {
  VEILLE_ASSIGN_OR_RETURN(const bool opened,
                          Open(domain::FindingPlace(partition_), stored, message));
  if (IsSealedForThem(stored)) return opened ? Whose::kTheirs : Whose::kShared;
  if (!opened || domain::Vault::IsSealed(stored)) return Whose::kOthers;
  const auto& finding = static_cast<const store::v1::Finding&>(message);
  const bool theirs = finding.home_id() == scope_.home_id &&
                      (scope_.whole_home || finding.patient_id() == scope_.patient_id);
  return theirs ? Whose::kTheirs : Whose::kOthers;
}

// kShared: theirs, and its key is gone.
absl::StatusOr<PersonalWalk::Whose> PersonalWalk::OfJob(std::string_view stored, Message& message) {
  VEILLE_ASSIGN_OR_RETURN(const bool opened, Open(domain::JobPlace(partition_), stored, message));
  if (opened) {
    const auto& job = static_cast<const store::v1::Job&>(message);
    return IsTheirAlert(job.alert_id()) ? Whose::kTheirs : Whose::kOthers;
  }
  return IsSealedForThem(stored) ? Whose::kShared : Whose::kOthers;
}

absl::Status PersonalWalk::Jobs(const char* data_class, const std::string& key, bool is_queue) {
  return EachEntry(key, [&](const Entry& entry) -> absl::Status {
    store::v1::Finding finding;
    store::v1::Job job;
    const Message* message = &finding;
    Whose whose = Whose::kOthers;
    if (const std::string_view stored = entry.Field("f"); !stored.empty()) {
      VEILLE_ASSIGN_OR_RETURN(whose, OfFinding(stored, finding));
    } else {
      message = &job;
      VEILLE_ASSIGN_OR_RETURN(whose, OfJob(entry.Field("j"), job));
    }
    if (whose == Whose::kOthers) return absl::OkStatus();
    const std::string id = entry.id.ToString();
    std::vector<RedisCommand> removal = {{"XDEL", key, id}};
    if (is_queue) {
      removal.push_back({"XACK", key, "notifier", id});
      removal.push_back({"HDEL", domain::AttemptsKey(partition_), id});
    }
    return Meet(data_class, id, whose == Whose::kTheirs ? message : nullptr, std::move(removal));
  });
}

absl::Status PersonalWalk::Timers() {
  const std::string key = domain::TimersKey(partition_);
  VEILLE_ASSIGN_OR_RETURN(const Reply jobs, client_.CommandSync({"ZRANGE", key, "0", "-1"}));
  for (const redis::ReplyView stored : jobs.elements()) {
    store::v1::Job job;
    VEILLE_ASSIGN_OR_RETURN(const Whose whose, OfJob(stored.str(), job));
    if (whose == Whose::kOthers) continue;
    std::vector<RedisCommand> removal = {{"ZREM", key, std::string(stored.str())}};
    // It is counted among those that wait for this step.
    if (job.has_escalate()) {
      removal.push_back(
          {"HINCRBY", domain::PendingKey(partition_), std::to_string(job.escalate().step()), "-1"});
    }
    VEILLE_RETURN_IF_ERROR(Meet("timer", job.alert_id(), whose == Whose::kTheirs ? &job : nullptr,
                                std::move(removal)));
  }
  return absl::OkStatus();
}

// Of a home where others live, a prompt does not say whom it asks; it is over within minutes.
absl::Status PersonalWalk::Prompts() {
  const std::string key = domain::PromptsKey(partition_);
  return EachEntry(key, [&](const Entry& entry) -> absl::Status {
    const std::string_view stored = entry.Field("p");
    store::v1::PromptOrder prompt;
    VEILLE_ASSIGN_OR_RETURN(const bool opened, Open(key, stored, prompt));
    const bool home =
        domain::SealedFor(stored) == home_name_ || (opened && prompt.home_id() == scope_.home_id);
    if (!home) return absl::OkStatus();
    const std::string id = entry.id.ToString();
    std::vector<RedisCommand> removal;
    if (scope_.whole_home) removal.push_back({"XDEL", key, id});
    return Meet("prompt", id, opened ? &prompt : nullptr, std::move(removal));
  });
}

// For operators to look at: of a home where others live it goes, too, since it cannot be told whose
// it is.
absl::Status PersonalWalk::Quarantine() {
  const std::string key = domain::QuarantineKey(partition_);
  return EachEntry(key, [&](const Entry& entry) -> absl::Status {
    store::v1::QuarantinedEvent refused;
    store::v1::Envelope envelope;
    const std::string_view stored =
        entry.Field("q").empty() ? entry.Field("envelope") : entry.Field("q");
    bool home = domain::SealedFor(stored) == home_name_;
    bool opened = false;
    if (!entry.Field("q").empty()) {
      VEILLE_ASSIGN_OR_RETURN(opened, Open(key, stored, refused));
      home |= opened && refused.home_id() == scope_.home_id;
    } else {
      home |= Parse(stored, envelope) && envelope.home_id() == scope_.home_id;
    }
    if (!home) return absl::OkStatus();
    const std::string id = entry.id.ToString();
    const bool shown = opened && scope_.whole_home;
    return Meet("quarantine", id, shown ? &refused : nullptr, {{"XDEL", key, id}});
  });
}

// Of a home where others live it names people by their ids only, and its turns end by themselves.
absl::Status PersonalWalk::Duty() {
  const std::string key = domain::CircleKey(partition_, scope_.home_id);
  VEILLE_ASSIGN_OR_RETURN(const Reply stored, client_.CommandSync({"HGET", key, "state"}));
  if (stored.IsNil() || !scope_.whole_home) return absl::OkStatus();
  store::v1::CircleState state;
  VEILLE_ASSIGN_OR_RETURN(const bool opened, Open(key, stored.str(), state));
  return Meet("duty", scope_.home_id, opened ? &state : nullptr, {{"DEL", key}});
}

// Every caregiver's: also of those who were in the circle once.
absl::Status PersonalWalk::Inboxes() {
  const std::string start = "veille:{c", middle = "}:inbox:";
  std::string cursor = "0";
  do {
    VEILLE_ASSIGN_OR_RETURN(
        const Reply page, client_.CommandSync({"SCAN", cursor, "MATCH", start + "*" + middle + "*",
                                               "COUNT", "1000"}));
    cursor = std::string(page[0].str());
    for (const redis::ReplyView key : page[1].elements()) {
      const std::string name(key.str());
      const std::size_t at = name.find(middle);
      if (at == std::string::npos) continue;
      VEILLE_RETURN_IF_ERROR(Inbox(name));
      VEILLE_RETURN_IF_ERROR(Watcher(name.substr(at + middle.size())));
    }
  } while (cursor != "0");
  return absl::OkStatus();
}

absl::Status PersonalWalk::Inbox(const std::string& key) {
  return EachEntry(key, [&](const Entry& entry) -> absl::Status {
    const std::string_view stored = entry.Field("u");
    alert::v1::Update update;
    bool theirs = IsSealedForThem(stored), opened = false;
    if (theirs || by_alerts_ || !domain::Vault::IsSealed(stored)) {
      VEILLE_ASSIGN_OR_RETURN(opened, Open(key, stored, update));
      theirs |= opened && IsTheirAlert(update.alert().alert_id());
    }
    if (!theirs) return absl::OkStatus();
    const std::string id = entry.id.ToString();
    return Meet("inbox", key.substr(key.rfind("}:") + 2) + "/" + id, opened ? &update : nullptr,
                {{"XDEL", key, id}});
  });
}

// What a caregiver's stream remembers of each alert.
absl::Status PersonalWalk::Watcher(const std::string& caregiver) {
  const int partition = domain::CaregiverPartitionOf(caregiver, partitions_);
  const std::string key = domain::WatcherKey(partition, caregiver);
  VEILLE_ASSIGN_OR_RETURN(const Reply fields, client_.CommandSync({"HKEYS", key}));
  for (const redis::ReplyView field : fields.elements()) {
    const std::string name(field.str());
    if (name.size() < 3 || name[1] != ':' || !IsTheirAlert(name.substr(2))) continue;
    VEILLE_RETURN_IF_ERROR(Meet(
        "inbox_mark", caregiver + "/" + name, nullptr,
        {{"HDEL", key, name}, {"ZREM", domain::ToldKey(partition, caregiver), name.substr(2)}}));
  }
  return absl::OkStatus();
}

absl::Status PersonalWalk::Alerts() {
  const std::string by_time = domain::AlertsKey(partition_, scope_.home_id);
  const std::string open = domain::OpenAlertsKey(partition_, scope_.home_id);
  VEILLE_ASSIGN_OR_RETURN(const Reply fields, client_.CommandSync({"HGETALL", open}));
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::string field(fields[i].str());
    const bool marks = StartsWith(field, "#");
    if (!IsTheirAlert(marks ? field.substr(1) : std::string(fields[i + 1].str()))) continue;
    VEILLE_RETURN_IF_ERROR(Meet("open_alert", field, nullptr, {{"HDEL", open, field}}));
  }
  for (const std::string& id : alerts_) {
    const std::string key = domain::AlertKey(partition_, id);
    VEILLE_ASSIGN_OR_RETURN(const Reply stored, client_.CommandSync({"HGET", key, "record"}));
    store::v1::AlertRecord record;
    VEILLE_ASSIGN_OR_RETURN(const bool opened, Open(domain::AlertPlace(partition_, scope_.home_id),
                                                    stored.str(), record));
    VEILLE_RETURN_IF_ERROR(
        Meet("alert", id, opened ? &record : nullptr, {{"DEL", key}, {"ZREM", by_time, id}}));
  }
  return absl::OkStatus();
}

}  // namespace veille::care
