#include "common/base/growing_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "common/base/status_macros.h"

namespace veille {
namespace {

// A write each: pieces are lines of some hundred bytes.
constexpr std::size_t kBuffer = 256 << 10;

absl::Status SystemError(const std::string& path) {
  return absl::UnavailableError("cannot write " + path + ": " + std::strerror(errno));
}

}  // namespace

absl::StatusOr<GrowingFile> GrowingFile::Create(std::string path) {
  const std::string beside = path + ".tmp";
  const int fd = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError(beside);
  return GrowingFile(std::move(path), fd);
}

GrowingFile::GrowingFile(GrowingFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      buffer_(std::move(other.buffer_)) {}

GrowingFile::~GrowingFile() {
  if (fd_ < 0) return;
  close(fd_);
  unlink((path_ + ".tmp").c_str());
}

absl::Status GrowingFile::Append(std::string_view content) {
  buffer_ += content;
  return buffer_.size() < kBuffer ? absl::OkStatus() : Flush();
}

absl::Status GrowingFile::Flush() {
  std::string_view left = buffer_;
  while (!left.empty()) {
    const ssize_t written = write(fd_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError(path_ + ".tmp");
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
  return absl::OkStatus();
}

absl::Status GrowingFile::Finish() {
  VEILLE_RETURN_IF_ERROR(Flush());
  const std::string beside = path_ + ".tmp";
  if (fsync(fd_) != 0) return SystemError(beside);
  if (std::rename(beside.c_str(), path_.c_str()) != 0) return SystemError(path_);
  close(std::exchange(fd_, -1));
  return absl::OkStatus();
}

}  // namespace veille
