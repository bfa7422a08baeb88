// A private key on the curve P-256: agreement (ECDH) and signatures (ES256). Immutable; thread
// safe.

#ifndef COMMON_CRYPTO_P256_H_
#define COMMON_CRYPTO_P256_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace veille {

class P256Key {
 public:
  static absl::StatusOr<P256Key> Generate();
  // A private key in PEM, as `openssl ecparam -name prime256v1 -genkey -noout` writes it.
  static absl::StatusOr<P256Key> FromPem(std::string_view pem);
  // The 32 bytes of the private number.
  static absl::StatusOr<P256Key> FromScalar(std::string_view scalar);

  // The public point, uncompressed: 65 bytes.
  const std::string& public_point() const { return public_point_; }
  // The secret that this key and another's public point have in common: 32 bytes.
  // INVALID_ARGUMENT when `point` is not on the curve.
  absl::StatusOr<std::string> Agree(std::string_view point) const;
  // 64 bytes, as JOSE wants them: r, then s.
  absl::StatusOr<std::string> Sign(std::string_view data) const;

 private:
  struct Handle;  // OpenSSL's.
  static absl::StatusOr<P256Key> Make(std::shared_ptr<const Handle> handle);
  P256Key() = default;

  std::shared_ptr<const Handle> handle_;
  std::string public_point_;
};

// Whether these are 65 bytes of a point on the curve.
bool IsP256Point(std::string_view point);

// Whether the signature (64 bytes) of `data` was made by the key of this public point.
bool VerifyEs256(std::string_view point, std::string_view data, std::string_view signature);

}  // namespace veille

#endif  // COMMON_CRYPTO_P256_H_
