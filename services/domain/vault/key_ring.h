// Key-encryption keys: the few secrets that wrap every data key, from a file or a mounted secret.
//
// A line each, "<id> <64 hexadecimal digits>"; the newest stands last and wraps what is new, the
// others open what was wrapped before. Ids are drawn at random: two keys never have the same, also
// where two machines each added one to a file of their own. Immutable, so thread safe.

#ifndef SERVICES_DOMAIN_VAULT_KEY_RING_H_
#define SERVICES_DOMAIN_VAULT_KEY_RING_H_

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "common/base/file_lock.h"
#include "common/crypto/aead.h"

namespace veille::domain {

class KeyRing {
 public:
  struct Key {
    std::string id;
    std::shared_ptr<const AeadKey> key;
  };

  // PERMISSION_DENIED for a file that others than its owner may read (a secret that the system
  // mounted may be read by its group). Says what to do.
  static absl::StatusOr<KeyRing> Load(const std::string& path);
  // A file with one new key; only its owner may read it. ALREADY_EXISTS where there is one: what
  // its keys have wrapped would be lost.
  static absl::Status MakeFile(const std::string& path);

  // Held from the look at the keys until the file is changed: `<path>.lock`. Where the folder
  // cannot be written, as of a mounted secret, nobody can change the file, and nothing is held.
  static absl::StatusOr<std::optional<FileLock>> Lock(const std::string& path);
  // Appends a new key to the file, which takes effect as a whole or not at all. Under the lock.
  static absl::Status AddKey(const std::string& path);
  // Takes these keys out of the file, never the newest. Under the lock.
  static absl::Status RemoveKeys(const std::string& path, const std::set<std::string>& ids);

  const Key& newest() const { return keys_.back(); }
  // Null when there is none.
  std::shared_ptr<const AeadKey> Find(std::string_view id) const;
  const std::vector<Key>& keys() const { return keys_; }  // Oldest first.

 private:
  std::vector<Key> keys_;
};

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_VAULT_KEY_RING_H_
