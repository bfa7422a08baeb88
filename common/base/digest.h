// Digests: a cryptographic one for ids, a fast one for spreading and for comparing batches. Pure.

#ifndef COMMON_BASE_DIGEST_H_
#define COMMON_BASE_DIGEST_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace veille {

// The first 8 bytes of SHA-256, as a number and as 16 hexadecimal digits. For ids that must not
// collide by anybody's intent.
uint64_t Sha256Prefix(std::string_view data);
std::string Sha256Hex16(std::string_view data);

// Fast (gigabytes a second), the same on every machine and for ever: homes are spread by it. Not
// for adversaries.
uint64_t StableHash64(std::string_view data);

}  // namespace veille

#endif  // COMMON_BASE_DIGEST_H_
