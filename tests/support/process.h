// Real processes for tests: started, killed, started again; ended with the test.

#ifndef TESTS_SUPPORT_PROCESS_H_
#define TESTS_SUPPORT_PROCESS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include <sys/types.h>

namespace veille::testing {

class Process {
 public:
  // Output is appended to `log_file`.
  Process(std::vector<std::string> argv, std::string log_file);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void Start();
  void Kill();                       // SIGKILL, and waits.
  int Stop();                        // SIGTERM; the exit code.
  int Wait(absl::Duration timeout);  // The exit code; −1 when it still runs.
  bool Alive();
  void Signal(int signal);  // SIGSTOP, SIGCONT.
  pid_t pid() const { return pid_; }

 private:
  const std::vector<std::string> argv_;
  const std::string log_file_;
  pid_t pid_ = 0;
};

// A port that nobody listens on.
int FreePort();

// A folder of the test's own, gone with the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The executable under test.
std::string VeilleBinary();

}  // namespace veille::testing

#endif  // TESTS_SUPPORT_PROCESS_H_
