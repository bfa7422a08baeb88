// How a data key is wrapped by a key-encryption key. Pure.

#ifndef SERVICES_DOMAIN_VAULT_WRAPPING_H_
#define SERVICES_DOMAIN_VAULT_WRAPPING_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "veille/store/v1/wrapped_key.pb.h"

#include "common/crypto/aead.h"
#include "services/domain/vault/key_ring.h"

namespace veille::domain {

// DATA_LOSS when it is none, or of an unknown format.
absl::StatusOr<store::v1::WrappedKey> ParseWrapped(const std::string& name, std::string_view bytes);

// Sets `kek_id` and `wrapped`; the key belongs to `name` and has its `key_id` for good.
void Wrap(const std::string& name, const AeadKey& data_key, const KeyRing::Key& kek,
          store::v1::WrappedKey& wrapped);

// The data key's bytes; to be wiped. NOT_FOUND when the ring lacks the key-encryption key,
// DATA_LOSS when it does not open.
absl::StatusOr<std::string> Unwrapped(const std::string& name, const store::v1::WrappedKey& wrapped,
                                      const KeyRing& ring);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_VAULT_WRAPPING_H_
