// Encryption of what a push service carries and must not read: RFC 8291 on the content coding
// aes128gcm of RFC 8188, one record a message. Pure.

#ifndef COMMON_CRYPTO_WEB_PUSH_H_
#define COMMON_CRYPTO_WEB_PUSH_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "common/crypto/p256.h"

namespace veille {

// What a browser gave, decoded.
struct WebPushReceiver {
  std::string public_point;  // 65 bytes.
  std::string auth_secret;   // 16 bytes.
};

// Push services take 4,096 bytes at most; what encryption adds is 103.
inline constexpr std::size_t kMaxWebPushText = 3993;

// `sender` and `salt` (16 bytes) are of this one message. INVALID_ARGUMENT when the receiver's key
// or secret is none, or the text is too long.
absl::StatusOr<std::string> EncryptWebPush(std::string_view text, const WebPushReceiver& receiver,
                                           const P256Key& sender, std::string_view salt);

// The other side: what the browser does. INVALID_ARGUMENT when it was not encrypted for this key.
absl::StatusOr<std::string> DecryptWebPush(std::string_view body, const P256Key& receiver,
                                           std::string_view auth_secret);

}  // namespace veille

#endif  // COMMON_CRYPTO_WEB_PUSH_H_
