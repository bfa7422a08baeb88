#include "services/domain/vault/sealed_value.h"

#include "common/crypto/aead.h"

namespace veille::domain {

absl::StatusOr<SealedValue> ParseSealed(std::string_view stored) {
  SealedValue value;
  if (stored.size() >= kSealedNameAt && stored[1] == kSealedFormat) {
    const std::size_t length =
        static_cast<std::size_t>(static_cast<unsigned char>(stored[kSealedNameAt - 2])) << 8U |
        static_cast<unsigned char>(stored[kSealedNameAt - 1]);
    if (stored.size() >= kSealedNameAt + length + AeadKey::kOverhead) {
      value.key_id = stored.substr(2, kKeyIdBytes);
      value.name = stored.substr(kSealedNameAt, length);
      value.header = stored.substr(0, kSealedNameAt + length);
      value.message = stored.substr(kSealedNameAt + length);
      return value;
    }
  }
  return absl::DataLossError("an encrypted value is cut off or of an unknown format");
}

std::string_view SealedFor(std::string_view stored) {
  if (stored.empty() || stored[0] != kSealed) return "";
  const absl::StatusOr<SealedValue> value = ParseSealed(stored);
  return value.ok() ? value->name : std::string_view();
}

}  // namespace veille::domain
