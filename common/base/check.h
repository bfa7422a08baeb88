// What to do about our own mistakes. Never for what a peer or the environment did: that is a
// Status.
//
// VEILLE_CHECK stops the process, in production as well: going on would corrupt what people rely
// on. VEILLE_BUG is for what is impossible but survivable: it is counted and said once a place, and
// stops only builds with assertions.

#ifndef COMMON_BASE_CHECK_H_
#define COMMON_BASE_CHECK_H_

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace veille::internal {

inline std::atomic<uint64_t> bugs{0};

[[noreturn]] inline void CheckFailed(const char* file, int line, const char* what) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, what);
  std::abort();
}

inline void Bug(const char* file, int line, const char* what) {
  if (bugs.fetch_add(1) < 100) std::fprintf(stderr, "%s:%d: bug: %s\n", file, line, what);
#ifndef NDEBUG
  std::abort();
#endif
}

}  // namespace veille::internal

#define VEILLE_CHECK(condition) \
  ((condition) ? void(0) : ::veille::internal::CheckFailed(__FILE__, __LINE__, #condition))
#define VEILLE_BUG(what) ::veille::internal::Bug(__FILE__, __LINE__, what)

#endif  // COMMON_BASE_CHECK_H_
