// Recorded homes: lines in the format of the CASAS homes, `2011-06-15 01:40:48.900973 SENSOR ON`,
// with tabs or spaces, with or without fractions, and with a label behind them now and then.

#include <algorithm>
#include <filesystem>
#include <map>

#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/time/local_time.h"
#include "services/domain/recordings/csv.h"
#include "services/domain/recordings/recording.h"

namespace veille::domain {
namespace {

constexpr absl::Duration kCheckIn = absl::Minutes(30);

struct Sensor {
  std::string kind;
  care::v1::Role role = care::v1::ROLE_UNSPECIFIED;
};

care::v1::Role RoleOf(const std::string& kind, const std::string& role) {
  static const std::map<std::string, care::v1::Role> by_role = {
      {"exit_door", care::v1::ROLE_EXIT_DOOR},
      {"bed", care::v1::ROLE_BED},
      {"fridge_door", care::v1::ROLE_FRIDGE_DOOR},
      {"flush", care::v1::ROLE_TOILET},
      {"couch", care::v1::ROLE_SEAT}};
  static const std::map<std::string, care::v1::Role> by_kind = {
      {"motion", care::v1::ROLE_MOTION},
      {"contact", care::v1::ROLE_INNER_CONTACT},
      {"pressure", care::v1::ROLE_SEAT},
      {"usage", care::v1::ROLE_APPLIANCE}};
  if (const auto at = by_role.find(role); at != by_role.end()) return at->second;
  if (const auto at = by_kind.find(kind); at != by_kind.end()) return at->second;
  return care::v1::ROLE_UNSPECIFIED;
}

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const auto from = line.find_first_not_of(" \t");
    if (from == std::string_view::npos) return words;
    line.remove_prefix(from);
    const auto to = line.find_first_of(" \t");
    words.push_back(line.substr(0, to));
    if (to == std::string_view::npos) return words;
    line.remove_prefix(to);
  }
}

// +1 for ON and OPEN, −1 for OFF and CLOSE, 0 for anything else (`ONc`, numbers).
int StateOf(std::string_view word) {
  if (word == "ON" || word == "OPEN" || word == "PRESENT") return 1;
  if (word == "OFF" || word == "CLOSE" || word == "CLOSED" || word == "ABSENT") return -1;
  return 0;
}

void SetObservation(const Sensor& sensor, bool on, event::v1::Event& event) {
  using event::v1::Contact;
  switch (sensor.role) {
    case care::v1::ROLE_MOTION:
      event.mutable_motion()->set_state(on ? event::v1::Motion::STATE_DETECTED
                                           : event::v1::Motion::STATE_CLEARED);
      return;
    case care::v1::ROLE_EXIT_DOOR:
    case care::v1::ROLE_INNER_CONTACT:
    case care::v1::ROLE_FRIDGE_DOOR:
      event.mutable_contact()->set_state(on ? Contact::STATE_OPEN : Contact::STATE_CLOSED);
      return;
    case care::v1::ROLE_BED:
    case care::v1::ROLE_SEAT:
    case care::v1::ROLE_TOILET:
    case care::v1::ROLE_APPLIANCE:
      event.mutable_usage()->set_kind(on ? event::v1::Usage::KIND_STARTED
                                         : event::v1::Usage::KIND_ENDED);
      return;
    default:
      event.mutable_switch_state()->set_on(on);
      return;
  }
}

// A contact that stands open at night may have closed unseen: readers keep what the sensor said.
void AddCheckIns(Recording& recording) {
  std::vector<event::v1::Event> made;
  for (const care::v1::Device& device : recording.home.devices()) {
    for (absl::Time at = recording.start; at < recording.end; at += kCheckIn) {
      made.push_back(MakeEvent(at, device.device_id()));
      made.back().mutable_device_status()->set_kind(event::v1::DeviceStatus::KIND_CHECK_IN);
    }
  }
  recording.events.insert(recording.events.end(), made.begin(), made.end());
  recording.made_check_ins = true;
}

}  // namespace

absl::StatusOr<Recording> ReadHome(const std::string& folder) {
  Recording recording;
  recording.name = std::filesystem::path(folder).filename().string();
  if (recording.name.empty())
    recording.name = std::filesystem::path(folder).parent_path().filename().string();
  std::string zone_name = "Europe/Paris", home_id = recording.name;
  VEILLE_RETURN_IF_ERROR(ReadCsv(folder + "/home.csv", [&](int, const CsvRow& row) {
    if (!row.Text("zone").empty()) zone_name = row.Text("zone");
    if (!row.Text("home").empty()) home_id = row.Text("home");
  }));
  VEILLE_ASSIGN_OR_RETURN(const absl::TimeZone zone, LoadZone(zone_name));
  recording.home = MakeHome(home_id, zone_name);
  std::map<std::string, Sensor, std::less<>> sensors;
  VEILLE_RETURN_IF_ERROR(ReadCsv(folder + "/sensors.csv", [&](int, const CsvRow& row) {
    const std::string id = row.Text("sensor");
    if (id.empty() || sensors.count(id) > 0) return;
    const care::v1::Role role = RoleOf(row.Text("kind"), row.Text("role"));
    sensors[id] = {row.Text("kind"), role};
    care::v1::Device& device = *recording.home.add_devices();
    device.set_device_id(id);
    device.set_role(role);
    device.set_room(row.Text("room"));
    device.mutable_check_in()->set_seconds(absl::ToInt64Seconds(kCheckIn));
  }));
  const std::string path = folder + "/events.txt";
  VEILLE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  absl::Time last = absl::InfinitePast();
  ForEachLine(text, [&](int number, std::string_view line) {
    const std::vector<std::string_view> words = Words(line);
    if (words.size() < 4) return recording.AddBadLine(path, number, "has fewer than four words");
    absl::Time local;
    std::string error;
    const std::string stamp = std::string(words[0]) + "T" + std::string(words[1]);
    if (!absl::ParseTime("%Y-%m-%dT%H:%M:%E*S", stamp, zone, &local, &error))
      return recording.AddBadLine(path, number, "'" + stamp + "' is not a time");
    const auto sensor = sensors.find(words[2]);
    if (sensor == sensors.end()) {
      return recording.AddBadLine(path, number,
                                  "sensor '" + std::string(words[2]) + "' is not in sensors.csv");
    }
    const int state = StateOf(words[3]);
    if (state == 0)
      return recording.AddBadLine(path, number, "'" + std::string(words[3]) + "' is not a state");
    // In the repeated hour the wall clock does not say which: never back in time.
    if (local < last && last - local < absl::Hours(1) + absl::Minutes(5)) local = last;
    last = std::max(last, local);
    recording.events.push_back(MakeEvent(local, sensor->first));
    SetObservation(sensor->second, state > 0, recording.events.back());
  });
  if (recording.events.empty())
    return absl::InvalidArgumentError(path + ": has no line that could be read");
  SortEvents(recording);
  recording.start = absl::FromUnixSeconds(recording.events.front().event_time().seconds());
  recording.end = absl::FromUnixSeconds(recording.events.back().event_time().seconds() + 1);
  AddCheckIns(recording);
  SortEvents(recording);
  return recording;
}

}  // namespace veille::domain
