// What compilers and clang-tidy cannot check: who includes whom, where clocks are read, header
// guards, sizes. The rules are data at the top of tidy.cc; each says why. Pure: judges one file's
// text.

#ifndef TESTS_UNIT_TIDY_TIDY_H_
#define TESTS_UNIT_TIDY_TIDY_H_

#include <string>
#include <string_view>
#include <vector>

namespace veille::tidy {

// Lines of a function, its signature included. A longer one does more than one thing.
inline constexpr int kMaxFunctionLines = 70;
inline constexpr int kMaxColumns = 100;

// Every fault of one source file as "path:line: why", in the order of its lines. `path` is relative
// to the root of the repository, with slashes; it decides which rules hold.
std::vector<std::string> Faults(const std::string& path, std::string_view text);

// The source of services/<role>/core at `path` has a test when one of its role's unit tests
// includes its header or names a suite after it: rules/night_exit.cc, TEST(NightExit, …). `tests`
// is their text.
bool HasTest(const std::string& path, std::string_view tests);

}  // namespace veille::tidy

#endif  // TESTS_UNIT_TIDY_TIDY_H_
