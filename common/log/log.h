// Structured logs on standard error: lines for people on a terminal, JSON lines otherwise.
//
//   VEILLE_LOG(kInfo, "hub connected").Field("source", id).Field("batches", n);
//
// One write(2) a line, so lines of several threads and processes do not mix. Ids only: names,
// numbers and coordinates of people never go into a log. Thread safe.

#ifndef COMMON_LOG_LOG_H_
#define COMMON_LOG_LOG_H_

#include <cmath>
#include <concepts>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "common/sync/mutex.h"
#include "common/time/clock.h"

namespace veille::log {

enum class Level { kDebug, kInfo, kWarning, kError };

struct Options {
  Level least = Level::kInfo;
  bool json = false;
  std::string role;                    // Goes with each line.
  std::shared_ptr<const Clock> clock;  // Null: the system's.
};

// Before threads start; the default is: from kInfo, JSON unless standard error is a terminal.
void Configure(Options options);
Options DefaultOptions();
bool Enabled(Level level);

// One line, written when it goes out of scope.
class Line {
 public:
  Line(Level level, std::string_view message) : level_(level), message_(message) {}
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  Line& Field(std::string_view name, std::string_view value) {
    fields_.push_back({std::string(name), std::string(value), true});
    return *this;
  }
  template <std::integral T>
  Line& Field(std::string_view name, T value) {
    fields_.push_back({std::string(name), std::to_string(value), false});
    return *this;
  }
  Line& Field(std::string_view name, double value) {
    // JSON has no word for what is no number.
    fields_.push_back(
        {std::string(name), std::isfinite(value) ? std::to_string(value) : "null", false});
    return *this;
  }
  Line& Self() { return *this; }
  Line& Field(const absl::Status& status) {
    return Field("error", std::string_view(std::string(status.ToString())));
  }

 private:
  struct Value {
    std::string name, value;
    bool quoted;
  };
  const Level level_;
  const std::string message_;
  std::vector<Value> fields_;
};

// What a line looks like; pure, for tests.
std::string FormatJson(Level level, std::string_view time, std::string_view role,
                       std::string_view message,
                       const std::vector<std::pair<std::string, std::string>>& fields);

// Says a repeated state only when its text changes: an error that comes back every second is one
// line.
class OnChange {
 public:
  // True when `text` differs from what was last said under `key`.
  bool Changed(const std::string& key, const std::string& text);

 private:
  Mutex mu_;
  std::map<std::string, std::string> last_ ABSL_GUARDED_BY(mu_);
};

namespace internal {
struct Void {
  void operator&(const Line&) const {}
};
}  // namespace internal

}  // namespace veille::log

// An expression, so that it can stand anywhere: `&` binds weaker than `.Field()`, and makes it
// void.
#define VEILLE_LOG(level, message)                     \
  !::veille::log::Enabled(::veille::log::Level::level) \
      ? static_cast<void>(0)                           \
      : ::veille::log::internal::Void() &              \
            ::veille::log::Line(::veille::log::Level::level, message).Self()

#endif  // COMMON_LOG_LOG_H_
