// Key-encryption keys: the few secrets that wrap every data key, from a file or a mounted secret.
//
// A line each, "<id> <64 hexadecimal digits>"; the newest stands last and wraps what is new, the
// others open what was wrapped before. Immutable, so thread safe.

#ifndef SERVICES_DOMAIN_VAULT_KEY_RING_H_
#define SERVICES_DOMAIN_VAULT_KEY_RING_H_

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

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
  // A file with one new key; only its owner may read it.
  static absl::Status MakeFile(const std::string& path);
  // Appends a new key to the file, which takes effect as a whole or not at all.
  static absl::Status AddKey(const std::string& path);
  // Takes these keys out of the file, never the newest.
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
