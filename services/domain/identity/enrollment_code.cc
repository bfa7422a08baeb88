#include "services/domain/identity/enrollment_code.h"

#include <cstdint>

namespace veille::domain {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kPinBytes = 10;
constexpr std::size_t kGroup = 4;

// As people read it aloud and type it.
char Meant(char c) {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (c == 'O') return '0';
  return c == 'I' || c == 'L' ? '1' : c;
}

}  // namespace

std::string ToBase32(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 8 / 5);
  uint32_t bits = 0;
  int count = 0;
  for (const char byte : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(byte);
    for (count += 8; count >= 5; count -= 5) text += kAlphabet[(bits >> (count - 5)) & 31];
  }
  return text;
}

std::string PinOf(std::string_view bundle_digest) {
  return ToBase32(bundle_digest.substr(0, kPinBytes));
}

std::string ToText(const EnrollmentCode& code) {
  const std::string all = code.secret + code.pin;
  std::string text;
  text.reserve(all.size() + all.size() / kGroup);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0 && i % kGroup == 0) text += '-';
    text += all[i];
  }
  return text;
}

absl::StatusOr<EnrollmentCode> ParseEnrollmentCode(std::string_view text) {
  std::string all;
  for (const char c : text) {
    if (c == '-' || c == ' ') continue;
    if (kAlphabet.find(Meant(c)) == std::string_view::npos || all.size() > 2 * kSecretCharacters)
      return absl::InvalidArgumentError("this is no enrolment code: check what was typed");
    all += Meant(c);
  }
  if (all.size() != 2 * kSecretCharacters) {
    return absl::InvalidArgumentError("an enrolment code has 32 letters and digits; this has " +
                                      std::to_string(all.size()));
  }
  return EnrollmentCode{all.substr(0, kSecretCharacters), all.substr(kSecretCharacters)};
}

}  // namespace veille::domain
