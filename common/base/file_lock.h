// The turn to change a file, among processes of one machine: held while the object lives, given
// back also by a process that dies.

#ifndef COMMON_BASE_FILE_LOCK_H_
#define COMMON_BASE_FILE_LOCK_H_

#include <string>

#include "absl/status/statusor.h"

namespace veille {

class FileLock {
 public:
  // Waits for whoever has it. Held through `path`.lock, since a file that is replaced as a whole
  // takes no lock along; in a folder that nobody can write to through the file itself.
  static absl::StatusOr<FileLock> Take(const std::string& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}

  int fd_ = -1;
};

}  // namespace veille

#endif  // COMMON_BASE_FILE_LOCK_H_
