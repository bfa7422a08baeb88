#include "services/veille/vault_setup.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/log/log.h"
#include "common/redis/check_settings.h"
#include "common/redis/pipelined_client.h"
#include "services/domain/vault/redis_key_store.h"

namespace veille {

using config::v1::Config;

absl::StatusOr<std::optional<KeysPlace>> KeysPlaceOf(const Config& config,
                                                     const std::string& data) {
  const config::v1::Keys& keys = config.keys();
  if (keys.unencrypted()) return std::optional<KeysPlace>();
  KeysPlace place;
  place.kek_file = keys.kek_file();
  if (place.kek_file.empty()) place.kek_file = data + "/keys/kek.keys";
  if (keys.store().endpoint().empty()) {
    place.own_store = data + "/keys/redis";
    place.store.unix_socket = place.own_store + "/redis.sock";
  } else {
    VEILLE_ASSIGN_OR_RETURN(place.store, redis::ParseEndpoint(keys.store().endpoint()));
    if (!keys.store().username().empty()) place.store.username = keys.store().username();
    if (!keys.store().password_file().empty())
      place.store.password_file = keys.store().password_file();
  }
  return std::optional<KeysPlace>(std::move(place));
}

absl::Status EnsureKekFile(const KeysPlace& place) {
  if (std::filesystem::exists(place.kek_file)) return absl::OkStatus();
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::path(place.kek_file).parent_path();
  const bool made = std::filesystem::create_directories(folder, error);
  if (made && !error)
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error)
    return absl::UnavailableError("cannot make " + folder.string() + ": " + error.message());
  const absl::Status status = domain::KeyRing::MakeFile(place.kek_file);
  return absl::IsAlreadyExists(status) ? absl::OkStatus() : status;  // Another role was faster.
}

absl::StatusOr<std::unique_ptr<redis::PrivateServer>> StartKeyStore(const KeysPlace& place,
                                                                    const Config& config) {
  redis::PrivateServer::Options options;
  options.data_dir = place.own_store;
  if (!config.embedded().redis_server().empty()) options.binary = config.embedded().redis_server();
  options.progress = [](const std::string& line) { VEILLE_LOG(kInfo, line); };
  return redis::PrivateServer::Start(std::move(options));
}

absl::StatusOr<std::shared_ptr<domain::Vault>> OpenVault(const KeysPlace& place,
                                                         const redis::Endpoint& data,
                                                         const Config& config,
                                                         absl::Duration patience,
                                                         metrics::Registry& metrics) {
  auto store = std::make_shared<domain::RedisKeyStore>(place.store);
  VEILLE_RETURN_IF_ERROR(store->client().WaitConnected(patience));
  // Keys are few and rarely made: they are always on disk before they are used, whatever the data
  // may lose.
  VEILLE_RETURN_IF_ERROR(redis::CheckSettings(store->client(), redis::SettingsPolicy()));
  redis::PipelinedClient::Options client;
  client.endpoint = data;
  redis::PipelinedClient data_client(std::move(client));
  VEILLE_RETURN_IF_ERROR(data_client.WaitConnected(patience));
  VEILLE_RETURN_IF_ERROR(domain::BindKeyStore(data_client, store->client()));
  if (!config.redis().endpoint().empty() &&
      config.redis().endpoint() == config.keys().store().endpoint()) {
    VEILLE_LOG(kWarning,
               "keys.store is the Redis of the data: backups of it hold data and keys together");
  }
  domain::Vault::Options options;
  options.kek_file = place.kek_file;
  options.store = std::move(store);
  return domain::Vault::Open(std::move(options), metrics);
}

absl::Status WarmVault(domain::Vault& vault, const domain::Registry& registry) {
  std::vector<std::string> names;
  for (const care::v1::Home* home : registry.homes()) {
    names.push_back(domain::NameOf({home->home_id()}));
    for (const care::v1::Patient& patient : home->patients())
      names.push_back(domain::NameOf({home->home_id(), patient.patient_id()}));
  }
  return vault.Warm(names);
}

}  // namespace veille
