#include "common/base/random.h"

#include <sys/random.h>

#include "common/base/check.h"

namespace veille {

uint64_t SystemRandom::UInt64() {
  uint64_t value = 0;
  VEILLE_CHECK(getrandom(&value, sizeof(value), 0) == sizeof(value));
  return value;
}

}  // namespace veille
