// How a hub packs its events says nothing of what happened: a rule judges each instant by what had
// been seen by then, not by what came with it.

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "gtest/gtest.h"

#include "common/base/random.h"
#include "common/base/timestamp.h"
#include "services/detector/core/liveness.h"
#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {
namespace {

using event::v1::Event;
using Strings = std::vector<std::string>;

constexpr absl::Duration kDays = absl::Hours(72);
constexpr const char* kRooms[] = {"Kitchen", "Bedroom", "Bathroom", "Living", "Study", "hall"};

absl::Time TimeOf(const Event& event) { return ToTime(event.event_time()); }

struct Silence {
  absl::Time from, to;
};

// Three days of a life; every sensor is dead for some hours once.
std::vector<Event> Life(const Home& home, SeededRandom& random) {
  std::vector<Event> events;
  const absl::Time start = home.At(1, 15, 0, 0);
  std::map<std::string, Silence> silences;
  for (const auto& device : home.plan().devices()) {
    const absl::Time from = start + kDays * random.Unit();
    silences[device.id] = {from, from + absl::Hours(2 + 10 * random.Unit())};
  }
  const auto add = [&](const Event& event) {
    const Silence& silence = silences[event.device_id()];
    if (TimeOf(event) < silence.from || TimeOf(event) > silence.to) events.push_back(event);
  };
  for (absl::Time at = start; at < start + kDays;) {
    // A few movements, or a pause of up to nine hours.
    at += random.Below(12) == 0 ? absl::Hours(9 * random.Unit())
                                : absl::Seconds(5 + 900 * random.Unit());
    add(Home::Motion(at, kRooms[random.Below(std::size(kRooms))]));
    // Never two at one instant: which of them was first nobody can say.
    if (random.Below(8) == 0) add(Home::Use(at + absl::Seconds(1), "bed", random.Below(2) == 0));
    if (random.Below(10) == 0) add(Home::Door(at + absl::Seconds(2), random.Below(2) == 0));
  }
  absl::Time first = start;
  for (const auto& device : home.plan().devices()) {
    first += absl::Seconds(37);
    for (absl::Time at = first; at < start + kDays; at += absl::Minutes(30))
      add(Home::CheckIn(at, device.id));
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return TimeOf(a) < TimeOf(b); });
  return events;
}

// What is told, and about when. A summary of what is over leaves the end of it out.
std::multiset<std::string> Told(const Home& home) {
  std::multiset<std::string> told;
  for (const store::v1::Finding& finding : home.effects().findings) {
    if (finding.kind() == store::v1::Finding::KIND_CLEAR) continue;
    told.insert(finding.rule_key() + " " + alert::v1::Severity_Name(finding.severity()) + " of " +
                absl::FormatTime(ToTime(finding.event_time())) + " at " +
                absl::FormatTime(ToTime(finding.decide_time())));
  }
  return told;
}

// As many events a batch as `size` says.
template <typename Size>
std::multiset<std::string> Judge(const std::vector<Event>& events, Size size) {
  Home home;
  home.Furnish();
  for (std::size_t i = 0; i < events.size();) {
    const std::size_t end = std::min(events.size(), i + size());
    const std::vector<Event> batch(events.begin() + static_cast<std::ptrdiff_t>(i),
                                   events.begin() + static_cast<std::ptrdiff_t>(end));
    const absl::Time sent = TimeOf(batch.back());
    home.Send(batch, sent, sent);
    i = end;
  }
  return Told(home);
}

class AnyBatching : public ::testing::TestWithParam<uint64_t> {};

TEST_P(AnyBatching, TellsTheSame) {
  Home home;
  home.Furnish();
  SeededRandom random(GetParam());
  const std::vector<Event> events = Life(home, random);
  const auto expected = Judge(events, [] { return std::size_t{1}; });
  EXPECT_GE(expected.size(), 3U);
  for (const uint64_t most : {5U, 50U, 400U}) {
    EXPECT_EQ(Judge(events, [&] { return 1 + random.Below(most); }), expected)
        << "batches of up to " << most;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, AnyBatching, ::testing::Range<uint64_t>(1, 13));

// The morning's check-in comes with the batch that brings the night.
TEST(Liveness, IsJudgedAsOfTheInstantConcludedAbout) {
  Home home;
  home.Furnish();
  home.See(Home::Motion(home.At(1, 15, 8, 0), "Kitchen"));
  std::vector<Event> batch;
  for (const auto& device : home.plan().devices())
    batch.push_back(Home::CheckIn(home.At(1, 15, 21, 0), device.id));
  home.Send(batch, home.At(1, 15, 21, 0), home.At(1, 15, 21, 0));
  // From 09:00 on nothing had checked in: nobody can say that the person was still.
  EXPECT_EQ(home.Told("INACTIVITY"), Strings{});
}

TEST(Liveness, OfAWordThatCameLateFillsTheSilence) {
  Home home;
  Effects effects;
  Context context{home.plan(), home.state(), effects};
  const auto at = [&](int hour) { return absl::ToUnixMicros(home.At(1, 15, hour, 0)); };
  const int hall = home.plan().FindDevice("hall");  // Checks in each 30 min: alive for an hour.
  EXPECT_FALSE(IsAlive(context, hall, at(5)));
  NoteWord(context, hall, at(6));
  NoteWord(context, hall, at(9));
  NoteWord(context, hall, at(10));
  EXPECT_TRUE(IsAlive(context, hall, at(7)));
  EXPECT_FALSE(IsAlive(context, hall, at(8)));
  EXPECT_TRUE(IsAlive(context, hall, at(9)));
  EXPECT_TRUE(IsAlive(context, hall, at(11)));
  EXPECT_FALSE(IsAlive(context, hall, at(12)));
  NoteWord(context, hall, at(8));
  EXPECT_TRUE(IsAlive(context, hall, at(8)));
  NoteWord(context, hall, at(7));
  EXPECT_TRUE(IsAlive(context, hall, at(7)));
  EXPECT_FALSE(IsAlive(context, hall, at(5)));
}

}  // namespace
}  // namespace veille::detector
