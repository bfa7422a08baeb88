// The certificate of an erasure: made from its record, signed with the audit log's key, and
// verified by whoever has the public one. Pure; thread safe.

#ifndef SERVICES_DOMAIN_AUDIT_ERASURE_CERTIFICATE_H_
#define SERVICES_DOMAIN_AUDIT_ERASURE_CERTIFICATE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message_lite.h"

#include "veille/store/v1/rights.pb.h"

#include "common/crypto/ed25519.h"

namespace veille::domain {

// The same message gives the same bytes, maps included.
std::string SerializedSame(const google::protobuf::MessageLite& message);

// Sets the erasure's certificate and signature.
void Certify(absl::Time now, const SigningKey& key, store::v1::Erasure& erasure);

// Of an erasure that is certified.
store::v1::SignedErasure SignedErasureOf(const store::v1::Erasure& erasure);

// What the certificate says. PERMISSION_DENIED, with the reason, when it is not what was signed.
absl::StatusOr<store::v1::ErasureCertificate> VerifyErasure(const store::v1::SignedErasure& file,
                                                            const VerifyingKey& key);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_AUDIT_ERASURE_CERTIFICATE_H_
