// Passwords and ids as they may be. Pure.

#ifndef SERVICES_IDENTITY_CORE_PASSWORDS_H_
#define SERVICES_IDENTITY_CORE_PASSWORDS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "veille/store/v1/account.pb.h"

#include "common/crypto/scrypt.h"

namespace veille::identity {

inline constexpr std::size_t kMaxPassword = 128;  // Bytes.

// INVALID_ARGUMENT says what is wrong with the id of an account.
absl::Status CheckAccountId(std::string_view id);

// Length counts, and that it is not among what is tried first, which `names` of the person and of
// those that the person cares for are; no rules about kinds of characters (NIST SP 800-63B, ASVS
// 5.0 chapter 6.2). INVALID_ARGUMENT says what would do.
absl::Status CheckNewPassword(std::string_view password, std::string_view account_id,
                              const std::vector<std::string>& names = {});

// With `salt` of 16 random bytes.
store::v1::PasswordHash HashPassword(std::string_view password, std::string salt,
                                     const ScryptCost& cost = kPasswordCost);
bool IsPassword(std::string_view password, const store::v1::PasswordHash& hash);
// Whether it was made at another cost.
bool IsOutdated(const store::v1::PasswordHash& hash, const ScryptCost& cost = kPasswordCost);

}  // namespace veille::identity

#endif  // SERVICES_IDENTITY_CORE_PASSWORDS_H_
