// Password hashes by scrypt (RFC 7914). Pure.

#ifndef COMMON_CRYPTO_SCRYPT_H_
#define COMMON_CRYPTO_SCRYPT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace veille {

struct ScryptCost {
  uint64_t n = uint64_t{1} << 15;  // Takes 128 * n * r bytes.
  uint32_t r = 8;
  uint32_t p = 3;
};

// The OWASP Password Storage Cheat Sheet's choice for 32 MiB: N = 2^15, r = 8, p = 3.
inline constexpr ScryptCost kPasswordCost;

// Empty where OpenSSL refuses the cost: not a power of two, or more than 256 MiB.
std::string Scrypt(std::string_view password, std::string_view salt, const ScryptCost& cost,
                   std::size_t bytes = 32);

}  // namespace veille

#endif  // COMMON_CRYPTO_SCRYPT_H_
