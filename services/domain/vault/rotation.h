// Rotation of key-encryption keys. Data keys stay what they are and are wrapped anew, so that
// nothing that is stored has to be encrypted again, and running roles go on meanwhile.

#ifndef SERVICES_DOMAIN_VAULT_ROTATION_H_
#define SERVICES_DOMAIN_VAULT_ROTATION_H_

#include <cstddef>
#include <map>
#include <string>

#include "absl/status/statusor.h"

#include "services/domain/vault/key_store.h"

namespace veille::domain {

struct KeyCounts {
  std::map<std::string, std::size_t> by_kek;  // Data keys that each key-encryption key wraps.
  std::size_t destroyed = 0;
  std::string current;  // Wraps new ones; "" before the first.
};

absl::StatusOr<KeyCounts> CountKeys(KeyStore& store);

struct Rotation {
  std::string kek_id;         // Wraps everything now.
  std::size_t rewrapped = 0;  // By this call.
};

// Goes on with a rotation that was interrupted; else begins one, with the newest key of the file
// when that is not in use yet, or with a new one that is appended to it. Any process may be killed
// at any point. Of many that rotate at once with one file each waits for its turn; one that has a
// file of its own, on another machine, gets FAILED_PRECONDITION or ABORTED, and destroys nothing.
absl::StatusOr<Rotation> RotateKeys(KeyStore& store, const std::string& kek_file);

// Takes key-encryption keys that wrap nothing any more out of the file; how many.
// FAILED_PRECONDITION when something does not open with the file.
absl::StatusOr<std::size_t> RemoveUnusedKeks(KeyStore& store, const std::string& kek_file);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_VAULT_ROTATION_H_
