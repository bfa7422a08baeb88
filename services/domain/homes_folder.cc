#include "services/domain/homes_folder.h"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace veille::domain {

namespace fs = std::filesystem;

std::string HomesFolder::Fingerprint() const {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() != ".textproto") continue;
    // Of the file that a link points at: a mounted ConfigMap changes by its links.
    std::error_code missing;
    const auto time = fs::last_write_time(at->path(), missing).time_since_epoch().count();
    const auto size = fs::file_size(at->path(), missing);
    files.push_back(at->path().filename().string() + '\n' + std::to_string(time) + ' ' +
                    std::to_string(size) + ' ' +
                    fs::weakly_canonical(at->path(), missing).string());
  }
  std::sort(files.begin(), files.end());
  std::string all;
  for (const std::string& file : files) all += file + '\n';
  return all;
}

absl::StatusOr<std::shared_ptr<const Registry>> HomesFolder::Load() {
  loaded_ = seen_ = Fingerprint();
  return Registry::Load(folder_, more_);
}

absl::StatusOr<std::shared_ptr<const Registry>> HomesFolder::LoadWhenChanged() {
  std::string now = Fingerprint();
  if (now == loaded_) return nullptr;
  if (now != seen_) {
    seen_ = std::move(now);
    return nullptr;
  }
  loaded_ = std::move(now);
  return Registry::Load(folder_, more_);
}

}  // namespace veille::domain
