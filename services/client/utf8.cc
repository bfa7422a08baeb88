#include "services/client/utf8.h"

#include <algorithm>

namespace veille::client {

std::size_t Utf8Size(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const std::size_t size = lead < 0x80                   ? 1
                           : lead >= 0xC2 && lead < 0xE0 ? 2
                           : lead >= 0xE0 && lead < 0xF0 ? 3
                           : lead >= 0xF0 && lead < 0xF5 ? 4
                                                         : 0;
  if (size == 0 || at + size > text.size()) return 0;
  for (std::size_t i = at + 1; i < at + size; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  // Longer than need be, halves of UTF-16's pairs, and beyond the last character.
  if (lead == 0xE0 && byte(at + 1) < 0xA0) return 0;
  if (lead == 0xED && byte(at + 1) >= 0xA0) return 0;
  if (lead == 0xF0 && byte(at + 1) < 0x90) return 0;
  if (lead == 0xF4 && byte(at + 1) >= 0x90) return 0;
  return size;
}

bool IsUtf8(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = Utf8Size(text, at);
    if (size == 0) return false;
    at += size;
  }
  return true;
}

bool PopCharacter(std::string& text) {
  constexpr std::size_t kLongest = 4;
  if (text.empty()) return false;
  for (std::size_t size = std::min(kLongest, text.size()); size > 1; --size) {
    const std::size_t at = text.size() - size;
    if (Utf8Size(text, at) != size) continue;
    text.resize(at);
    return true;
  }
  text.pop_back();
  return true;
}

}  // namespace veille::client
