#include "common/redis/aof_repair.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include <sys/stat.h>

#include "common/redis/process.h"

namespace veille::redis {
namespace {

namespace fs = std::filesystem;

constexpr char kFolder[] = "appendonlydir";
constexpr char kManifest[] = "appendonly.aof.manifest";

// The manifest has lines such as "file appendonly.aof.1.incr.aof seq 1 type i", oldest first.
std::string LastFileIn(const fs::path& manifest) {
  std::ifstream in(manifest);
  std::string line;
  std::string last;
  while (std::getline(in, line)) {
    std::istringstream words(line);
    std::string key;
    std::string name;
    if (words >> key >> name && key == "file") last = name;
  }
  return last;
}

// Named after the time of its last write: that is when the power went.
fs::path BackupName(const fs::path& data_dir, const fs::path& file) {
  struct stat info {};
  static_cast<void>(stat(file.c_str(), &info));
  const std::string stamp =
      absl::FormatTime("%Y%m%dT%H%M%SZ", absl::FromTimeT(info.st_mtime), absl::UTCTimeZone());
  const std::string base = absl::StrCat(file.filename().string(), ".broken-", stamp);
  fs::path name = data_dir / base;
  for (int i = 2; fs::exists(name); ++i) name = data_dir / absl::StrCat(base, "-", i);
  return name;
}

}  // namespace

bool LogBlamesAppendOnlyFile(std::string_view log) {
  return log.find("Bad file format reading the append only file") != std::string_view::npos ||
         log.find("Unexpected end of file reading the append only file") != std::string_view::npos;
}

absl::StatusOr<std::string> RepairAppendOnlyFile(const std::string& data_dir,
                                                 const std::string& check_aof_binary) {
  const fs::path manifest = fs::path(data_dir) / kFolder / kManifest;
  const std::string last = LastFileIn(manifest);
  if (last.empty()) {
    return absl::DataLossError(absl::StrCat(manifest.string(), " names no file: restore a backup"));
  }
  const fs::path file = fs::path(data_dir) / kFolder / last;
  const fs::path backup = BackupName(data_dir, file);
  std::error_code error;
  const auto before = fs::file_size(file, error);
  if (!error) fs::copy_file(file, backup, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat("cannot keep a copy of ", file.string(), " as ",
                                               backup.string(), ": ", error.message()));
  }
  const std::string output = absl::StrCat(data_dir, "/redis-check-aof.log");
  const auto pid = StartProcess({.argv = {check_aof_binary, "--fix", manifest.string()},
                                 .output_file = output,
                                 .input = "y\n"});
  if (!pid.ok()) return pid.status();
  const int code = WaitForProcess(*pid);
  if (code != 0) {
    return absl::DataLossError(
        absl::StrFormat("redis-check-aof could not mend %s (exit %d, see %s): restore a backup",
                        file.string(), code, output));
  }
  return absl::StrFormat(
      "the append-only file %s had garbage after its tail: cut %d of %d bytes; the "
      "file as it was is kept as %s",
      file.string(), before - fs::file_size(file, error), before, backup.string());
}

}  // namespace veille::redis
