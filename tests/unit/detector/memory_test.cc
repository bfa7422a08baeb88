// What the engine keeps of a person and a home, week by week over a year.

#include <algorithm>
#include <cstdio>
#include <set>
#include <vector>

#include "gtest/gtest.h"

#include "tests/unit/detector/story.h"

namespace veille::detector {
namespace {

using testing::Judge;
using testing::Story;

// One person's home: motion in six rooms, the door, what they wear and carry, and a few appliances.
care::v1::Home UsualHome() {
  care::v1::Home home = ::veille::testing::HomeOfEverything("Europe/Paris");
  const std::set<care::v1::Role> usual = {
      care::v1::ROLE_MOTION,    care::v1::ROLE_EXIT_DOOR, care::v1::ROLE_FRIDGE_DOOR,
      care::v1::ROLE_BED,       care::v1::ROLE_WRIST,     care::v1::ROLE_TRACKER,
      care::v1::ROLE_HAZARD,    care::v1::ROLE_CLIMATE,   care::v1::ROLE_METER,
      care::v1::ROLE_DISPENSER, care::v1::ROLE_HUB};
  auto& devices = *home.mutable_devices();
  for (int i = devices.size(); i-- > 0;)
    if (usual.count(devices.Get(i).role()) == 0) devices.DeleteSubrange(i, 1);
  return home;
}

class Year {
 public:
  explicit Year(care::v1::Home home)
      : story_(1, testing::kStart, absl::Hours(24 * 365), absl::Minutes(30), std::move(home)),
        judge_(story_.home()) {
    judge_.set_tick(absl::Minutes(5));
    judge_.Run(story_);
  }
  const std::vector<Judge::Size>& sizes() const { return judge_.sizes(); }
  // Of all weeks, the one that so many in a hundred do not exceed.
  std::size_t Week(std::size_t percent, std::size_t Judge::Size::*which) const {
    std::vector<std::size_t> all;
    all.reserve(sizes().size());
    for (const Judge::Size& size : sizes()) all.push_back(size.*which);
    std::sort(all.begin(), all.end());
    return all.empty() ? 0 : all[(all.size() - 1) * percent / 100];
  }

 private:
  const Story story_;
  Judge judge_;
};

TEST(Memory, IsBoundedOverAYear) {
  // A home of some thirty devices, each of which is remembered by its name: twice the 8 KiB of a
  // usual one.
  const Year year(::veille::testing::HomeOfEverything("Europe/Paris"));
  ASSERT_GE(year.sizes().size(), 52U);
  EXPECT_LE(year.Week(100, &Judge::Size::quiet), 16U << 10);
}

// Every event of the vocabulary at random, what is muted with it.
TEST(Memory, OfOnePersonIsWithin8KiBInEveryWeekOfAYear) {
  const Year year(UsualHome());
  ASSERT_GE(year.sizes().size(), 52U);
  const std::size_t most = year.Week(100, &Judge::Size::quiet);
  std::printf(
      "bytes a person over a year, every rule on: %zu in the median week, %zu at most; %zu "
      "while judged\n",
      year.Week(50, &Judge::Size::quiet), most, year.Week(50, &Judge::Size::busy));
  EXPECT_LE(most, 8U << 10);
}
}  // namespace
}  // namespace veille::detector
