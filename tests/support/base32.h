// One-time codes as an authenticator app makes them.

#ifndef TESTS_SUPPORT_BASE32_H_
#define TESTS_SUPPORT_BASE32_H_

#include <cstdint>
#include <string>

namespace veille::testing {

// RFC 4648, as an app reads what was typed.
inline std::string FromBase32(const std::string& text) {
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    bits = (bits << 5) | static_cast<uint32_t>(c >= 'A' ? c - 'A' : c - '2' + 26);
    count += 5;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>((bits >> count) & 0xff);
    }
  }
  return bytes;
}

}  // namespace veille::testing

#endif  // TESTS_SUPPORT_BASE32_H_
