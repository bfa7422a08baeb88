// What strangers may send to the identity service, and what certificates may hold: refused with a
// reason, or read; what is signed names the id that was ordered.

#include <cstdint>
#include <string>

#include "common/base/check.h"
#include "common/pki/authority.h"
#include "common/pki/certificate.h"
#include "common/rpc/identity.h"
#include "services/domain/identity/enrollment_code.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  static const auto authority = *veille::pki::Authority::Load(
      *veille::pki::MakeAuthority("veille.test", now, absl::Hours(1)));
  const std::string text(reinterpret_cast<const char*>(data), size);
  veille::domain::ParseEnrollmentCode(text).status().IgnoreError();
  veille::pki::BundleDigest(text).status().IgnoreError();
  veille::rpc::IdentityOfCertificate(text).status().IgnoreError();
  const auto issued = authority.Issue({text, "hub/h", {}, now, absl::Hours(1)});
  if (issued.ok()) {
    const auto identity = veille::rpc::IdentityOfCertificate(issued->chain_pem);
    VEILLE_CHECK(identity.ok() && identity->subject() == "hub/h");
  }
  return 0;
}
