// How the report writes shares, bars and JSON.

#ifndef TESTS_EVAL_FORMAT_H_
#define TESTS_EVAL_FORMAT_H_

#include <cstdint>
#include <string>

namespace veille::eval {

// "0.950 [0.888, 0.978]", with Wilson's 95 % interval; "-" of nothing.
std::string Share(int64_t part, int64_t whole);

// "0.25 (below 0.73)": counted per `units` of time, with the upper 95 % bound; "-" of no time.
std::string Rate(int64_t count, double units);

// A JSON string, and text within HTML.
std::string Quote(const std::string& text);
std::string Escape(const std::string& text);

// A table cell with a bar for a share from 0 to 1, and a line for its interval.
std::string Bar(int64_t part, int64_t whole);

// A table cell with a bar for a count per `units`, a line to its upper 95 % bound, and a mark at
// `target`, on a scale that ends at four times the target.
std::string RateBar(int64_t count, double units, double target);

// "[a,b]" of what `write` makes of each entry.
template <typename List, typename Write>
std::string JoinJson(const List& list, const Write& write) {
  std::string out;
  for (const auto& entry : list) {
    if (!out.empty()) out += ",";
    out += write(entry);
  }
  return "[" + out + "]";
}

}  // namespace veille::eval

#endif  // TESTS_EVAL_FORMAT_H_
