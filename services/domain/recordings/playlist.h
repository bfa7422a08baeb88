// What a --source names: one recording or a whole folder of them, opened one at a time.
//
//   script:evening[:SEED]   the simulated home
//   home:FOLDER             a recorded home (events.txt, sensors.csv, home.csv), or a folder of
//   homes falls:FOLDER[/FILE]     a set (recordings.csv), a folder of sets, a folder or a file of a
//   set gps:FOLDER | gps:FILE   the same for walks; a file may also stand alone
//
// The list is read at once, in the order of the files; a recording is read when it is asked for.
// Not thread safe.

#ifndef SERVICES_DOMAIN_RECORDINGS_PLAYLIST_H_
#define SERVICES_DOMAIN_RECORDINGS_PLAYLIST_H_

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "services/domain/recordings/recording.h"

namespace veille::domain {

class Playlist {
 public:
  // Never empty when it is OK. Errors say what to mend.
  static absl::StatusOr<Playlist> Open(const std::string& source, const ReadOptions& options);

  std::size_t size() const { return entries_.size(); }
  const std::string& name(std::size_t index) const { return entries_[index].name; }
  absl::StatusOr<Recording> Read(std::size_t index) const { return entries_[index].read(); }

  // Keeps `limit` recordings, spread evenly over the list; 0 keeps all.
  void Thin(std::size_t limit);

  // What was wrong with the lists themselves.
  const ReadReport& report() const { return report_; }

 private:
  struct Entry {
    std::string name;
    std::function<absl::StatusOr<Recording>()> read;
  };

  absl::Status AddHomes(const std::string& path);
  absl::Status AddClips(const std::string& path);
  absl::Status AddWalks(const std::string& path, const ReadOptions& options);

  std::vector<Entry> entries_;
  ReadReport report_;
};

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_RECORDINGS_PLAYLIST_H_
