// X.509 certificates and requests for them, in PEM. Pure, but for the randomness of new keys;
// thread safe.

#ifndef COMMON_PKI_CERTIFICATE_H_
#define COMMON_PKI_CERTIFICATE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace veille::pki {

struct CertificateInfo {
  std::vector<std::string> uris;  // Of the subject's alternative names.
  std::string serial;             // Lower-case hexadecimal.
  absl::Time not_before, not_after;
  std::string issuer_key_id;  // Of the authority that signed it, hexadecimal; empty: not said.
};

// Of the first certificate in `pem`. INVALID_ARGUMENT when there is none.
absl::StatusOr<CertificateInfo> Inspect(std::string_view pem);

// The identifier of the first certificate's own key, hexadecimal. INVALID_ARGUMENT when it has
// none.
absl::StatusOr<std::string> SubjectKeyId(std::string_view pem);

// What a certificate that is renewed at two thirds of its life waits for.
absl::Time RenewalTime(const CertificateInfo& info);

// A number that changes with any certificate of the bundle, and not with their order: the SHA-256
// of their sorted SHA-256, 32 bytes. INVALID_ARGUMENT when there is no certificate in it.
absl::StatusOr<std::string> BundleDigest(std::string_view pem);

// The certificates of both, each once, in order.
std::string JoinBundles(std::string_view first, std::string_view second);

struct KeyAndRequest {
  std::string key_pem;      // PKCS #8.
  std::string request_pem;  // PKCS #10, signed by the key; it asks for no name.
};

// A new P-256 key, and a request for a certificate of it.
absl::StatusOr<KeyAndRequest> MakeRequest();
// The same for a key that is there.
absl::StatusOr<std::string> RequestFor(std::string_view key_pem);

// SHA-256 of the public key that a request is for, 32 bytes. INVALID_ARGUMENT when it is none, or
// is not signed by its key, or the key is not of P-256.
absl::StatusOr<std::string> CheckRequest(std::string_view request_pem);

// Whether the key is that of the first certificate.
bool KeyFits(std::string_view key_pem, std::string_view certificate_pem);

}  // namespace veille::pki

#endif  // COMMON_PKI_CERTIFICATE_H_
