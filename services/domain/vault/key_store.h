// Where wrapped data keys are kept: a port with a place of its own, so that backups of the data
// hold no keys. Calls block for a round trip. Thread safe.

#ifndef SERVICES_DOMAIN_VAULT_KEY_STORE_H_
#define SERVICES_DOMAIN_VAULT_KEY_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace veille::domain {

// Whose key, and the serialized store.v1.WrappedKey.
using StoredKey = std::pair<std::string, std::string>;

class KeyStore {
 public:
  virtual ~KeyStore() = default;

  // The wrapped keys of these names; "" for one that is not there.
  virtual absl::StatusOr<std::vector<std::string>> Get(const std::vector<std::string>& names) = 0;

  // Puts each where there is none; what is there then. ABORTED when `kek_id` is not the one that
  // wraps new keys: somebody rotates.
  virtual absl::StatusOr<std::vector<std::string>> Create(const std::string& kek_id,
                                                          const std::vector<StoredKey>& keys) = 0;

  // `after` is wrapped by `kek_id`. ABORTED when something else than `before` is there, or another
  // key-encryption key wraps new keys by now: what wraps nothing must not begin to wrap again.
  virtual absl::Status Replace(const std::string& kek_id, const std::string& name,
                               const std::string& before, const std::string& after) = 0;

  // Puts the mark of a destroyed key, and sees to it that what was there leaves the disk.
  virtual absl::Status Destroy(const std::string& name, const std::string& mark) = 0;

  // A part of all keys, each at least once: begin with "", go on with `next` until it is "".
  struct Page {
    std::vector<StoredKey> keys;
    std::string next;
  };
  virtual absl::StatusOr<Page> List(const std::string& from) = 0;

  // Which key-encryption key wraps new keys; "" before the first.
  virtual absl::StatusOr<std::string> CurrentKek() = 0;
  // ABORTED when it is not `before` any more: of two that rotate, one begins.
  virtual absl::Status SetCurrentKek(const std::string& before, const std::string& kek_id) = 0;

  // Destroyed keys are numbered.
  struct Changes {
    uint64_t version = 0;
    // Destroyed after the version that was asked for; absent when that cannot be told any more.
    std::optional<std::vector<std::string>> destroyed;
  };
  virtual absl::StatusOr<Changes> ChangesSince(uint64_t version) = 0;
};

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_VAULT_KEY_STORE_H_
