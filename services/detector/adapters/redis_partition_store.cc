#include "services/detector/adapters/redis_partition_store.h"

#include <algorithm>
#include <span>
#include <utility>

#include "absl/strings/str_format.h"

#include "veille/store/v1/checkpoint.pb.h"
#include "veille/store/v1/finding.pb.h"

#include "common/base/status_macros.h"
#include "common/log/log.h"
#include "common/redis/pipelined_client.h"
#include "services/domain/keys.h"
#include "services/domain/vault/places.h"

namespace veille::detector {

extern const redis::Script kScripts[];
extern const unsigned long kScriptCount;

namespace {

const redis::Script& Named(const char* name) {
  return redis::FindScript(std::span(kScripts, kScriptCount), name);
}

std::unique_ptr<redis::Client> Connect(const RedisPartitionStore::Options& options) {
  redis::PipelinedClient::Options client;
  client.endpoint = options.endpoint;
  client.scripts = {kScripts, kScripts + kScriptCount};
  client.name = "detector";
  client.queue_timeout = options.command_timeout;
  client.reply_timeout = options.command_timeout;
  return std::make_unique<redis::PipelinedClient>(std::move(client));
}

void Finish(PartitionStore::Done done, const absl::StatusOr<redis::Reply>& reply) {
  std::move(done)(reply.status());
}

}  // namespace

RedisPartitionStore::RedisPartitionStore(Options options)
    : options_(std::move(options)), client_(Connect(options_)) {}

absl::StatusOr<Lease> RedisPartitionStore::Acquire(int partition) {
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply reply,
      client_->EvalSync(Named("lease"),
                        {domain::LeaseKey(partition), "acquire", options_.instance_id, "0",
                         std::to_string(absl::ToInt64Milliseconds(options_.lease)), "0"}));
  if (reply[0].integer() != 1) return absl::NotFoundError("another instance holds the lease");
  return Lease{static_cast<uint64_t>(reply[1].integer()), reply[2].integer()};
}

absl::StatusOr<StoredPartition> RedisPartitionStore::Load(int partition) {
  StoredPartition stored;
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply homes,
                          client_->CommandSync({"HGETALL", domain::CheckpointsKey(partition)}));
  for (std::size_t i = 0; i + 1 < homes.size(); i += 2) {
    const std::string field(homes[i].str());
    const auto bar = field.rfind('|');
    if (bar == std::string::npos || bar + 2 != field.size()) continue;
    const std::string id = field.substr(0, bar);
    StoredHome& home = stored.homes[id];
    std::string value(homes[i + 1].str());
    VEILLE_RETURN_IF_ERROR(Open(partition, id, field[bar + 1], home, value));
    switch (field[bar + 1]) {
      case 'a':
        home.a = std::move(value);
        break;
      case 'b':
        home.b = std::move(value);
        break;
      case 'p':
        home.position = std::move(value);
        break;
      case 'h':
        home.registry = std::move(value);
        break;
      case 'u':
        home.baselines = std::move(value);
        break;
      default:
        break;
    }
  }
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply progress,
                          client_->CommandSync({"GET", domain::ProgressKey(partition)}));
  store::v1::PartitionProgress record;
  if (!progress.IsNil()) {
    if (!record.ParseFromString(std::string(progress.str())) || record.format() != 1) {
      return absl::DataLossError(
          absl::StrFormat("the progress of partition %d cannot be read: delete %s, so that the log "
                          "is judged from its beginning",
                          partition, domain::ProgressKey(partition)));
    }
    VEILLE_ASSIGN_OR_RETURN(stored.progress, Position::Parse(record.log_position()));
  }
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply mark,
                          client_->CommandSync({"HMGET", domain::InflightKey(partition), "from",
                                                "takeovers", "entry"}));
  stored.takeover_from = std::string(mark[0].str());
  stored.takeovers = static_cast<int>(mark[1].AsInteger().value_or(0));
  stored.inflight_entry = std::string(mark[2].str());
  return stored;
}

absl::Status RedisPartitionStore::MarkTakeover(int partition, const std::string& from,
                                               int takeovers) {
  return client_
      ->EvalSync(Named("mark"), {domain::InflightKey(partition), "from", from, "takeovers",
                                 std::to_string(takeovers)})
      .status();
}

absl::Status RedisPartitionStore::MarkInflight(int partition, const std::string& position) {
  return client_->EvalSync(Named("mark"), {domain::InflightKey(partition), "entry", position})
      .status();
}

absl::Status RedisPartitionStore::Quarantine(int partition, const std::string& content) {
  return client_->EvalSync(Named("quarantine"), {domain::QuarantineKey(partition), content})
      .status();
}

void RedisPartitionStore::Release(int partition, uint64_t epoch) {
  client_->Eval(Named("lease"),
                {domain::LeaseKey(partition), "release", options_.instance_id,
                 std::to_string(epoch), "0", "0"},
                [](absl::StatusOr<redis::Reply>) {});
  client_->Command({"DEL", domain::InflightKey(partition)}, [](absl::StatusOr<redis::Reply>) {});
}

void RedisPartitionStore::TellOperators(int partition, std::string finding) {
  client_->Eval(Named("tell_operators"), {domain::QueueKey(partition), std::move(finding)},
                [](const absl::StatusOr<redis::Reply>& reply) {
                  if (!reply.ok())
                    VEILLE_LOG(kError, "cannot tell the operators").Field(reply.status());
                });
}

void RedisPartitionStore::Leave() {
  client_->Command({"ZREM", domain::DetectorsKey(), options_.instance_id},
                   [](absl::StatusOr<redis::Reply>) {});
  Flush();
}

void RedisPartitionStore::Flush() {
  client_->CommandSync({"PING"}, absl::Seconds(1)).IgnoreError();
}

// What is damaged is found by who parses it: the other generation, or the log, has it still.
absl::Status RedisPartitionStore::Open(int partition, const std::string& home_id, char field,
                                       StoredHome& home, std::string& value) const {
  absl::StatusOr<std::string> opened =
      options_.vault->Open(domain::CheckpointPlace(partition, home_id, field), value);
  if (opened.ok()) {
    value = *std::move(opened);
  } else if (absl::IsNotFound(opened.status())) {
    home.erased = true;
    value.clear();
  } else if (!absl::IsDataLoss(opened.status())) {
    return opened.status();
  }
  return absl::OkStatus();
}

// NOT_FOUND when the home's key was destroyed. Findings of a person whose key was are dropped.
absl::Status RedisPartitionStore::Seal(int partition, HomeCommit& home) const {
  const domain::Subject subject = {home.home_id};
  const auto seal = [&](char field, std::string& value) -> absl::Status {
    if (value.empty()) return absl::OkStatus();
    VEILLE_ASSIGN_OR_RETURN(
        value, options_.vault->Seal(
                   subject, domain::CheckpointPlace(partition, home.home_id, field), value));
    return absl::OkStatus();
  };
  VEILLE_RETURN_IF_ERROR(seal(home.generation, home.checkpoint));
  VEILLE_RETURN_IF_ERROR(seal('h', home.registry));
  VEILLE_RETURN_IF_ERROR(seal('u', home.baselines));
  for (std::string& prompt : home.prompts) {
    VEILLE_ASSIGN_OR_RETURN(prompt,
                            options_.vault->Seal(subject, domain::PromptsKey(partition), prompt));
  }
  std::vector<std::string> findings;
  findings.reserve(home.findings.size());
  for (const std::string& bytes : home.findings) {
    // Rare enough to be parsed again: the other layers need not know whose key is whose.
    store::v1::Finding finding;
    if (!finding.ParseFromString(bytes)) finding.set_home_id(home.home_id);
    absl::StatusOr<std::string> sealed = options_.vault->Seal(
        {finding.home_id(), finding.patient_id()}, domain::FindingPlace(partition), bytes);
    if (absl::IsNotFound(sealed.status())) continue;
    if (!sealed.ok()) return sealed.status();
    findings.push_back(*std::move(sealed));
  }
  home.findings = std::move(findings);
  return absl::OkStatus();
}

void RedisPartitionStore::Commit(int partition, uint64_t epoch, std::vector<HomeCommit> homes,
                                 const Position* progress, Done done) {
  for (auto home = homes.begin(); home != homes.end();) {
    const absl::Status sealed = Seal(partition, *home);
    if (absl::IsNotFound(sealed)) {
      home = homes.erase(home);
      continue;
    }
    if (!sealed.ok()) return std::move(done)(sealed);
    ++home;
  }
  std::string stored_progress;
  if (progress != nullptr) {
    store::v1::PartitionProgress record;
    record.set_format(1);
    record.set_log_position(progress->ToString());
    stored_progress = record.SerializeAsString();
  }
  std::vector<std::string> args = {domain::LeaseKey(partition),   domain::CheckpointsKey(partition),
                                   domain::QueueKey(partition),   domain::ProgressKey(partition),
                                   domain::PromptsKey(partition), std::to_string(epoch),
                                   std::move(stored_progress),    std::to_string(homes.size())};
  for (HomeCommit& home : homes) {
    args.push_back(std::move(home.home_id));
    args.push_back(std::move(home.expected_position));
    args.push_back(std::move(home.position));
    args.emplace_back(1, home.generation);
    args.push_back(std::move(home.checkpoint));
    args.push_back(std::move(home.registry));
    args.push_back(std::move(home.baselines));
    args.push_back(std::to_string(home.findings.size()));
    args.push_back(std::to_string(home.prompts.size()));
    for (std::string& finding : home.findings) args.push_back(std::move(finding));
    for (std::string& prompt : home.prompts) args.push_back(std::move(prompt));
  }
  client_->Eval(Named("commit"), std::move(args),
                [done = std::move(done)](absl::StatusOr<redis::Reply> reply) mutable {
                  Finish(std::move(done), reply);
                });
}

void RedisPartitionStore::AppendOwned(int partition, uint64_t epoch, int64_t tick_ms,
                                      std::vector<std::string> envelopes, Done done) {
  std::vector<std::string> args = {domain::LeaseKey(partition), domain::LogKey(partition),
                                   std::to_string(epoch), std::to_string(tick_ms)};
  for (std::string& envelope : envelopes) args.push_back(std::move(envelope));
  client_->Eval(Named("append_owned"), std::move(args),
                [done = std::move(done)](absl::StatusOr<redis::Reply> reply) mutable {
                  Finish(std::move(done), reply);
                });
}

void RedisPartitionStore::Renew(int partition, uint64_t epoch, Done done) {
  client_->Eval(Named("lease"),
                {domain::LeaseKey(partition), "renew", options_.instance_id, std::to_string(epoch),
                 std::to_string(absl::ToInt64Milliseconds(options_.lease)), "0"},
                [done = std::move(done)](absl::StatusOr<redis::Reply> reply) mutable {
                  if (!reply.ok()) return std::move(done)(reply.status());
                  std::move(done)(reply->integer() == 1
                                      ? absl::OkStatus()
                                      : absl::AbortedError("the lease is another's"));
                });
}

void RedisPartitionStore::Trim(int partition, const Position& position) {
  // Entry ids are Redis' own time, so age is judged by real time, whatever the world's clock shows.
  const std::string log = domain::LogKey(partition);
  client_->Command({"TIME"}, [this, log, position](absl::StatusOr<redis::Reply> reply) {
    if (!reply.ok() || reply->size() != 2) return;
    const int64_t now_ms = (*reply)[0].AsInteger().value_or(0) * 1000;
    const int64_t oldest = now_ms - absl::ToInt64Milliseconds(options_.log_min_age);
    Position until = position;
    if (oldest <= 0) return;
    if (until.ms > static_cast<uint64_t>(oldest)) until = {static_cast<uint64_t>(oldest), 0, 0};
    client_->Command({"XTRIM", log, "MINID", "~", until.Entry()},
                     [](absl::StatusOr<redis::Reply>) {});
  });
  // Too large: shorter than the minimal age then, but never ahead of what is judged.
  client_->Command({"MEMORY", "USAGE", log, "SAMPLES", "5"},
                   [this, log, position](absl::StatusOr<redis::Reply> reply) {
                     if (!reply.ok() || !reply->IsInteger() ||
                         static_cast<uint64_t>(reply->integer()) <= options_.log_max_bytes) {
                       return;
                     }
                     client_->Command({"XTRIM", log, "MINID", "~", position.Entry()},
                                      [](absl::StatusOr<redis::Reply>) {});
                   });
}

absl::StatusOr<absl::Duration> RedisPartitionStore::SinceGatewaySeen() {
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply seen,
                          client_->CommandSync({"GET", domain::GatewaySeenKey()}));
  if (seen.IsNil()) return absl::ZeroDuration();
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply time, client_->CommandSync({"TIME"}));
  return absl::Seconds(time[0].AsInteger().value_or(0) - seen.AsInteger().value_or(0));
}

absl::StatusOr<int> RedisPartitionStore::CountInstances() {
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply time, client_->CommandSync({"TIME"}));
  const int64_t now = time[0].AsInteger().value_or(0);
  VEILLE_RETURN_IF_ERROR(
      client_
          ->CommandSync({"ZADD", domain::DetectorsKey(), std::to_string(now), options_.instance_id})
          .status());
  client_->Command({"ZREMRANGEBYSCORE", domain::DetectorsKey(), "-inf", std::to_string(now - 600)},
                   [](absl::StatusOr<redis::Reply>) {});
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply count,
      client_->CommandSync({"ZCOUNT", domain::DetectorsKey(), std::to_string(now - 10), "+inf"}));
  return std::max(1, static_cast<int>(count.integer()));
}

}  // namespace veille::detector
