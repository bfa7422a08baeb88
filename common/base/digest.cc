#include "common/base/digest.h"

#include <array>
#include <cstring>

#include <openssl/sha.h>

namespace veille {
namespace {

uint64_t Load(const char* from, std::size_t bytes) {
  uint64_t value = 0;
  std::memcpy(&value, from, bytes);
  return value;
}

uint64_t Mix(uint64_t value) {
  value = (value ^ (value >> 32)) * 0xD6E8FEB86659FD93ULL;
  value = (value ^ (value >> 32)) * 0xD6E8FEB86659FD93ULL;
  return value ^ (value >> 32);
}

}  // namespace

uint64_t Sha256Prefix(std::string_view data) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest.data());
  uint64_t prefix = 0;
  for (int i = 0; i < 8; ++i) prefix = prefix << 8 | digest[static_cast<std::size_t>(i)];
  return prefix;
}

std::string Sha256Hex16(std::string_view data) {
  uint64_t prefix = Sha256Prefix(data);
  std::string hex(16, '0');
  for (std::size_t i = 16; i-- > 0; prefix >>= 4) hex[i] = "0123456789abcdef"[prefix & 15];
  return hex;
}

uint64_t StableHash64(std::string_view data) {
  // Two lanes of multiply-rotate, so that a long batch costs about a cycle for 4 bytes.
  uint64_t a = 0x243F6A8885A308D3ULL ^ data.size();
  uint64_t b = 0x13198A2E03707344ULL;
  const char* at = data.data();
  std::size_t left = data.size();
  for (; left >= 16; at += 16, left -= 16) {
    a = (a ^ Load(at, 8)) * 0x9FB21C651E98DF25ULL;
    b = (b ^ Load(at + 8, 8)) * 0xA0761D6478BD642FULL;
    a = a << 29 | a >> 35;
    b = b << 31 | b >> 33;
  }
  if (left >= 8) {
    a = (a ^ Load(at, 8)) * 0x9FB21C651E98DF25ULL;
    at += 8;
    left -= 8;
  }
  if (left > 0) b = (b ^ Load(at, left)) * 0xA0761D6478BD642FULL;
  return Mix(a ^ Mix(b));
}

}  // namespace veille
