#include "common/crypto/password_strength.h"

#include <algorithm>
#include <utility>

#include <zxcvbn.h>

namespace veille {
namespace {

constexpr std::size_t kMostWords = 100, kLeastWord = 3;

// U+00C0 to U+00FF, in UTF-8 the byte C3 and another: the letter without its accent.
constexpr std::string_view kWithoutAccents =
    "AAAAAAACEEEEIIIIDNOOOOO*OUUUUYTs"
    "aaaaaaaceeeeiiiidnooooo/ouuuuyty";

// zxcvbn knows bytes, and the letters of English.
std::string Plain(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (text[i] == '\xC3' && next >= 0x80 && next < 0xC0) {
      plain += kWithoutAccents[next - 0x80];
      ++i;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// What the same keys write on the keyboard that zxcvbn knows.
std::string FromAzertyToQwerty(std::string_view text) {
  static constexpr std::pair<std::string_view, char> kKeys[] = {
      {"a", 'q'}, {"q", 'a'}, {"z", 'w'}, {"w", 'z'}, {"m", ';'},  {",", 'm'},
      {";", ','}, {":", '.'}, {"!", '/'}, {"A", 'Q'}, {"Q", 'A'},  {"Z", 'W'},
      {"W", 'Z'}, {"M", ':'}, {"&", '1'}, {"é", '2'}, {"\"", '3'}, {"'", '4'},
      {"(", '5'}, {"-", '6'}, {"è", '7'}, {"_", '8'}, {"ç", '9'},  {"à", '0'},
  };
  std::string keys;
  keys.reserve(text.size());
  while (!text.empty()) {
    const auto* key = std::find_if(std::begin(kKeys), std::end(kKeys), [text](const auto& one) {
      return text.substr(0, one.first.size()) == one.first;
    });
    const bool moved = key != std::end(kKeys);
    keys += moved ? key->second : text.front();
    text.remove_prefix(moved ? key->first.size() : 1);
  }
  return keys;
}

std::string Lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace

double PasswordBits(std::string_view password, const std::vector<std::string>& words) {
  std::vector<std::string> plain;
  for (const std::string& word : words) {
    if (plain.size() == kMostWords) break;
    std::string one = Lower(Plain(word));
    if (one.size() >= kLeastWord && one.size() <= kMostJudgedBytes) plain.push_back(std::move(one));
  }
  std::vector<const char*> tried;
  tried.reserve(plain.size() + 1);
  for (const std::string& word : plain) tried.push_back(word.c_str());
  tried.push_back(nullptr);
  const auto bits = [&tried](const std::string& text) {
    return ZxcvbnMatch(text.substr(0, kMostJudgedBytes).c_str(), tried.data(), nullptr);
  };
  return std::min(bits(Plain(password)), bits(Plain(FromAzertyToQwerty(password))));
}

}  // namespace veille
