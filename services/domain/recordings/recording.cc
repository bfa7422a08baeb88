#include "services/domain/recordings/recording.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/numbers.h"

#include "common/time/local_time.h"

namespace veille::domain {
namespace {

constexpr std::size_t kKeptBadLines = 100;

absl::Time TimeOf(const event::v1::Event& event) {
  return absl::FromUnixSeconds(event.event_time().seconds()) +
         absl::Nanoseconds(event.event_time().nanos());
}

void SetTime(absl::Time time, event::v1::Event& event) {
  const int64_t micros = absl::ToUnixMicros(time);
  event.mutable_event_time()->set_seconds(micros / 1000000);
  event.mutable_event_time()->set_nanos(static_cast<int32_t>(micros % 1000000) * 1000);
}

}  // namespace

void Recording::AddBadLine(const std::string& file, int line, const std::string& reason) {
  ++bad_line_count;
  if (bad_lines.size() < kKeptBadLines)
    bad_lines.push_back(file + ":" + std::to_string(line) + ": " + reason);
}

absl::StatusOr<Recording> OpenRecording(const std::string& source) {
  const auto colon = source.find(':');
  const std::string kind = source.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : source.substr(colon + 1);
  if (kind == "script") {
    uint64_t seed = 1;
    const auto second = rest.find(':');
    if (rest.substr(0, second) != "evening" ||
        (second != std::string::npos && !absl::SimpleAtoi(rest.substr(second + 1), &seed))) {
      return absl::InvalidArgumentError("--source " + source +
                                        ": the script there is, is script:evening[:SEED]");
    }
    return SimulateEvening(seed);
  }
  if (rest.empty() || (kind != "home" && kind != "falls" && kind != "gps")) {
    return absl::InvalidArgumentError(
        "--source '" + source +
        "' is none of script:evening[:SEED], home:FOLDER, falls:FOLDER[/FILE], gps:FILE");
  }
  if (kind == "home") return ReadHome(rest);
  if (kind == "gps") return ReadWalk(rest);
  if (std::filesystem::is_directory(rest)) return ReadFall(rest, "");
  // The set's folder is the one with the list; a file may lie deeper, in its subject's.
  const std::filesystem::path path(rest);
  std::filesystem::path set = path.parent_path();
  for (std::filesystem::path above = set; !above.empty(); above = above.parent_path()) {
    if (std::filesystem::exists(above / "recordings.csv")) {
      set = above;
      break;
    }
    if (above == above.parent_path()) break;
  }
  return ReadFall(set.string(), path.lexically_relative(set).string());
}

void ShiftTo(absl::Time start, Recording& recording) {
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
  for (event::v1::Event& event : recording.events) SetTime(shift(TimeOf(event)), event);
  for (Expected& expected : recording.truth) expected.time = shift(expected.time);
  recording.start = shift(recording.start);
  recording.end = shift(recording.end);
  SortEvents(recording);
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
  SetTime(time, event);
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
