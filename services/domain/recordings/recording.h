// Recordings and simulated homes, as the hub, the offline replay and the evaluation play them.
//
// A recording is a home as the registry would have it, its events in the order of time, and what is
// known to be true about it. Recorded homes carry no check-ins: their readers make them (every 30
// min a sensor) and say so in its notes. Not thread safe.

#ifndef SERVICES_DOMAIN_RECORDINGS_RECORDING_H_
#define SERVICES_DOMAIN_RECORDINGS_RECORDING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/care/v1/home.pb.h"
#include "veille/event/v1/event.pb.h"

#include "services/domain/recordings/read_report.h"

namespace veille::domain {

// What a scripted or labelled recording must make somebody hear.
struct Expected {
  std::string rule;
  absl::Time time;
};

struct Recording : ReadReport {
  std::string name;
  care::v1::Home home;
  std::vector<event::v1::Event> events;  // In order of event time.
  std::vector<Expected> truth;           // In order of time; empty: nothing is known.
  bool truth_known = false;
  // False for a clip that says nothing of when it was made: any time of day will do.
  bool dated = true;
  absl::Time start, end;  // The first instant of play, and the last.
};

struct ReadOptions {
  // Metres that position fixes of unknown accuracy are taken to be accurate to. 0: they stay
  // unknown, and cross no fence.
  double assume_accuracy_m = 0;
};

// Opens a --source (see playlist.h) that names one recording. INVALID_ARGUMENT when it names
// several.
absl::StatusOr<Recording> OpenRecording(const std::string& source, const ReadOptions& options = {});

// Moves a recording so that it begins on the local day of `start` or the first after it at which
// its own local time of day is not before `start`. Local times of day stay, also across a change of
// clocks. One that is not dated begins at `start`.
void ShiftTo(absl::Time start, Recording& recording);
// Moves a recording so that it begins at `start`, whatever its own time of day.
void MoveTo(absl::Time start, Recording& recording);

// What a hub sends first.
bool IsUrgent(const event::v1::Event& event);

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
