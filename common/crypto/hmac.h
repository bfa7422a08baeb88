// HMAC-SHA-256 (RFC 2104), and HKDF (RFC 5869) for keys of up to 32 bytes. Pure.

#ifndef COMMON_CRYPTO_HMAC_H_
#define COMMON_CRYPTO_HMAC_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace veille {

// 32 bytes.
std::string HmacSha256(std::string_view key, std::string_view data);

// `bytes` of key material, at most 32.
std::string HkdfSha256(std::string_view salt, std::string_view secret, std::string_view info,
                       std::size_t bytes);

// Lower-case hexadecimal digits.
std::string ToHex(std::string_view bytes);
// What the digits of either case say; nothing when they are something else, or odd in number.
std::optional<std::string> FromHex(const std::string& digits);

// Takes as long for what differs at its beginning as for what differs at its end.
bool EqualInConstantTime(std::string_view a, std::string_view b);

}  // namespace veille

#endif  // COMMON_CRYPTO_HMAC_H_
