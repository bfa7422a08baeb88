// Recordings and simulated homes, as the hub, the offline replay and the evaluation play them.
//
// A recording is a home as the registry would have it, its events in the order of time, and what is
// known to be true about it. Recorded homes carry no check-ins: their readers make them (every 30
// min a sensor) and mark the recording so. Not thread safe.

#ifndef SERVICES_DOMAIN_RECORDINGS_RECORDING_H_
#define SERVICES_DOMAIN_RECORDINGS_RECORDING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/care/v1/home.pb.h"
#include "veille/event/v1/event.pb.h"

namespace veille::domain {

// What a scripted or labelled recording must make somebody hear.
struct Expected {
  std::string rule;
  absl::Time time;
};

struct Recording {
  std::string name;
  care::v1::Home home;
  std::vector<event::v1::Event> events;  // In order of event time.
  std::vector<Expected> truth;           // In order of time; empty: nothing is known.
  bool truth_known = false;
  bool made_check_ins = false;
  absl::Time start, end;  // The first instant of play, and the last.

  // Lines that could not be read: "file:line: reason". At most 100 are kept; all are counted.
  std::vector<std::string> bad_lines;
  uint64_t bad_line_count = 0;

  void AddBadLine(const std::string& file, int line, const std::string& reason);
};

// Opens what a --source names:
//   script:evening[:SEED]   the simulated home
//   home:FOLDER             a recorded home: events.txt (CASAS lines), sensors.csv, home.csv
//   falls:FOLDER[/FILE]     a recorded fall or activity of a set with recordings.csv; without FILE,
//   the
//                           first one labelled as a fall
//   gps:FILE                a recorded walk
// INVALID_ARGUMENT and NOT_FOUND say what to mend.
absl::StatusOr<Recording> OpenRecording(const std::string& source);

// Moves a recording so that it begins on the local day of `start` or the first after it at which
// its own local time of day is not before `start`. Local times of day stay, also across a change of
// clocks.
void ShiftTo(absl::Time start, Recording& recording);

// What a hub sends first.
bool IsUrgent(const event::v1::Event& event);

// --- readers, one a layout ---
absl::StatusOr<Recording> ReadHome(const std::string& folder);
absl::StatusOr<Recording> ReadFall(const std::string& folder, const std::string& file);
absl::StatusOr<Recording> ReadWalk(const std::string& path);

// An evening and a night of a person with Alzheimer's disease: a fall, a night exit, a walk out of
// the safe zone, an SOS, and much that must not wake anybody. Generated; the same seed gives the
// same night.
Recording SimulateEvening(uint64_t seed);

// Home `index` of a crowd: a few hours with a random script of emergencies. Ids carry the index.
struct CrowdOptions {
  absl::Time start;
  absl::Duration length = absl::Hours(2);
  int emergencies = 2;
  absl::Duration motion_every = absl::Minutes(3);
};
Recording SimulateCrowdHome(uint64_t seed, int index, const CrowdOptions& options);

// --- helpers for readers and simulations ---
// A registry entry with one hub, one person and the circle anne, marc, claire, who are told a
// minute apart.
care::v1::Home MakeHome(const std::string& home_id, const std::string& zone);
event::v1::Event MakeEvent(absl::Time time, const std::string& device_id);
event::v1::Event AccelerationEvent(absl::Time time, const std::string& device_id, double rate_hz,
                                   double range_g, const std::vector<int16_t>& samples_mg);
void SortEvents(Recording& recording);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_RECORDINGS_RECORDING_H_
