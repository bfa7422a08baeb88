#include "services/veille/play_folder.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "absl/strings/ascii.h"
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace veille {
namespace {

absl::Status CannotMake(const std::string& path, const std::string& reason) {
  return absl::UnavailableError("cannot make " + path + ": " + reason +
                                "; --data FOLDER names another folder");
}

std::string KeptFile(const std::string& folder) { return folder + "/kept.pid"; }

// The process that serves from this folder, or nothing. Its Redis holds the lock as well.
std::string Running(const std::string& folder) {
  const std::string path = folder + "/redis/lock";
  const int lock = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (lock < 0) return "";
  const bool held = flock(lock, LOCK_EX | LOCK_NB) != 0;
  close(lock);
  if (!held) return "";
  return std::string(absl::StripAsciiWhitespace(ReadFile(path).value_or("?")));
}

absl::Status PutAsideWhatWasKept(const std::string& folder, absl::Time now) {
  std::error_code error;
  if (!std::filesystem::exists(KeptFile(folder), error)) return absl::OkStatus();
  const std::string aside =
      folder + absl::FormatTime("-kept-%Y%m%dT%H%M%SZ", now, absl::UTCTimeZone());
  std::filesystem::rename(folder, aside, error);
  if (error) return absl::UnavailableError("cannot put aside " + folder + ": " + error.message());
  std::fprintf(stderr, "veille: what --keep left is in %s now\n", aside.c_str());
  return absl::OkStatus();
}

}  // namespace

PlayFolder::~PlayFolder() {
  if (lock_ >= 0) close(lock_);
}

absl::Status PlayFolder::Take(const std::string& data, absl::Time now) {
  std::error_code error;
  path_ = std::filesystem::absolute(data, error).string() + "/play";
  std::filesystem::create_directories(data, error);
  if (error) return CannotMake(data, error.message());
  const std::string lock = path_ + ".lock";
  lock_ = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) return CannotMake(lock, std::strerror(errno));
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError("another play is running in " + path_ +
                                         ": end it first, or use another --data FOLDER");
  }
  if (const std::string owner = Running(path_); !owner.empty()) {
    return absl::FailedPreconditionError("a service is still running in " + path_ +
                                         ": end it first (kill " + owner +
                                         "), or use another --data FOLDER");
  }
  VEILLE_RETURN_IF_ERROR(PutAsideWhatWasKept(path_, now));
  std::filesystem::remove_all(path_, error);
  std::filesystem::create_directories(path_ + "/homes", error);
  return error ? CannotMake(path_, error.message()) : absl::OkStatus();
}

absl::Status PlayFolder::Keep(int pid) const {
  return WriteFileAtomically(KeptFile(path_), std::to_string(pid) + "\n");
}

}  // namespace veille
