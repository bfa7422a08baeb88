// The bytes of a sealed value, as far as they can be read without a key. Pure; thread safe.
//
// 0x0F (protobuf knows no wire type 7), the format, the key's id, the length of the subject's name,
// the name; then the message of aead.h. All before the message is associated data.

#ifndef SERVICES_DOMAIN_VAULT_SEALED_VALUE_H_
#define SERVICES_DOMAIN_VAULT_SEALED_VALUE_H_

#include <cstddef>
#include <string_view>

#include "absl/status/statusor.h"

namespace veille::domain {

inline constexpr char kSealed = '\x0F';
inline constexpr char kSealedFormat = '\x01';
inline constexpr std::size_t kKeyIdBytes = 8;
inline constexpr std::size_t kSealedNameAt = 2 + kKeyIdBytes + 2;

struct SealedValue {
  std::string_view key_id, name, header, message;
};

// DATA_LOSS when it is cut off or of an unknown format.
absl::StatusOr<SealedValue> ParseSealed(std::string_view stored);

// Whose key it is sealed with, see NameOf() of vault.h; "" for what is in the clear or damaged.
std::string_view SealedFor(std::string_view stored);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_VAULT_SEALED_VALUE_H_
