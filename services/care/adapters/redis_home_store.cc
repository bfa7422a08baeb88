#include "services/care/adapters/redis_home_store.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "common/base/status_macros.h"
#include "common/redis/pipelined_client.h"
#include "common/redis/stream_reader.h"
#include "services/domain/erasure_keys.h"
#include "services/domain/keys.h"
#include "services/domain/record_codec.h"

namespace veille::care {

extern const redis::Script kScripts[];
extern const unsigned long kScriptCount;

namespace {

using store::v1::StoredHome;
using store::v1::StoredPlan;

constexpr char kRequestSeconds[] = "86400";
constexpr std::string_view kPatient = "patient:";

const redis::Script& Named(const char* name) {
  return redis::FindScript(std::span(kScripts, kScriptCount), name);
}

std::unique_ptr<redis::Client> Connect(const redis::Endpoint& endpoint) {
  redis::PipelinedClient::Options options;
  options.endpoint = endpoint;
  options.scripts = {kScripts, kScripts + kScriptCount};
  options.name = "care";
  return std::make_unique<redis::PipelinedClient>(std::move(options));
}

absl::Status Erased(const std::string& patient_id) {
  return absl::FailedPreconditionError("patient_id: '" + patient_id +
                                       "' was erased; take another id");
}

}  // namespace

RedisHomeStore::RedisHomeStore(Options options)
    : options_(std::move(options)), client_(Connect(options_.endpoint)) {}

int RedisHomeStore::PartitionOf(const std::string& id) const {
  return domain::PartitionOf(id, options_.partitions);
}

absl::StatusOr<StoredHome> RedisHomeStore::Get(const std::string& home_id) {
  const int partition = PartitionOf(home_id);
  StoredHome stored;
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply value,
                          client_->CommandSync({"HGET", domain::HomesKey(partition), home_id}));
  if (!value.IsNil()) {
    VEILLE_RETURN_IF_ERROR(
        domain::DecodeRecord(*options_.vault, {"home", home_id}, value.str(), stored));
    return stored;
  }
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply revision,
      client_->CommandSync({"HGET", domain::HomeRevisionsKey(partition), home_id}));
  if (!revision.IsNil()) {
    VEILLE_ASSIGN_OR_RETURN(const int64_t number, revision.AsInteger());
    stored.set_revision(static_cast<uint64_t>(number));
  }
  return stored;
}

absl::StatusOr<std::vector<std::string>> RedisHomeStore::ListIds() {
  std::vector<std::string> ids;
  for (int partition = 0; partition < options_.partitions; ++partition) {
    VEILLE_ASSIGN_OR_RETURN(const redis::Reply keys,
                            client_->CommandSync({"HKEYS", domain::HomesKey(partition)}));
    for (const redis::ReplyView key : keys.elements()) ids.emplace_back(key.str());
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

absl::Status RedisHomeStore::Commit(const HomeCommit& commit) {
  const int partition = PartitionOf(commit.home_id);
  std::string home;
  if (commit.home) {
    VEILLE_ASSIGN_OR_RETURN(
        home, domain::EncodeRecord(*options_.vault, {"home", commit.home_id}, *commit.home));
  }
  std::vector<std::string> args = {domain::HomesKey(partition),
                                   domain::HomeRevisionsKey(partition),
                                   domain::HomeChangesKey(partition),
                                   domain::HomePlansKey(partition, commit.home_id),
                                   domain::HomeRequestKey(partition, commit.request_id),
                                   commit.home_id,
                                   std::to_string(commit.expected_revision),
                                   std::to_string(commit.expected_revision + 1),
                                   std::move(home),
                                   std::to_string(options_.change_history),
                                   std::to_string(options_.plan_history),
                                   commit.request_digest,
                                   kRequestSeconds};
  args.reserve(args.size() + commit.plans.size());
  for (const StoredPlan& plan : commit.plans) {
    VEILLE_ASSIGN_OR_RETURN(std::string bytes,
                            domain::EncodeRecord(*options_.vault, {"plan", commit.home_id}, plan));
    args.push_back(std::move(bytes));
  }
  return client_->EvalSync(Named("commit"), std::move(args)).status();
}

absl::StatusOr<std::string> RedisHomeStore::FindRequest(const std::string& home_id,
                                                        const std::string& request_id) {
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply digest,
      client_->CommandSync({"GET", domain::HomeRequestKey(PartitionOf(home_id), request_id)}));
  return std::string(digest.str());
}

absl::StatusOr<std::vector<StoredPlan>> RedisHomeStore::ListPlans(const std::string& home_id,
                                                                  uint64_t before, int limit) {
  const std::string newest = before == 0 ? "+" : "(" + std::to_string(before) + "-0";
  VEILLE_ASSIGN_OR_RETURN(
      redis::Reply reply,
      client_->CommandSync({"XREVRANGE", domain::HomePlansKey(PartitionOf(home_id), home_id),
                            newest, "-", "COUNT", std::to_string(limit)}));
  VEILLE_ASSIGN_OR_RETURN(const redis::StreamBatch batch,
                          redis::StreamBatch::FromXrange(std::move(reply)));
  std::vector<StoredPlan> plans;
  plans.reserve(batch.entries().size());
  for (const redis::StreamEntry& entry : batch.entries()) {
    VEILLE_RETURN_IF_ERROR(domain::DecodeRecord(*options_.vault, {"plan", home_id},
                                                entry.Field("v"), plans.emplace_back()));
  }
  // A revision that brought several plans is not cut in two: the next page begins with it.
  if (static_cast<int>(plans.size()) < limit) return plans;
  const uint64_t last = plans.back().revision();
  if (plans.front().revision() == last) return plans;
  while (plans.back().revision() == last) plans.pop_back();
  return plans;
}

absl::StatusOr<std::string> RedisHomeStore::ClaimFrom(const std::string& unique_id,
                                                      const std::string& owner,
                                                      const std::string& home_id) {
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply reply,
      client_->EvalSync(Named("claim"),
                        {domain::HomeClaimsKey(PartitionOf(unique_id)), unique_id, home_id, owner,
                         std::to_string(absl::ToInt64Milliseconds(options_.claim_time))}));
  const std::string has(reply.str());
  return has == home_id ? "" : has;
}

absl::Status RedisHomeStore::CheckErased(const std::string& unique_id) {
  if (unique_id.compare(0, kPatient.size(), kPatient) != 0) return absl::OkStatus();
  const std::string patient_id = unique_id.substr(kPatient.size());
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply erased,
                          client_->CommandSync({"HEXISTS", domain::ErasuresKey(), patient_id}));
  VEILLE_ASSIGN_OR_RETURN(const int64_t there, erased.AsInteger());
  return there == 0 ? absl::OkStatus() : Erased(patient_id);
}

absl::StatusOr<std::string> RedisHomeStore::Claim(const std::string& unique_id,
                                                  const std::string& home_id) {
  VEILLE_RETURN_IF_ERROR(CheckErased(unique_id));
  // Nothing could be sealed for whoever got the id of an erased person: nobody would be told.
  if (unique_id.compare(0, kPatient.size(), kPatient) == 0) {
    const std::string_view id = std::string_view(unique_id).substr(kPatient.size());
    if (absl::IsNotFound(options_.vault->Prepare({home_id, id}))) return Erased(std::string(id));
  }
  return ClaimFrom(unique_id, "", home_id);
}

absl::StatusOr<std::string> RedisHomeStore::WouldClaim(const std::string& unique_id,
                                                       const std::string& home_id) {
  VEILLE_RETURN_IF_ERROR(CheckErased(unique_id));
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply claim,
      client_->CommandSync({"HGET", domain::HomeClaimsKey(PartitionOf(unique_id)), unique_id}));
  const std::string stands(claim.str());  // "<unix ms> <home>", see claim-1.lua.
  const std::size_t space = stands.find(' ');
  const std::string owner = space == std::string::npos ? "" : stands.substr(space + 1);
  return owner == home_id ? "" : owner;
}

absl::Status RedisHomeStore::TakeOver(const std::string& unique_id, const std::string& owner,
                                      const std::string& home_id) {
  return ClaimFrom(unique_id, owner, home_id).status();
}

absl::Status RedisHomeStore::Release(const std::string& unique_id, const std::string& home_id) {
  return client_
      ->EvalSync(Named("release"),
                 {domain::HomeClaimsKey(PartitionOf(unique_id)), unique_id, home_id})
      .status();
}

}  // namespace veille::care
