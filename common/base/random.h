// Injected randomness: the system's in production, a seed in tests. Thread safe only where said.

#ifndef COMMON_BASE_RANDOM_H_
#define COMMON_BASE_RANDOM_H_

#include <cstdint>
#include <string>

namespace veille {

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t UInt64() = 0;

  // In [0, 1).
  double Unit() { return static_cast<double>(UInt64() >> 11) * 0x1p-53; }
  // In [0, n); 0 for n = 0.
  uint64_t Below(uint64_t n) { return n == 0 ? 0 : UInt64() % n; }
  // `digits` lower-case hexadecimal digits.
  std::string Hex(int digits) {
    std::string out;
    for (uint64_t bits = 0; digits > 0; --digits) {
      if (out.size() % 16 == 0) bits = UInt64();
      out += "0123456789abcdef"[bits & 15];
      bits >>= 4;
    }
    return out;
  }
};

// From getrandom(2). Thread safe.
class SystemRandom final : public Random {
 public:
  uint64_t UInt64() override;
};

// SplitMix64: the same seed, the same numbers, on every machine. One thread.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  uint64_t UInt64() override {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

}  // namespace veille

#endif  // COMMON_BASE_RANDOM_H_
