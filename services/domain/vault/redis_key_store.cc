#include "services/domain/vault/redis_key_store.h"

#include <span>
#include <utility>

#include "common/base/random.h"
#include "common/base/status_macros.h"
#include "services/domain/keys.h"

namespace veille::domain {
namespace vault {

extern const redis::Script kScripts[];
extern const unsigned long kScriptCount;

}  // namespace vault

namespace {

const redis::Script& Named(const char* name) {
  return redis::FindScript(std::span(vault::kScripts, vault::kScriptCount), name);
}

std::unique_ptr<redis::PipelinedClient> Connect(const redis::Endpoint& endpoint) {
  redis::PipelinedClient::Options options;
  options.endpoint = endpoint;
  options.scripts = {vault::kScripts, vault::kScripts + vault::kScriptCount};
  options.name = "keys";
  return std::make_unique<redis::PipelinedClient>(std::move(options));
}

std::vector<std::string> Strings(const redis::Reply& reply) {
  std::vector<std::string> strings;
  strings.reserve(reply.size());
  for (const redis::ReplyView element : reply.elements()) strings.emplace_back(element.str());
  return strings;
}

// What the field holds now, which is `value` when there was nothing.
absl::StatusOr<std::string> SetOnce(redis::Client& client, const std::string& key,
                                    const std::string& field, const std::string& value) {
  VEILLE_ASSIGN_OR_RETURN(redis::Reply reply, client.CommandSync({"HGET", key, field}));
  // Not asked to write otherwise: a Redis that is full would refuse, and roles must start then,
  // too.
  if (reply.IsNil()) {
    VEILLE_RETURN_IF_ERROR(client.CommandSync({"HSETNX", key, field, value}).status());
    VEILLE_ASSIGN_OR_RETURN(reply, client.CommandSync({"HGET", key, field}));
  }
  return std::string(reply.str());
}

}  // namespace

RedisKeyStore::RedisKeyStore(const redis::Endpoint& endpoint) : client_(Connect(endpoint)) {}

absl::StatusOr<std::vector<std::string>> RedisKeyStore::Get(const std::vector<std::string>& names) {
  std::vector<std::string> args = {"HMGET", WrappedKeysKey()};
  args.insert(args.end(), names.begin(), names.end());
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply reply, client_->CommandSync(std::move(args)));
  return Strings(reply);
}

absl::StatusOr<std::vector<std::string>> RedisKeyStore::Create(const std::string& kek_id,
                                                               const std::vector<StoredKey>& keys) {
  std::vector<std::string> args = {WrappedKeysKey(), KeyStateKey(), kek_id};
  args.reserve(args.size() + 2 * keys.size());
  for (const auto& [name, wrapped] : keys) {
    args.push_back(name);
    args.push_back(wrapped);
  }
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply reply,
                          client_->EvalSync(Named("create_keys"), std::move(args)));
  return Strings(reply);
}

absl::Status RedisKeyStore::Replace(const std::string& kek_id, const std::string& name,
                                    const std::string& before, const std::string& after) {
  return client_
      ->EvalSync(Named("replace_key"),
                 {WrappedKeysKey(), KeyStateKey(), kek_id, name, before, after})
      .status();
}

absl::Status RedisKeyStore::Destroy(const std::string& name, const std::string& mark) {
  VEILLE_RETURN_IF_ERROR(client_
                             ->EvalSync(Named("destroy_key"), {WrappedKeysKey(), KeyStateKey(),
                                                               DestroyedKeysKey(), name, mark})
                             .status());
  // The append-only file still has what was there. One that is being rewritten already has been
  // asked for by somebody else: the rotation that follows an erasure makes its rest useless.
  client_->CommandSync({"BGREWRITEAOF"}).status().IgnoreError();
  return absl::OkStatus();
}

absl::StatusOr<KeyStore::Page> RedisKeyStore::List(const std::string& from) {
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply reply,
                          client_->CommandSync({"HSCAN", WrappedKeysKey(),
                                                from.empty() ? "0" : from, "COUNT", "1000"}));
  Page page;
  if (reply[0].str() != "0") page.next = std::string(reply[0].str());
  for (std::size_t i = 0; i + 1 < reply[1].size(); i += 2)
    page.keys.emplace_back(reply[1][i].str(), reply[1][i + 1].str());
  return page;
}

absl::StatusOr<std::string> RedisKeyStore::CurrentKek() {
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply reply,
                          client_->CommandSync({"HGET", KeyStateKey(), "kek"}));
  return std::string(reply.str());
}

absl::Status RedisKeyStore::SetCurrentKek(const std::string& before, const std::string& kek_id) {
  return client_->EvalSync(Named("set_kek"), {KeyStateKey(), before, kek_id}).status();
}

absl::StatusOr<KeyStore::Changes> RedisKeyStore::ChangesSince(uint64_t version) {
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply reply,
      client_->EvalSync(Named("key_changes"),
                        {KeyStateKey(), DestroyedKeysKey(), std::to_string(version)}));
  Changes changes;
  changes.version = static_cast<uint64_t>(reply[0].integer());
  if (reply[1].integer() == 1) {
    changes.destroyed.emplace();
    for (std::size_t i = 2; i < reply.size(); ++i) changes.destroyed->emplace_back(reply[i].str());
  }
  return changes;
}

absl::Status BindKeyStore(redis::Client& data, redis::Client& keys) {
  SystemRandom random;
  VEILLE_ASSIGN_OR_RETURN(const std::string id,
                          SetOnce(keys, KeyStateKey(), "store_id", random.Hex(16)));
  VEILLE_ASSIGN_OR_RETURN(const std::string known, SetOnce(data, DeploymentKey(), "key_store", id));
  if (known == id) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "the data was encrypted with the keys of another key store than this one. Point keys.store "
      "to "
      "it, or restore the backup of the keys; without them the data cannot be read");
}

}  // namespace veille::domain
