// A file that grows piece by piece and is seen once it is whole. Readable by its owner only.

#ifndef COMMON_BASE_GROWING_FILE_H_
#define COMMON_BASE_GROWING_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace veille {

class GrowingFile {
 public:
  // Begins `path`.tmp, beside what may stand at `path`.
  static absl::StatusOr<GrowingFile> Create(std::string path);
  // Takes away what is not whole.
  ~GrowingFile();
  GrowingFile(GrowingFile&& other) noexcept;
  GrowingFile& operator=(GrowingFile&&) = delete;

  absl::Status Append(std::string_view content);
  // Syncs and renames: readers see what stood there before, or all of it, also after a power cut.
  absl::Status Finish();

 private:
  GrowingFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  absl::Status Flush();

  std::string path_;
  int fd_ = -1;  // −1: finished.
  std::string buffer_;
};

}  // namespace veille

#endif  // COMMON_BASE_GROWING_FILE_H_
