#include "services/domain/recordings/recording.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "common/base/digest.h"
#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/time/local_time.h"
#include "services/domain/recordings/playlist.h"
#include "services/domain/recordings/readers.h"

namespace veille::domain {
namespace {

constexpr std::size_t kKeptBadLines = 100;

absl::Time TimeOf(const event::v1::Event& event) {
  return absl::FromUnixSeconds(event.event_time().seconds()) +
         absl::Nanoseconds(event.event_time().nanos());
}

// A press of a button that is played on another day is another press: its number must be new, or
// it would be taken for the first one, sent again.
uint64_t MovedSequence(uint64_t sequence, absl::Time start) {
  constexpr uint64_t kMostInARecording = 1'000'000;
  if (sequence == 0) return 0;
  return static_cast<uint64_t>(absl::ToUnixSeconds(start)) * kMostInARecording +
         sequence % kMostInARecording;
}

void MoveEach(const std::function<absl::Time(absl::Time)>& moved, Recording& recording) {
  for (Expected& expected : recording.truth) expected.time = moved(expected.time);
  recording.start = moved(recording.start);
  recording.end = moved(recording.end);
  for (event::v1::Event& event : recording.events) {
    SetTime(moved(TimeOf(event)), *event.mutable_event_time());
    event.set_device_sequence(MovedSequence(event.device_sequence(), recording.start));
  }
  SortEvents(recording);
}

// What the contract allows an event's time: 1970 to 9999.
bool IsAllowed(absl::Time time) {
  constexpr int64_t kLatestSeconds = 253402300799;
  return time >= absl::UnixEpoch() && time <= absl::FromUnixSeconds(kLatestSeconds);
}

}  // namespace

void ReadReport::AddBadLine(const std::string& file, int line, const std::string& reason) {
  ++bad_line_count;
  if (bad_lines.size() < kKeptBadLines)
    bad_lines.push_back(file + ":" + std::to_string(line) + ": " + reason);
}

absl::StatusOr<Recording> OpenRecording(const std::string& source, const ReadOptions& options) {
  VEILLE_ASSIGN_OR_RETURN(const Playlist playlist, Playlist::Open(source, options));
  if (playlist.size() != 1) {
    return absl::InvalidArgumentError("--source " + source + ": holds " +
                                      std::to_string(playlist.size()) +
                                      " recordings; name one of them, such as " + playlist.name(0));
  }
  return playlist.Read(0);
}

void ShiftTo(absl::Time start, Recording& recording) {
  if (!recording.dated) return MoveTo(start, recording);
  const absl::StatusOr<absl::TimeZone> loaded = LoadZone(recording.home.zone());
  const absl::TimeZone zone = loaded.ok() ? *loaded : absl::UTCTimeZone();
  const absl::CivilSecond old_start = absl::ToCivilSecond(recording.start, zone);
  const absl::CivilSecond wanted = absl::ToCivilSecond(start, zone);
  absl::CivilDay day(wanted);
  const auto in_day = [](const absl::CivilSecond& at) {
    return at - absl::CivilSecond(absl::CivilDay(at));
  };
  if (in_day(old_start) < in_day(wanted)) ++day;
  const absl::civil_diff_t days = day - absl::CivilDay(old_start);
  // By whole days on the wall clock, so that 02:10 stays 02:10 on either side of a change of
  // clocks.
  const auto shift = [&](absl::Time at) {
    const absl::CivilSecond civil = absl::ToCivilSecond(at, zone);
    const absl::Duration fraction = at - absl::FromCivil(civil, zone);
    const absl::Time moved = absl::FromCivil(civil + days * 86400, zone);
    // In a repeated hour the civil time does not say which: the offset within it may be an hour.
    return moved +
           (absl::AbsDuration(fraction) < absl::Seconds(1) ? fraction : absl::ZeroDuration());
  };
  MoveEach(shift, recording);
}

void MoveTo(absl::Time start, Recording& recording) {
  const absl::Duration by = start - recording.start;
  MoveEach([by](absl::Time at) { return at + by; }, recording);
}

bool IsUrgent(const event::v1::Event& event) {
  using event::v1::Event;
  switch (event.observation_case()) {
    case Event::kPersonalEmergency:
    case Event::kFall:
    case Event::kSmoke:
    case Event::kCarbonMonoxide:
    case Event::kGas:
    case Event::kWater:
    case Event::kPromptAnswer:
      return true;
    default:
      return false;
  }
}

std::string ToId(const std::string& name) {
  // 64 characters, less what MakeHome() puts before it.
  constexpr std::size_t kLongest = 48, kDigest = 8;
  std::string id;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    id += plain || c == '.' || c == '_' || c == '-' ? c : '-';
  }
  if (id.size() > kLongest)
    id = id.substr(0, kLongest - kDigest - 1) + "-" + Sha256Hex16(name).substr(0, kDigest);
  return id.empty() ? "-" : id;
}

void DropFarOff(const std::string& path, const std::vector<int>& lines, absl::Duration far_off,
                Recording& recording) {
  if (recording.events.empty()) return;
  std::vector<absl::Time> times;
  times.reserve(recording.events.size());
  for (const event::v1::Event& event : recording.events) times.push_back(TimeOf(event));
  std::vector<absl::Time> ordered = times;
  const auto middle = ordered.begin() + static_cast<std::ptrdiff_t>(ordered.size() / 2);
  std::nth_element(ordered.begin(), middle, ordered.end());
  std::vector<event::v1::Event> kept;
  kept.reserve(recording.events.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    const bool near = absl::AbsDuration(times[i] - *middle) <= far_off;
    if (near && IsAllowed(times[i])) {
      kept.push_back(std::move(recording.events[i]));
    } else if (near) {
      recording.AddBadLine(path, lines[i], "is not between 1970 and 9999");
    } else {
      recording.AddBadLine(path, lines[i],
                           "is " + std::to_string(absl::ToInt64Hours(times[i] - *middle) / 24) +
                               " days from the middle of the recording");
    }
  }
  recording.events = std::move(kept);
}

care::v1::Home MakeHome(const std::string& home_id, const std::string& zone) {
  care::v1::Home home;
  home.set_home_id(home_id);
  home.set_zone(zone);
  auto* source = home.add_sources();
  source->set_source_id("hub-" + home_id);
  source->set_kind(care::v1::Source::KIND_HUB);
  auto* patient = home.add_patients();
  patient->set_patient_id("person-" + home_id);
  patient->set_display_name("Madame " + home_id);
  const struct {
    const char *id, *name, *language;
    int delay_s;
  } circle[] = {
      {"anne", "Anne", "fr", 0}, {"marc", "Marc", "en", 60}, {"claire", "Claire", "fr", 60}};
  for (const auto& carer : circle) {
    auto* member = patient->mutable_circle()->add_members();
    member->set_caregiver_id(carer.id);
    member->set_display_name(carer.name);
    member->set_language(carer.language);
    auto* step = patient->mutable_circle()->add_steps();
    step->add_caregiver_ids(carer.id);
    if (carer.delay_s > 0) step->mutable_delay()->set_seconds(carer.delay_s);
  }
  patient->mutable_care_plan()->set_version("recording");
  return home;
}

event::v1::Event MakeEvent(absl::Time time, const std::string& device_id) {
  event::v1::Event event;
  SetTime(time, *event.mutable_event_time());
  event.set_device_id(device_id);
  return event;
}

event::v1::Event AccelerationEvent(absl::Time time, const std::string& device_id, double rate_hz,
                                   double range_g, const std::vector<int16_t>& samples_mg) {
  event::v1::Event event = MakeEvent(time, device_id);
  event::v1::Acceleration& acceleration = *event.mutable_acceleration();
  acceleration.set_rate_hz(static_cast<float>(rate_hz));
  acceleration.set_range_g(static_cast<float>(range_g));
  acceleration.set_samples_mg(samples_mg.data(), samples_mg.size() * sizeof(int16_t));
  return event;
}

void SortEvents(Recording& recording) {
  std::stable_sort(
      recording.events.begin(), recording.events.end(),
      [](const event::v1::Event& a, const event::v1::Event& b) { return TimeOf(a) < TimeOf(b); });
}

}  // namespace veille::domain
