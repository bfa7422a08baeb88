// How a push service knows who we are (VAPID, RFC 8292). Pure.

#ifndef COMMON_CRYPTO_VAPID_H_
#define COMMON_CRYPTO_VAPID_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "common/crypto/p256.h"

namespace veille {

// "https://push.example.org:8443" of an address; empty when it has none.
std::string OriginOf(std::string_view url);

// The value of the Authorization header for an endpoint. `subject` is whom the service may ask
// about us: "mailto:…" or "https://…".
absl::StatusOr<std::string> VapidAuthorization(const P256Key& key, std::string_view endpoint,
                                               std::string_view subject, absl::Time expiry);

}  // namespace veille

#endif  // COMMON_CRYPTO_VAPID_H_
