// Ed25519 signatures (RFC 8032), and SHA-256. Thread safe; keys are immutable.

#ifndef COMMON_CRYPTO_ED25519_H_
#define COMMON_CRYPTO_ED25519_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include <openssl/evp.h>

namespace veille {

// 32 bytes.
std::string Sha256(std::string_view data);

class VerifyingKey {
 public:
  // INVALID_ARGUMENT when it is not an Ed25519 public key in PEM.
  static absl::StatusOr<VerifyingKey> FromPem(std::string_view pem);

  bool Verify(std::string_view message, std::string_view signature) const;
  std::string ToPem() const;
  // The first 8 bytes of SHA-256 of the raw public key.
  std::string Id() const;

 private:
  friend class SigningKey;
  explicit VerifyingKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)) {}
  std::shared_ptr<EVP_PKEY> key_;
};

class SigningKey {
 public:
  static absl::StatusOr<SigningKey> Generate();
  // INVALID_ARGUMENT when it is not an Ed25519 private key in PEM (PKCS #8).
  static absl::StatusOr<SigningKey> FromPem(std::string_view pem);

  // 64 bytes.
  std::string Sign(std::string_view message) const;
  VerifyingKey Public() const;
  std::string ToPem() const;

 private:
  explicit SigningKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)) {}
  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace veille

#endif  // COMMON_CRYPTO_ED25519_H_
