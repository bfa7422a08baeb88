// Learns what is usual (getting up: no_morning.cc): gathers what a day shows, and learns it when
// the next day shows itself. Concludes nothing.

#include <algorithm>

#include "services/detector/core/rules/rules.h"

namespace veille::detector {
namespace {

constexpr int64_t kHalfHourUs = 1'800'000'000;
constexpr int64_t kMinuteUs = 60'000'000;
// A silence as long as this was none of a person at home whom nobody saw.
constexpr int64_t kLongestSilenceUs = 24LL * 3600 * 1000000;
// Less than this is a step through the door.
constexpr int64_t kLeastOutingUs = 10 * kMinuteUs;
constexpr int64_t kLongestStayUs = 180 * kMinuteUs;
constexpr std::size_t kMostOutings = 16, kMostStays = 32;
constexpr int kNightToMinutes = 6 * 60, kNightFromMinutes = 22 * 60;

void BeginDay(const HomePlan& plan, int64_t at_us, store::v1::DayRecord& today) {
  const auto day = absl::ToCivilDay(absl::FromUnixMicros(at_us), plan.zone());
  const int64_t bathroom_us = today.bathroom_us();
  today.Clear();
  today.set_bathroom_us(bathroom_us);
  today.set_day(static_cast<int32_t>(day - absl::CivilDay(1970, 1, 1)));
  today.set_begin_us(absl::ToUnixMicros(absl::FromCivil(day, plan.zone())));
  today.set_end_us(absl::ToUnixMicros(absl::FromCivil(day + 1, plan.zone())));
}

void EndDay(Context& context) {
  auto& today = *context.state.record().mutable_today();
  if (today.day() == 0) return;
  context.state.LearnInto().Learn(today);
  context.effects.baselines_changed = true;
}

// Goes into the day of an instant; days in which nothing was seen say nothing.
void Enter(Context& context, int64_t at_us) {
  auto& today = *context.state.record().mutable_today();
  if (at_us < today.end_us()) return;
  EndDay(context);
  BeginDay(context.plan, at_us, today);
}

// How long it had been still at the end of this half-hour, or at `to_us` within it.
void Reach(store::v1::DayRecord& today, int64_t half_hour, int64_t silence_us) {
  std::string& silences = *today.mutable_silences();
  if (silences.empty()) silences.assign(kHalfHours, '\0');
  // A day of 25 hours has two more: they count as its last.
  char& longest =
      silences[static_cast<std::size_t>(std::clamp<int64_t>(half_hour, 0, kHalfHours - 1))];
  const auto bin = static_cast<char>(1 + Baselines::SilenceBin(absl::Microseconds(silence_us)));
  longest = std::max(longest, bin);
}

void Still(Context& context, int64_t from_us, int64_t to_us) {
  if (to_us - from_us > kLongestSilenceUs) return Enter(context, to_us);
  int64_t at_us = from_us;
  while (true) {
    Enter(context, at_us);
    auto& today = *context.state.record().mutable_today();
    const int64_t half_hour = (at_us - today.begin_us()) / kHalfHourUs;
    const int64_t end_us =
        std::min(today.begin_us() + (half_hour + 1) * kHalfHourUs, today.end_us());
    Reach(today, half_hour, std::min(end_us, to_us) - from_us);
    if (end_us > to_us) return;
    at_us = end_us;
  }
}

void Back(store::v1::DayRecord& today, int64_t outing_us) {
  if (outing_us < kLeastOutingUs || outing_us > kLongestSilenceUs ||
      today.outings().size() >= kMostOutings) {
    return;
  }
  today.mutable_outings()->push_back(
      static_cast<char>(Baselines::OutingBin(absl::Microseconds(outing_us))));
}

void LeaveBathroom(store::v1::DayRecord& today, int64_t at_us) {
  const int64_t stay_us = at_us - today.bathroom_us();
  const int64_t minutes = (at_us - today.begin_us()) / kMinuteUs;
  today.set_bathroom_us(0);
  if (stay_us > kLongestStayUs) return;
  const bool night = minutes < kNightToMinutes || minutes >= kNightFromMinutes;
  std::string& stays = night ? *today.mutable_bathroom_nights() : *today.mutable_bathroom_days();
  if (stays.size() < kMostStays)
    stays.push_back(static_cast<char>(Baselines::StayBin(absl::Microseconds(stay_us))));
}

void OnSignOfLife(Context& context, const Signal& seen) {
  auto& record = context.state.record();
  const int64_t before = record.presence_us();
  if (before == 0 || seen.time_us <= before) return;
  const bool was_out = IsOut(record);
  if (was_out) {
    Enter(context, seen.time_us);
    // Not since the door last moved: it moves for the return, too.
    const int64_t left = record.wandering().away().left_us();
    if (left != 0 && seen.time_us > record.door_us() + kDoorwayUs)
      Back(*record.mutable_today(), seen.time_us - left);
  } else {
    Still(context, before, seen.time_us);
  }
  auto& today = *record.mutable_today();
  const DevicePlan& device = context.plan.device(seen.device);
  if (device.room == 0) return;
  if (device.room_kind == RoomKind::kBathroom) {
    if (today.bathroom_us() == 0) today.set_bathroom_us(seen.time_us);
  } else if (today.bathroom_us() != 0) {
    LeaveBathroom(today, seen.time_us);
  }
}

}  // namespace

const Rule kHabits = {.wants = kSignsOfLife, .on_signal = OnSignOfLife};

}  // namespace veille::detector
