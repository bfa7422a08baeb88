#include "services/care/adapters/redis_personal_records.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

#include "common/base/random.h"
#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/redis/gather.h"
#include "common/redis/pipelined_client.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/care/adapters/personal_walk.h"
#include "services/domain/audit/audit_log.h"
#include "services/domain/audit/erasure_certificate.h"
#include "services/domain/erasure_keys.h"
#include "services/domain/keys.h"

namespace veille::care {

extern const redis::Script kScripts[];
extern const unsigned long kScriptCount;

namespace {

using store::v1::AuditEntry;
using store::v1::Erasure;

constexpr std::size_t kRemovalsAtOnce = 256;
constexpr absl::Duration kLookInterval = absl::Milliseconds(100);

std::unique_ptr<redis::Client> Connect(const redis::Endpoint& endpoint, const char* name) {
  redis::PipelinedClient::Options options;
  options.endpoint = endpoint;
  options.scripts = {kScripts, kScripts + kScriptCount};
  options.name = name;
  return std::make_unique<redis::PipelinedClient>(std::move(options));
}

// Carries out all of them; in no order, and each may be carried out twice.
absl::Status Remove(redis::Client& client, std::vector<RedisCommand>& removals) {
  redis::Gather gather(removals.size());
  for (std::size_t i = 0; i < removals.size(); ++i)
    client.Command(std::move(removals[i]), gather.At(i));
  removals.clear();
  for (const absl::StatusOr<redis::Reply>& reply : gather.Wait())
    VEILLE_RETURN_IF_ERROR(reply.status());
  return absl::OkStatus();
}

// Two could not do harm, since each step is written down once: but each would count what it deleted
// itself, and the certificate would say too little.
constexpr absl::Duration kTurn = absl::Seconds(5);
constexpr absl::Duration kTurnRenewal = absl::Seconds(1);

absl::Status HoldTurn(redis::Client& client, const std::string& instance, absl::Duration time) {
  const redis::Script& script =
      redis::FindScript(std::span(kScripts, kScriptCount), "erasure_turn");
  return client
      .EvalSync(script, {domain::ErasureTurnKey(), instance,
                         std::to_string(absl::ToInt64Milliseconds(time))})
      .status();
}

// Renews it until it goes out of scope. A turn that was lost all the same is told by PutErasure().
class RedisTurn final : public PersonalRecords::Turn {
 public:
  RedisTurn(redis::Client& client, std::string instance)
      : client_(client),
        instance_(std::move(instance)),
        thread_("erasure-turn", [this] { Run(); }) {}
  ~RedisTurn() override {
    {
      MutexLock lock(mu_);
      over_ = true;
      changed_.NotifyAll();
    }
    thread_.Join();
    HoldTurn(client_, instance_, absl::ZeroDuration()).IgnoreError();
  }

 private:
  void Run() {
    while (!Over()) HoldTurn(client_, instance_, kTurn).IgnoreError();
  }
  bool Over() {
    MutexLock lock(mu_);
    if (!over_) changed_.WaitFor(mu_, kTurnRenewal);
    return over_;
  }

  redis::Client& client_;
  const std::string instance_;
  Mutex mu_;
  CondVar changed_;
  bool over_ ABSL_GUARDED_BY(mu_) = false;
  Worker thread_;
};

// Waits on a condition that nobody signals: time that passes in real life.
void Pause(absl::Duration time) {
  Mutex mu;
  CondVar never;
  MutexLock lock(mu);
  never.WaitFor(mu, time);
}

}  // namespace

RedisPersonalRecords::RedisPersonalRecords(Options options)
    : options_(std::move(options)),
      client_(Connect(options_.endpoint, "rights")),
      keys_(Connect(options_.key_store, "rights-keys")) {}

absl::StatusOr<std::string> RedisPersonalRecords::HomeOf(const std::string& patient_id) {
  const std::string unique_id = "patient:" + patient_id;
  const int partition = domain::PartitionOf(unique_id, options_.partitions);
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply claim,
      client_->CommandSync({"HGET", domain::HomeClaimsKey(partition), unique_id}));
  const std::string stands(claim.str());  // "<unix ms> <home>", see claim-1.lua.
  const std::size_t space = stands.find(' ');
  return space == std::string::npos ? "" : stands.substr(space + 1);
}

absl::Status RedisPersonalRecords::Visit(const PersonalScope& scope, const Visitor& visitor) {
  PersonalWalk walk(*client_, *options_.vault, options_.partitions, scope,
                    [&visitor](const Met& met) {
                      if (met.message == nullptr) return absl::OkStatus();
                      return visitor({met.data_class, met.id, met.message});
                    });
  return walk.Run();
}

absl::Status RedisPersonalRecords::VisitAccesses(const std::string& home_id,
                                                 const std::string& patient_id,
                                                 const OnAccess& on_access) {
  const int partition = domain::PartitionOf(home_id, options_.partitions);
  return domain::VisitAudit(*client_, partition, [&](const AuditEntry& entry) {
    const bool theirs = entry.home_id() == home_id &&
                        (entry.patient_id().empty() || entry.patient_id() == patient_id);
    return theirs ? on_access(entry) : absl::OkStatus();
  });
}

absl::StatusOr<bool> RedisPersonalRecords::Holds(const PersonalScope& scope) {
  bool holds = false;
  PersonalWalk walk(
      *client_, *options_.vault, options_.partitions, scope, [&holds](const Met& met) {
        // Of every home that is registered, whether or not anything was ever heard of it.
        for (const std::string_view always : {"plan", "registered", "log_entry", "checkpoint"})
          if (met.data_class == always) return absl::OkStatus();
        holds = true;
        return absl::CancelledError("one is enough");
      });
  const absl::Status walked = walk.Run();
  if (!holds) VEILLE_RETURN_IF_ERROR(walked);
  return holds;
}

absl::StatusOr<SweepCounts> RedisPersonalRecords::Sweep(const PersonalScope& scope) {
  SweepCounts counts;
  std::vector<RedisCommand> removals;
  PersonalWalk walk(
      *client_, *options_.vault, options_.partitions, scope, [&](Met met) -> absl::Status {
        // The messages within an entry of the log: the entry itself is met, too.
        const std::string data_class = met.data_class;
        if (data_class == "event" || data_class == "registered") return absl::OkStatus();
        ++(met.removal.empty() ? counts.left : counts.erased)[data_class];
        std::move(met.removal.begin(), met.removal.end(), std::back_inserter(removals));
        if (removals.size() < kRemovalsAtOnce) return absl::OkStatus();
        return Remove(*client_, removals);
      });
  VEILLE_RETURN_IF_ERROR(walk.Run());
  if (scope.whole_home) {
    removals.push_back(
        {"HDEL", domain::HomeRevisionsKey(domain::PartitionOf(scope.home_id, options_.partitions)),
         scope.home_id});
  }
  VEILLE_RETURN_IF_ERROR(Remove(*client_, removals));
  return counts;
}

absl::Status RedisPersonalRecords::RewriteFiles() {
  VEILLE_RETURN_IF_ERROR(Rewrite(*client_));
  return Rewrite(*keys_);
}

// A rewrite that was under way may have begun before the last deletion: another follows it.
absl::Status RedisPersonalRecords::Rewrite(redis::Client& client) const {
  const absl::Duration until = MonotonicNow() + options_.rewrite_time;
  bool asked = false;
  while (MonotonicNow() < until) {
    VEILLE_ASSIGN_OR_RETURN(const redis::Reply info, client.CommandSync({"INFO", "persistence"}));
    const std::string text(info.str());
    const auto says = [&text](const char* line) { return text.find(line) != std::string::npos; };
    if (says("aof_enabled:0")) return absl::OkStatus();
    if (says("aof_rewrite_in_progress:0") && says("aof_rewrite_scheduled:0")) {
      if (asked && says("aof_last_bgrewrite_status:ok")) return absl::OkStatus();
      VEILLE_RETURN_IF_ERROR(client.CommandSync({"BGREWRITEAOF"}).status());
      asked = true;
    }
    Pause(kLookInterval);
  }
  return absl::DeadlineExceededError("Redis does not finish the rewrite of its append-only file");
}

absl::StatusOr<std::unique_ptr<PersonalRecords::Turn>> RedisPersonalRecords::TakeTurn() {
  const std::string instance = SystemRandom().Hex(16);
  VEILLE_RETURN_IF_ERROR(HoldTurn(*client_, instance, kTurn));
  return std::make_unique<RedisTurn>(*client_, instance);
}

absl::StatusOr<Erasure> RedisPersonalRecords::GetErasure(const std::string& patient_id) {
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply stored,
                          client_->CommandSync({"HGET", domain::ErasuresKey(), patient_id}));
  Erasure erasure;
  if (!stored.IsNil() && !erasure.ParseFromString(std::string(stored.str())))
    return absl::DataLossError("the record of an erasure cannot be read: restore it from a backup");
  return erasure;
}

absl::StatusOr<std::vector<Erasure>> RedisPersonalRecords::ListErasures() {
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply stored,
                          client_->CommandSync({"HVALS", domain::ErasuresKey()}));
  std::vector<Erasure> erasures;
  erasures.reserve(stored.size());
  for (const redis::ReplyView value : stored.elements()) {
    if (!erasures.emplace_back().ParseFromString(std::string(value.str())))
      return absl::DataLossError(
          "the record of an erasure cannot be read: restore it from a backup");
  }
  return erasures;
}

absl::Status RedisPersonalRecords::PutErasure(const Erasure& before, const Erasure& after) {
  const redis::Script& script = redis::FindScript(std::span(kScripts, kScriptCount), "put_erasure");
  const auto bytes = [](const Erasure& erasure) {
    return erasure.format() == 0 ? std::string() : domain::SerializedSame(erasure);
  };
  return client_
      ->EvalSync(script, {domain::ErasuresKey(), after.patient_id(), bytes(before), bytes(after)})
      .status();
}

}  // namespace veille::care
