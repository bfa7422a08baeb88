// veille keys: which keys encrypt what is stored, and their rotation.

#include <cstdio>

#include "absl/flags/declare.h"
#include "absl/flags/flag.h"

#include "common/base/status_macros.h"
#include "services/domain/vault/redis_key_store.h"
#include "services/domain/vault/rotation.h"
#include "services/veille/commands.h"
#include "services/veille/load_config.h"
#include "services/veille/node.h"
#include "services/veille/operator_audit.h"
#include "services/veille/vault_setup.h"

ABSL_DECLARE_FLAG(std::string, config);
ABSL_DECLARE_FLAG(std::string, data);
ABSL_FLAG(bool, remove_old, false,
          "keys rotate: then takes key-encryption keys that wrap nothing any more out of their "
          "file; without them, copies of old data keys open nothing.");

namespace veille {
namespace {

constexpr char kUsage[] =
    "veille keys list | rotate [--remove_old]: with --data FOLDER of a running 'veille all', or "
    "--config FILE of a role; veille keys make FILE: a new file of key-encryption keys";

absl::StatusOr<KeysPlace> Place() {
  const std::string data = absl::GetFlag(FLAGS_data);
  VEILLE_ASSIGN_OR_RETURN(const config::v1::Config config,
                          LoadConfig(absl::GetFlag(FLAGS_config), !data.empty()));
  VEILLE_ASSIGN_OR_RETURN(std::optional<KeysPlace> place, KeysPlaceOf(config, data));
  if (place) return *std::move(place);
  return absl::FailedPreconditionError(
      "keys.unencrypted: this deployment stores everything in the clear");
}

absl::Status List() {
  VEILLE_ASSIGN_OR_RETURN(const KeysPlace place, Place());
  domain::RedisKeyStore store(place.store);
  VEILLE_ASSIGN_OR_RETURN(const domain::KeyCounts counts, domain::CountKeys(store));
  VEILLE_ASSIGN_OR_RETURN(const domain::KeyRing ring, domain::KeyRing::Load(place.kek_file));
  for (const domain::KeyRing::Key& key : ring.keys()) {
    const auto at = counts.by_kek.find(key.id);
    std::printf("%s wraps %zu data keys%s\n", key.id.c_str(),
                at == counts.by_kek.end() ? 0 : at->second,
                key.id == counts.current ? ", and new ones" : "");
  }
  for (const auto& [kek_id, count] : counts.by_kek) {
    if (ring.Find(kek_id) == nullptr)
      std::printf("%s wraps %zu data keys, and %s does not have it\n", kek_id.c_str(), count,
                  place.kek_file.c_str());
  }
  std::printf("%zu data keys were destroyed\n", counts.destroyed);
  return absl::OkStatus();
}

absl::Status Rotate() {
  VEILLE_ASSIGN_OR_RETURN(const KeysPlace place, Place());
  domain::RedisKeyStore store(place.store);
  VEILLE_ASSIGN_OR_RETURN(const domain::Rotation rotation,
                          domain::RotateKeys(store, place.kek_file));
  std::printf("%s wraps all data keys; %zu were wrapped anew\n", rotation.kek_id.c_str(),
              rotation.rewrapped);
  VEILLE_ASSIGN_OR_RETURN(const redis::Endpoint data,
                          DataEndpointOf(absl::GetFlag(FLAGS_config), absl::GetFlag(FLAGS_data)));
  RecordOperatorAct(data, "keys.rotate", rotation.kek_id);
  if (!absl::GetFlag(FLAGS_remove_old)) return absl::OkStatus();
  VEILLE_ASSIGN_OR_RETURN(const std::size_t removed,
                          domain::RemoveUnusedKeks(store, place.kek_file));
  std::printf("%zu old key-encryption keys were removed\n", removed);
  RecordOperatorAct(data, "keys.remove_old", std::to_string(removed));
  return absl::OkStatus();
}

}  // namespace

int RunKeys(const std::vector<std::string>& args) {
  absl::Status status;
  int failed = 1;
  if (args == std::vector<std::string>{"list"}) {
    status = List();
  } else if (args == std::vector<std::string>{"rotate"}) {
    status = Rotate();
  } else if (args.size() == 2 && args[0] == "make") {
    status = domain::KeyRing::MakeFile(args[1]);
  } else {
    status = absl::InvalidArgumentError(kUsage);
    failed = 2;
  }
  if (status.ok()) return 0;
  std::fprintf(stderr, "veille: %s\n", std::string(status.message()).c_str());
  return failed;
}

}  // namespace veille
