// An exclusive lock among processes, by flock(2) of a file beside what it protects. The kernel ends
// it with its holder, however that dies; the file itself is empty and stays.

#ifndef COMMON_BASE_FILE_LOCK_H_
#define COMMON_BASE_FILE_LOCK_H_

#include <string>

#include "absl/status/statusor.h"

namespace veille {

class FileLock {
 public:
  // Waits for whoever holds it. The folder must be there. Threads of one process exclude one
  // another, too; one that takes it twice waits for itself.
  static absl::StatusOr<FileLock> Take(const std::string& path);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace veille

#endif  // COMMON_BASE_FILE_LOCK_H_
