// A process from its first thread to an ordered, bounded stop.
//
// Make one App in main before any other thread: it ignores SIGPIPE and blocks SIGTERM and SIGINT,
// so that only RunUntilStopped() receives them. What was registered last is stopped first. A second
// signal ends the process at once.

#ifndef COMMON_APP_LIFE_CYCLE_H_
#define COMMON_APP_LIFE_CYCLE_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace veille::app {

class App {
 public:
  App();

  // `stop` must be bounded by itself; one that takes longer than `limit` ends the process.
  void OnStop(std::string name, std::function<void()> stop,
              absl::Duration limit = absl::Seconds(15));

  // `look` is called about once a second, by RunUntilStopped() and on its thread: for what must be
  // seen to from the thread that started it. One that blocks delays the stop.
  void EverySecond(std::function<void()> look) { look_ = std::move(look); }

  // Waits for SIGTERM, SIGINT or RequestStop(), then stops everything. Returns the exit code.
  int RunUntilStopped();

  // From any thread: as if a signal had come. `exit_code` is what RunUntilStopped() returns.
  void RequestStop(int exit_code = 0);

  // Stops everything without waiting; for a start that failed half way.
  void StopNow();

 private:
  struct Part {
    std::string name;
    std::function<void()> stop;
    absl::Duration limit;
  };
  std::vector<Part> parts_;
  std::function<void()> look_;
};

}  // namespace veille::app

#endif  // COMMON_APP_LIFE_CYCLE_H_
