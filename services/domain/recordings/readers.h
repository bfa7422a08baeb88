// The readers, one a layout. A set is a folder with recordings.csv, which has a row for each file.
// Errors are NOT_FOUND, INVALID_ARGUMENT or UNAVAILABLE, and name the file and what to mend.

#ifndef SERVICES_DOMAIN_RECORDINGS_READERS_H_
#define SERVICES_DOMAIN_RECORDINGS_READERS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "services/domain/recordings/recording.h"

namespace veille::domain {

// A recorded home: events.txt, sensors.csv, home.csv.
absl::StatusOr<Recording> ReadHome(const std::string& folder);

// A recorded fall or activity, as its set's list has it.
struct Clip {
  std::string set;   // Folder.
  std::string file;  // Within the set.
  std::string position, label;
  std::string subject, group, activity;  // Empty: not said.
  double rate_hz = 0;                    // 0: not said.
  double range_g = 0;                    // 0: not said.
  double onset_s = -1;                   // Less than 0: not said.
};
absl::StatusOr<std::vector<Clip>> ListClips(const std::string& set, ReadReport& report);
absl::StatusOr<Recording> ReadClip(const Clip& clip);

// A recorded walk; of a file without a list, only its path is known.
struct Walk {
  std::string path;
  std::string name;
  std::string zone;  // Empty: not said.
};
absl::StatusOr<std::vector<Walk>> ListWalks(const std::string& set, ReadReport& report);
absl::StatusOr<Recording> ReadWalk(const Walk& walk, const ReadOptions& options);

// Makes an id of a name: what ids may not hold becomes '-', and a long one ends in a digest.
std::string ToId(const std::string& name);

// Removes the events of a clock gone wrong: those further than `far_off` from the middle one, and
// those that the contract does not allow. They are bad lines of `path`; `lines` has the line of
// each event.
void DropFarOff(const std::string& path, const std::vector<int>& lines, absl::Duration far_off,
                Recording& recording);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_RECORDINGS_READERS_H_
