// The code that is typed on a hub to enrol it: a secret that the identity service knows by its
// digest only, and a pin of the roots that the hub may believe. Pure.
//
// 32 characters in groups of four, "7K3M-…": 80 bits each, in Crockford's base 32, which has no
// letters that look like digits.

#ifndef SERVICES_DOMAIN_IDENTITY_ENROLLMENT_CODE_H_
#define SERVICES_DOMAIN_IDENTITY_ENROLLMENT_CODE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace veille::domain {

inline constexpr std::size_t kSecretCharacters = 16;

struct EnrollmentCode {
  std::string secret;
  std::string pin;
};

// Five bits a character; a rest of less than five is dropped.
std::string ToBase32(std::string_view bytes);

// Of pki::BundleDigest().
std::string PinOf(std::string_view bundle_digest);

std::string ToText(const EnrollmentCode& code);
// Takes small letters, spaces, and O, I and L for 0 and 1. INVALID_ARGUMENT without repeating it.
absl::StatusOr<EnrollmentCode> ParseEnrollmentCode(std::string_view text);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_IDENTITY_ENROLLMENT_CODE_H_
