#include "services/domain/recordings/playlist.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/numbers.h"

#include "common/base/status_macros.h"
#include "services/domain/recordings/readers.h"

namespace veille::domain {
namespace {

namespace fs = std::filesystem;

constexpr char kSources[] =
    "script:evening[:SEED], home:FOLDER, falls:FOLDER[/FILE], gps:FOLDER, gps:FILE";
constexpr char kList[] = "recordings.csv";

bool IsFile(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool IsFolder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

// NOT_FOUND, or the system's reason why it cannot be looked at.
absl::Status CheckThere(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error)) return absl::OkStatus();
  if (error) return absl::UnavailableError(path.string() + ": " + error.message());
  return absl::NotFoundError(path.string() + ": there is no such file or folder");
}

// The folders in `folder` that hold a file `mark`, in the order of their names.
absl::StatusOr<std::vector<std::string>> FoldersWith(const fs::path& folder, const char* mark) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (IsFile(at->path() / mark)) found.push_back(at->path().string());
  if (error) return absl::UnavailableError(folder.string() + ": " + error.message());
  std::sort(found.begin(), found.end());
  return found;
}

// The set that a path lies in: the folder with the list, at it or above it. Empty: none.
fs::path SetOf(const fs::path& path) {
  for (fs::path at = path;; at = at.parent_path()) {
    if (IsFile(at / kList)) return at;
    if (at == at.parent_path()) return {};
  }
}

// True for the files of a set that a path names: all, those in a folder, or one.
bool Names(const fs::path& wanted, const std::string& set, const std::string& file) {
  const fs::path full = (fs::path(set) / file).lexically_normal();
  const auto [end, ignored] = std::mismatch(wanted.begin(), wanted.end(), full.begin(), full.end());
  return end == wanted.end();
}

fs::path Normal(const std::string& path) {
  std::error_code ignored;
  fs::path normal = fs::absolute(path, ignored).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

absl::Status NothingIn(const std::string& path, const std::string& wanted) {
  return absl::NotFoundError(path + ": holds no " + wanted);
}

// The sets that a path of `kind` ("falls", "gps") leads to: the one that it lies in, or those in
// it.
absl::StatusOr<std::vector<std::string>> SetsAt(const fs::path& path, const std::string& kind) {
  VEILLE_RETURN_IF_ERROR(CheckThere(path));
  if (const fs::path set = SetOf(path); !set.empty()) return std::vector<std::string>{set.string()};
  if (!IsFolder(path)) return std::vector<std::string>();
  return FoldersWith(IsFolder(path / kind) ? path / kind : path, kList);
}

}  // namespace

absl::StatusOr<Playlist> Playlist::Open(const std::string& source, const ReadOptions& options) {
  const auto colon = source.find(':');
  const std::string kind = source.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : source.substr(colon + 1);
  Playlist playlist;
  if (kind == "script") {
    uint64_t seed = 1;
    const auto second = rest.find(':');
    if (rest.substr(0, second) != "evening" ||
        (second != std::string::npos && !absl::SimpleAtoi(rest.substr(second + 1), &seed))) {
      return absl::InvalidArgumentError("--source '" + source +
                                        "': the script there is, is script:evening[:SEED]");
    }
    playlist.entries_.push_back({"evening", [seed] { return SimulateEvening(seed); }});
    return playlist;
  }
  if (rest.empty() || (kind != "home" && kind != "falls" && kind != "gps"))
    return absl::InvalidArgumentError("--source '" + source + "' is none of " + kSources);
  if (kind == "home") {
    VEILLE_RETURN_IF_ERROR(playlist.AddHomes(rest));
  } else if (kind == "falls") {
    VEILLE_RETURN_IF_ERROR(playlist.AddClips(rest));
  } else {
    VEILLE_RETURN_IF_ERROR(playlist.AddWalks(rest, options));
  }
  return playlist;
}

absl::Status Playlist::AddHomes(const std::string& path) {
  const fs::path given = Normal(path);
  VEILLE_RETURN_IF_ERROR(CheckThere(given));
  if (!IsFolder(given)) {
    return absl::InvalidArgumentError(
        path + ": is a file; a home is a folder with events.txt, sensors.csv and home.csv");
  }
  std::vector<std::string> folders = {given.string()};
  if (!IsFile(given / "events.txt")) {
    VEILLE_ASSIGN_OR_RETURN(
        folders, FoldersWith(IsFolder(given / "home") ? given / "home" : given, "events.txt"));
  }
  if (folders.empty()) return NothingIn(path, "events.txt, and no folder with one");
  for (const std::string& folder : folders) {
    entries_.push_back(
        {fs::path(folder).filename().string(), [folder] { return ReadHome(folder); }});
  }
  return absl::OkStatus();
}

absl::Status Playlist::AddClips(const std::string& path) {
  const fs::path given = Normal(path);
  VEILLE_ASSIGN_OR_RETURN(const std::vector<std::string> sets, SetsAt(given, "falls"));
  if (sets.empty()) return NothingIn(path, "recordings.csv, and no folder with one");
  for (const std::string& set : sets) {
    VEILLE_ASSIGN_OR_RETURN(const std::vector<Clip> clips, ListClips(set, report_));
    for (const Clip& clip : clips) {
      if (!Names(given, set, clip.file)) continue;
      const std::string before = sets.size() > 1 ? fs::path(set).filename().string() + "/" : "";
      entries_.push_back({before + clip.file, [clip] { return ReadClip(clip); }});
    }
  }
  if (entries_.empty())
    return absl::NotFoundError(sets[0] + "/" + kList + ": has no row for " + path);
  return absl::OkStatus();
}

absl::Status Playlist::AddWalks(const std::string& path, const ReadOptions& options) {
  const fs::path given = Normal(path);
  VEILLE_ASSIGN_OR_RETURN(const std::vector<std::string> sets, SetsAt(given, "gps"));
  for (const std::string& set : sets) {
    VEILLE_ASSIGN_OR_RETURN(const std::vector<Walk> walks, ListWalks(set, report_));
    for (const Walk& walk : walks) {
      if (!Names(given, set, walk.name)) continue;
      const std::string before = sets.size() > 1 ? fs::path(set).filename().string() + "/" : "";
      entries_.push_back({before + walk.name, [walk, options] { return ReadWalk(walk, options); }});
    }
  }
  if (entries_.empty() && IsFile(given)) {
    const Walk walk = {given.string(), given.filename().string(), ""};
    entries_.push_back({walk.name, [walk, options] { return ReadWalk(walk, options); }});
  }
  if (entries_.empty())
    return NothingIn(path, "recordings.csv with a row for it, and no folder with one");
  return absl::OkStatus();
}

void Playlist::Thin(std::size_t limit) {
  if (limit == 0 || limit >= entries_.size()) return;
  std::vector<Entry> kept;
  for (std::size_t i = 0; i < limit; ++i) kept.push_back(entries_[i * entries_.size() / limit]);
  entries_ = std::move(kept);
}

}  // namespace veille::domain
