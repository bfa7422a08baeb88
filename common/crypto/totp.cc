#include "common/crypto/totp.h"

#include <algorithm>
#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/base/check.h"
#include "common/crypto/hmac.h"

namespace veille {
namespace {

constexpr int64_t kStepSeconds = 30;
constexpr int kDigits = 6;
constexpr std::size_t kSha1Bytes = 20;

}  // namespace

std::string Hotp(std::string_view secret, uint64_t counter, int digits) {
  std::array<unsigned char, 8> message{};
  for (std::size_t i = 0; i < message.size(); ++i)
    message[i] = static_cast<unsigned char>(counter >> (8 * (message.size() - 1 - i)));
  std::array<unsigned char, kSha1Bytes> mac{};
  unsigned length = 0;
  const unsigned char* made = HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()),
                                   message.data(), message.size(), mac.data(), &length);
  VEILLE_CHECK(made != nullptr && length == mac.size());
  const std::size_t at = mac[kSha1Bytes - 1] & 15U;
  uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) value = (value << 8) | mac[i];
  value &= 0x7FFFFFFFU;
  std::string code(static_cast<std::size_t>(digits), '0');
  for (auto digit = code.rbegin(); digit != code.rend(); ++digit, value /= 10)
    *digit = static_cast<char>('0' + value % 10);
  return code;
}

uint64_t TotpStep(absl::Time now) {
  return static_cast<uint64_t>(std::max<int64_t>(0, absl::ToUnixSeconds(now)) / kStepSeconds);
}

std::optional<uint64_t> CheckTotp(std::string_view secret, std::string_view code, absl::Time now,
                                  uint64_t last_step) {
  const uint64_t current = TotpStep(now);
  std::optional<uint64_t> found;
  for (uint64_t step = current == 0 ? 0 : current - 1; step <= current + 1; ++step) {
    const bool fits = EqualInConstantTime(Hotp(secret, step, kDigits), code);
    if (fits && step > last_step) found = step;
  }
  return found;
}

std::string Base32(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 8 / 5 + 1);
  uint32_t bits = 0;
  int count = 0;
  const auto add = [&text](uint32_t value) {
    text += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[value & 31U];
  };
  for (const char byte : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(byte);
    for (count += 8; count >= 5; count -= 5) add(bits >> (count - 5));
  }
  if (count > 0) add(bits << (5 - count));
  return text;
}

std::string TotpUri(std::string_view secret, const std::string& issuer,
                    const std::string& account) {
  return "otpauth://totp/" + issuer + ":" + account + "?secret=" + Base32(secret) +
         "&issuer=" + issuer;
}

}  // namespace veille
