// The folder in which a play runs its service: empty when it begins, and locked while it lasts,
// because two plays in one folder would end each other.

#ifndef SERVICES_VEILLE_PLAY_FOLDER_H_
#define SERVICES_VEILLE_PLAY_FOLDER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace veille {

class PlayFolder {
 public:
  PlayFolder() = default;
  ~PlayFolder();
  PlayFolder(const PlayFolder&) = delete;
  PlayFolder& operator=(const PlayFolder&) = delete;

  // Takes and empties `data`/play. FAILED_PRECONDITION when another play is in it, or a service.
  // What --keep left there is somebody's: it is put aside under the name of `now`.
  absl::Status Take(const std::string& data, absl::Time now);
  // Marks what is in it as kept.
  absl::Status Keep(int pid) const;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int lock_ = -1;
};

}  // namespace veille

#endif  // SERVICES_VEILLE_PLAY_FOLDER_H_
