// Recorded homes: lines in the format of the CASAS homes, `2011-06-15 01:40:48.900973 SENSOR ON`,
// with tabs or spaces, with or without fractions, and with a label behind them now and then.

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "absl/strings/numbers.h"

#include "common/base/status_macros.h"
#include "common/time/local_time.h"
#include "services/domain/recordings/csv.h"
#include "services/domain/recordings/readers.h"

namespace veille::domain {
namespace {

constexpr absl::Duration kCheckIn = absl::Minutes(30);
// A stamp that is further from the middle one is of a clock gone wrong. Check-ins are made for the
// whole span of a recording, so one such line would make years of silence.
constexpr absl::Duration kFarOff = absl::Hours(24 * 366);
// Lines may be out of order by a little; a larger step back in the repeated hour is its second
// half.
constexpr absl::Duration kOutOfOrder = absl::Minutes(5);

struct Sensor {
  std::string device_id;
  care::v1::Role role = care::v1::ROLE_UNSPECIFIED;
};
using Sensors = std::map<std::string, Sensor, std::less<>>;

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
  recording.AddNote("the check-ins of its sensors are made, one each in 30 min");
}

absl::Status ReadHomeRow(const std::string& folder, Recording& recording) {
  const std::string path = folder + "/home.csv";
  std::string zone, id, residents;
  VEILLE_RETURN_IF_ERROR(
      ReadCsv(path, {{"zone"}, {"home", "residents", "note"}}, recording, [&](const CsvRow& row) {
        zone = row.Text("zone");
        id = row.Text("home");
        residents = row.Text("residents");
      }));
  if (zone.empty()) return absl::InvalidArgumentError(path + ": names no zone");
  if (absl::Status known = LoadZone(zone).status(); !known.ok())
    return absl::InvalidArgumentError(path + ": " + std::string(known.message()));
  recording.home = MakeHome(ToId(id.empty() ? recording.name : id), zone);
  int people = 1;
  if (absl::SimpleAtoi(residents, &people) && people > 1) {
    recording.AddNote(residents +
                      " residents: its sensors do not say whom they saw, so the home is judged as "
                      "one person's");
  }
  return absl::OkStatus();
}

absl::Status ReadSensors(const std::string& folder, Recording& recording, Sensors& sensors) {
  const std::string path = folder + "/sensors.csv";
  std::set<std::string> ids;
  return ReadCsv(path, {{"sensor", "kind"}, {"room", "role"}}, recording, [&](const CsvRow& row) {
    const std::string& name = row.Text("sensor");
    if (name.empty()) return recording.AddBadLine(path, row.line(), "names no sensor");
    if (sensors.count(name) > 0)
      return recording.AddBadLine(path, row.line(), "names '" + name + "' again");
    const std::string id = ToId(name);
    if (!ids.insert(id).second) {
      return recording.AddBadLine(path, row.line(),
                                  "'" + name + "' has the id of another sensor, " + id);
    }
    const care::v1::Role role = RoleOf(row.Text("kind"), row.Text("role"));
    if (role == care::v1::ROLE_UNSPECIFIED && row.Text("kind") != "light") {
      recording.AddNote(path + ":" + std::to_string(row.line()) + ": kind '" + row.Text("kind") +
                        "' is not known: read as a switch");
    }
    sensors[name] = {id, role};
    care::v1::Device& device = *recording.home.add_devices();
    device.set_device_id(id);
    device.set_role(role);
    device.set_room(row.Text("room"));
    device.mutable_check_in()->set_seconds(absl::ToInt64Seconds(kCheckIn));
  });
}

// Turns the home's wall clock into instants, line by line.
class WallClock {
 public:
  explicit WallClock(absl::TimeZone zone) : zone_(zone) {}

  bool Parse(const std::string& day, const std::string& hour, absl::Time* at) {
    // As if in UTC, which has every wall time once.
    absl::Time as_utc;
    std::string error;
    if (!absl::ParseTime("%Y-%m-%dT%H:%M:%E*S", day + "T" + hour, absl::UTCTimeZone(), &as_utc,
                         &error)) {
      return false;
    }
    const absl::CivilSecond civil = absl::ToCivilSecond(as_utc, absl::UTCTimeZone());
    const absl::Duration fraction = as_utc - absl::FromCivil(civil, absl::UTCTimeZone());
    const absl::TimeZone::TimeInfo info = zone_.At(civil);
    *at = info.pre + fraction;
    if (info.kind == absl::TimeZone::TimeInfo::REPEATED && last_ - *at > kOutOfOrder)
      *at = info.post + fraction;
    last_ = std::max(last_, *at);
    return true;
  }

 private:
  const absl::TimeZone zone_;
  absl::Time last_ = absl::InfinitePast();
};

// What is wrong with a line; empty when the event is good.
std::string ReadEvent(std::string_view line, const Sensors& sensors, WallClock& clock,
                      event::v1::Event& event) {
  const std::vector<std::string_view> words = Words(line);
  if (words.size() < 4) return "has fewer than four words: date, time, sensor, state";
  const std::string day(words[0]), hour(words[1]), name(words[2]), state(words[3]);
  const auto sensor = sensors.find(words[2]);
  if (sensor == sensors.end()) return "sensor '" + name + "' is not in sensors.csv";
  const int on = StateOf(state);
  if (on == 0) return "'" + state + "' is not a state";
  absl::Time at;
  if (!clock.Parse(day, hour, &at)) return "'" + day + " " + hour + "' is not a time";
  event = MakeEvent(at, sensor->second.device_id);
  SetObservation(sensor->second, on > 0, event);
  return "";
}

// In the order of the file.
absl::Status ReadEvents(const std::string& path, const Sensors& sensors, absl::TimeZone zone,
                        Recording& recording) {
  VEILLE_ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  WallClock clock(zone);
  std::vector<int> lines;
  ForEachLine(text, [&](int number, std::string_view line) {
    event::v1::Event event;
    if (const std::string wrong = ReadEvent(line, sensors, clock, event); !wrong.empty())
      return recording.AddBadLine(path, number, wrong);
    recording.events.push_back(std::move(event));
    lines.push_back(number);
  });
  DropFarOff(path, lines, kFarOff, recording);
  if (recording.events.empty())
    return absl::InvalidArgumentError(path + ": has no line that could be read");
  return absl::OkStatus();
}

// A line a second or more before the newest of those above it.
int CountOutOfOrder(const Recording& recording) {
  int count = 0;
  int64_t newest = recording.events.front().event_time().seconds();
  for (const event::v1::Event& event : recording.events) {
    if (event.event_time().seconds() < newest) ++count;
    newest = std::max(newest, event.event_time().seconds());
  }
  return count;
}

}  // namespace

absl::StatusOr<Recording> ReadHome(const std::string& folder) {
  Recording recording;
  recording.name = std::filesystem::path(folder).filename().string();
  VEILLE_RETURN_IF_ERROR(ReadHomeRow(folder, recording));
  Sensors sensors;
  VEILLE_RETURN_IF_ERROR(ReadSensors(folder, recording, sensors));
  VEILLE_ASSIGN_OR_RETURN(const absl::TimeZone zone, LoadZone(recording.home.zone()));
  VEILLE_RETURN_IF_ERROR(ReadEvents(folder + "/events.txt", sensors, zone, recording));
  if (const int count = CountOutOfOrder(recording); count > 0) {
    recording.AddNote("events.txt: " + std::to_string(count) +
                      " lines go back in time; they are played in the order of their times");
  }
  SortEvents(recording);
  recording.start = absl::FromUnixSeconds(recording.events.front().event_time().seconds());
  recording.end = absl::FromUnixSeconds(recording.events.back().event_time().seconds() + 1);
  AddCheckIns(recording);
  SortEvents(recording);
  return recording;
}

}  // namespace veille::domain
