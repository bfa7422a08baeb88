#include "common/base/file.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace veille {
namespace {

absl::Status SystemError(const std::string& what, const std::string& path) {
  const std::string text = what + " " + path + ": " + std::strerror(errno);
  return errno == ENOENT ? absl::NotFoundError(text) : absl::UnavailableError(text);
}

bool WriteAll(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return fsync(fd) == 0;
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  // A stream opens a folder, and reads it as an empty file.
  if (std::error_code error; std::filesystem::is_directory(path, error))
    return absl::InvalidArgumentError("cannot read " + path + ": it is a folder");
  std::ifstream in(path, std::ios::binary);
  if (!in) return SystemError("cannot read", path);
  std::ostringstream content;
  content << in.rdbuf();
  if (in.bad()) return SystemError("cannot read", path);
  return content.str();
}

absl::Status WriteFileAtomically(const std::string& path, std::string_view content) {
  std::string beside = path + ".XXXXXX.tmp";
  const int fd = mkostemps(beside.data(), 4, O_CLOEXEC);  // Readable by its owner only.
  if (fd < 0) return SystemError("cannot write beside", path);
  const bool written = WriteAll(fd, content);
  absl::Status status = written ? absl::OkStatus() : SystemError("cannot write", beside);
  close(fd);
  if (status.ok() && std::rename(beside.c_str(), path.c_str()) != 0)
    status = SystemError("cannot replace", path);
  if (!status.ok()) unlink(beside.c_str());
  return status;
}

}  // namespace veille
