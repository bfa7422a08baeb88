// Base64 (RFC 4648). Pure.

#ifndef COMMON_CRYPTO_BASE64_H_
#define COMMON_CRYPTO_BASE64_H_

#include <optional>
#include <string>
#include <string_view>

namespace veille {

// With padding, in one line.
std::string Base64(std::string_view bytes);
// The alphabet of addresses, without padding.
std::string Base64Url(std::string_view bytes);
// Takes either alphabet, with or without padding; nothing when it is neither.
std::optional<std::string> FromBase64(std::string_view text);

}  // namespace veille

#endif  // COMMON_CRYPTO_BASE64_H_
