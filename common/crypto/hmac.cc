#include "common/crypto/hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "common/base/check.h"

namespace veille {

std::string HmacSha256(std::string_view key, std::string_view data) {
  std::string mac(SHA256_DIGEST_LENGTH, '\0');
  unsigned length = 0;
  const unsigned char* made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                                   reinterpret_cast<const unsigned char*>(data.data()), data.size(),
                                   reinterpret_cast<unsigned char*>(mac.data()), &length);
  VEILLE_CHECK(made != nullptr && length == mac.size());
  return mac;
}

std::string HkdfSha256(std::string_view salt, std::string_view secret, std::string_view info,
                       std::size_t bytes) {
  VEILLE_CHECK(bytes <= SHA256_DIGEST_LENGTH);
  return HmacSha256(HmacSha256(salt, secret), std::string(info) + '\1').substr(0, bytes);
}

std::optional<std::string> FromHex(const std::string& digits) {
  std::string bytes(digits.size() / 2, '\0');
  std::size_t size = 0;
  const bool good = digits.size() % 2 == 0 &&
                    OPENSSL_hexstr2buf_ex(reinterpret_cast<unsigned char*>(bytes.data()),
                                          bytes.size(), &size, digits.c_str(), '\0') == 1 &&
                    size == bytes.size();
  return good ? std::optional(std::move(bytes)) : std::nullopt;
}

std::string ToHex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) {
    hex += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4U];
    hex += "0123456789abcdef"[static_cast<unsigned char>(byte) & 15U];
  }
  return hex;
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace veille
