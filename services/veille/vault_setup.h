// Where a deployment's keys are, and the vault of a process that serves.

#ifndef SERVICES_VEILLE_VAULT_SETUP_H_
#define SERVICES_VEILLE_VAULT_SETUP_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/config/v1/config.pb.h"

#include "common/metrics/metrics.h"
#include "common/redis/endpoint.h"
#include "common/redis/private_server.h"
#include "services/domain/registry.h"
#include "services/domain/vault/vault.h"

namespace veille {

struct KeysPlace {
  std::string kek_file;
  redis::Endpoint store;
  std::string own_store;  // The folder of a store that `veille all` starts; else empty.
};

// Nothing where everything is stored in the clear. `data` is the folder of `veille all`, "" for
// other roles.
absl::StatusOr<std::optional<KeysPlace>> KeysPlaceOf(const config::v1::Config& config,
                                                     const std::string& data);

// The key-encryption keys of a new data folder are made here, once.
absl::Status EnsureKekFile(const KeysPlace& place);

absl::StatusOr<std::unique_ptr<redis::PrivateServer>> StartKeyStore(
    const KeysPlace& place, const config::v1::Config& config);

// Waits up to `patience` for a store that is still starting, and checks its settings, and that it
// is the one that belongs to `data`.
absl::StatusOr<std::shared_ptr<domain::Vault>> OpenVault(const KeysPlace& place,
                                                         const redis::Endpoint& data,
                                                         const config::v1::Config& config,
                                                         absl::Duration patience,
                                                         metrics::Registry& metrics);

// Fetches or makes the keys of all homes and people ahead of their first event.
absl::Status WarmVault(domain::Vault& vault, const domain::Registry& registry);

}  // namespace veille

#endif  // SERVICES_VEILLE_VAULT_SETUP_H_
