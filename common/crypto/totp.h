// Time-based one-time passwords (RFC 6238) as authenticator apps make them: HMAC-SHA-1, steps of
// 30 s, six digits. Pure.

#ifndef COMMON_CRYPTO_TOTP_H_
#define COMMON_CRYPTO_TOTP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace veille {

inline constexpr std::size_t kTotpSecretBytes = 20;  // RFC 4226 recommends 160 bits.

// RFC 4226. `digits` is at most 9.
std::string Hotp(std::string_view secret, uint64_t counter, int digits = 6);

// The step that time is in.
uint64_t TotpStep(absl::Time now);

// The step whose code this is: the current one, or one beside it, for clocks that differ. Nothing
// for a wrong code, and for steps up to `last_step`: a code that was read over a shoulder is used
// up.
std::optional<uint64_t> CheckTotp(std::string_view secret, std::string_view code, absl::Time now,
                                  uint64_t last_step);

// RFC 4648, without padding: how people type a secret into an app.
std::string Base32(std::string_view bytes);

// What a QR code says.
std::string TotpUri(std::string_view secret, const std::string& issuer, const std::string& account);

}  // namespace veille

#endif  // COMMON_CRYPTO_TOTP_H_
