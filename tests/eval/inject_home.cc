#include "tests/eval/inject_home.h"

#include <algorithm>
#include <functional>
#include <map>

#include "absl/strings/ascii.h"

#include "common/base/random.h"
#include "common/base/timestamp.h"
#include "common/time/local_time.h"
#include "tests/eval/inject_rooms.h"
#include "tests/eval/statistics.h"

namespace veille::eval {
namespace {

using event::v1::Event;

// A telling that comes a little after the end still tells it.
constexpr absl::Duration kSlack = absl::Minutes(5);
// A night exit is told while the person can still be caught up with.
constexpr absl::Duration kNightExitWithin = absl::Minutes(15);
// A home is quiet when nothing was seen for this long.
constexpr absl::Duration kQuiet = absl::Minutes(10);
// Seen inside this long after the exit door moved, the person is inside.
constexpr absl::Duration kInsideAfterDoor = absl::Seconds(30);

absl::Time TimeOf(const Event& event) {
  return absl::FromUnixSeconds(event.event_time().seconds()) +
         absl::Nanoseconds(event.event_time().nanos());
}

bool HasWord(const std::string& room, std::initializer_list<const char*> words) {
  const std::string lower = absl::AsciiStrToLower(room);
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return lower.find(word) != std::string::npos; });
}

bool IsBathroom(const std::string& room) {
  return HasWord(room, {"bath", "toilet", "shower", "wc"});
}

// Movement seen, a door opened, a bed or a tap in use; as opposed to closed, left, off.
bool IsBeginning(const Event& event) {
  switch (event.observation_case()) {
    case Event::kMotion:
      return event.motion().state() != event::v1::Motion::STATE_CLEARED;
    case Event::kContact:
      return event.contact().state() == event::v1::Contact::STATE_OPEN;
    case Event::kUsage:
      return event.usage().kind() == event::v1::Usage::KIND_STARTED;
    case Event::kSwitchState:
      return event.switch_state().on();
    default:
      return false;
  }
}

// A home's recording that is being rewritten.
class Tape {
 public:
  Tape(const domain::Recording& home, uint64_t seed)
      : home_(home), random_(seed), timing_(TimingOf(home)) {
    const auto zone = LoadZone(home.home.zone());
    zone_ = zone.ok() ? *zone : absl::UTCTimeZone();
    for (const care::v1::Device& device : home.home.devices())
      devices_[device.device_id()] = &device;
    for (const Event& event : home.events) {
      if (event.has_device_status()) continue;
      if (IsExit(event)) doors_.push_back(TimeOf(event));
      person_.push_back(&event);
    }
  }

  const domain::Recording& home() const { return home_; }
  const std::vector<const Event*>& person() const { return person_; }
  const RoomTiming& timing() const { return timing_; }
  Random& random() { return random_; }
  double Between(double low, double high) { return low + (high - low) * random_.Unit(); }

  bool IsExit(const Event& event) const { return RoleOf(event) == care::v1::ROLE_EXIT_DOOR; }
  care::v1::Role RoleOf(const Event& event) const {
    const auto device = devices_.find(event.device_id());
    return device == devices_.end() ? care::v1::ROLE_UNSPECIFIED : device->second->role();
  }
  std::string RoomOf(const Event& event) const {
    const auto device = devices_.find(event.device_id());
    return device == devices_.end() ? "" : device->second->room();
  }
  const care::v1::Device* FindDevice(
      const std::function<bool(const care::v1::Device&)>& fits) const {
    for (const care::v1::Device& device : home_.home.devices())
      if (fits(device)) return &device;
    return nullptr;
  }

  absl::CivilDay FirstDay() const { return DayOf(home_.start); }
  absl::CivilDay LastDay() const { return DayOf(home_.end); }
  absl::CivilDay DayOf(absl::Time at) const { return absl::ToCivilDay(at, zone_); }
  absl::Time At(absl::CivilDay day, double hour) const {
    return absl::FromCivil(absl::CivilMinute(day) + static_cast<int>(hour * 60), zone_);
  }

  // The first event of the person after `at`; the end when there is none.
  std::size_t After(absl::Time at) const {
    return static_cast<std::size_t>(
        std::upper_bound(person_.begin(), person_.end(), at,
                         [](absl::Time t, const Event* event) { return t < TimeOf(*event); }) -
        person_.begin());
  }

  // Seen inside since the exit door last moved, and not on the way out.
  bool IsHome(absl::Time at) const {
    const std::size_t next = After(at);
    if (next == 0 || next == person_.size() || IsExit(*person_[next])) return false;
    const Event& last = *person_[next - 1];
    if (IsExit(last)) return false;
    const auto door = std::upper_bound(doors_.begin(), doors_.end(), at);
    return door == doors_.begin() || TimeOf(last) - *(door - 1) > kInsideAfterDoor;
  }

  bool IsDoorMovedWithin(absl::Time from, absl::Time until) const {
    const auto door = std::lower_bound(doors_.begin(), doors_.end(), from);
    return door != doors_.end() && *door <= until;
  }

  // Takes out what the person did within, except what `keep` says. A sensor that would have been
  // left in another state than it was in enters it at the end; a motion sensor that was on goes off
  // when it did.
  void Silence(absl::Time from, absl::Time until,
               const std::function<bool(const Event&)>& keep = nullptr) {
    cuts_.push_back({from, until, keep});
  }
  void Add(Event event) { added_.push_back(std::move(event)); }
  std::vector<Event>& added() { return added_; }

  void AddDoor(absl::Time at, const std::string& id, bool open) {
    added_.push_back(domain::MakeEvent(at, id));
    added_.back().mutable_contact()->set_state(open ? event::v1::Contact::STATE_OPEN
                                                    : event::v1::Contact::STATE_CLOSED);
  }
  void AddUsage(absl::Time at, const std::string& id, bool begins) {
    added_.push_back(domain::MakeEvent(at, id));
    added_.back().mutable_usage()->set_kind(begins ? event::v1::Usage::KIND_STARTED
                                                   : event::v1::Usage::KIND_ENDED);
  }
  void AddMotionFor(absl::Time at, const std::string& id, double on_s) {
    for (const bool on : {true, false}) {
      added_.push_back(domain::MakeEvent(on ? at : at + absl::Seconds(on_s), id));
      added_.back().mutable_motion()->set_state(on ? event::v1::Motion::STATE_DETECTED
                                                   : event::v1::Motion::STATE_CLEARED);
    }
  }

  // The last event of a device before an instant says that it is on, open or in use.
  bool IsOn(const std::string& id, absl::Time at) const {
    for (std::size_t i = After(at); i > 0; --i)
      if (person_[i - 1]->device_id() == id) return IsBeginning(*person_[i - 1]);
    return false;
  }

  domain::Recording Finish() {
    domain::Recording result = home_;
    result.events.clear();
    std::vector<std::map<std::string, Event>> last_of_cut(cuts_.size());
    for (const Event& event : home_.events) {
      const int cut = event.has_device_status() ? -1 : CutOf(event);
      if (cut < 0) {
        result.events.push_back(event);
      } else {
        last_of_cut[static_cast<std::size_t>(cut)][event.device_id()] = event;
      }
    }
    for (std::size_t i = 0; i < cuts_.size(); ++i) EndCut(cuts_[i], last_of_cut[i], result);
    result.events.insert(result.events.end(), added_.begin(), added_.end());
    domain::SortEvents(result);
    return result;
  }

 private:
  struct Cut {
    absl::Time from, until;
    std::function<bool(const Event&)> keep;
  };

  int CutOf(const Event& event) const {
    const absl::Time at = TimeOf(event);
    for (std::size_t i = 0; i < cuts_.size(); ++i) {
      if (at <= cuts_[i].from || at > cuts_[i].until) continue;
      if (cuts_[i].keep != nullptr && cuts_[i].keep(event)) continue;
      const bool goes_off = event.has_motion() && !IsBeginning(event);
      if (goes_off && IsOn(event.device_id(), cuts_[i].from) &&
          !IsSeenWithin(event.device_id(), cuts_[i].from, at)) {
        continue;
      }
      return static_cast<int>(i);
    }
    return -1;
  }

  bool IsSeenWithin(const std::string& id, absl::Time from, absl::Time until) const {
    for (std::size_t i = After(from); i < person_.size() && TimeOf(*person_[i]) < until; ++i)
      if (person_[i]->device_id() == id) return true;
    return false;
  }

  void EndCut(const Cut& cut, const std::map<std::string, Event>& last,
              domain::Recording& result) const {
    absl::Time at = cut.until;
    for (const auto& [id, event] : last) {
      const bool was_on = IsOn(id, cut.from);
      // A motion sensor that was on went off in time: see CutOf().
      if (IsBeginning(event) == (event.has_motion() ? false : was_on)) continue;
      at += absl::Seconds(1);
      result.events.push_back(event);
      SetTime(at, *result.events.back().mutable_event_time());
    }
  }

  const domain::Recording& home_;
  SeededRandom random_;
  const RoomTiming timing_;
  absl::TimeZone zone_;
  std::map<std::string, const care::v1::Device*> devices_;
  std::vector<const Event*> person_;  // All but the check-ins, in order of time.
  std::vector<absl::Time> doors_;     // When an exit door moved.
  std::vector<Cut> cuts_;
  std::vector<Event> added_;
};

// Those of a variant: each is used by one of them.
std::vector<absl::Time> Share(const std::vector<absl::Time>& all, int variant, int variants) {
  std::vector<absl::Time> mine;
  for (std::size_t i = static_cast<std::size_t>(variant); i < all.size();
       i += static_cast<std::size_t>(variants)) {
    mine.push_back(all[i]);
  }
  return mine;
}

// One instant of each night at which an exit fits.
std::vector<absl::Time> NightOpportunities(Tape& tape, const std::string& door) {
  std::vector<absl::Time> all;
  for (absl::CivilDay day = tape.FirstDay(); day <= tape.LastDay(); ++day) {
    std::vector<absl::Time> fit;
    for (absl::Time at = tape.At(day, 22.25); at < tape.At(day + 1, 5); at += absl::Minutes(5)) {
      const std::size_t next = tape.After(at);
      if (!tape.IsHome(at) || tape.IsOn(door, at)) continue;
      if (at - TimeOf(*tape.person()[next - 1]) < kQuiet) continue;
      if (tape.IsDoorMovedWithin(at, at + absl::Minutes(90))) continue;
      fit.push_back(at);
    }
    if (!fit.empty()) all.push_back(fit[tape.random().Below(fit.size())]);
  }
  return all;
}

void GoOutAtNight(Tape& tape, absl::Time at, const std::string& door, std::vector<Truth>& truth) {
  const auto* bed = tape.FindDevice([&](const care::v1::Device& device) {
    return device.role() == care::v1::ROLE_BED && tape.IsOn(device.device_id(), at);
  });
  const auto motion_in = [&](std::initializer_list<const char*> words) {
    return tape.FindDevice([&](const care::v1::Device& device) {
      return device.role() == care::v1::ROLE_MOTION && HasWord(device.room(), words);
    });
  };
  const auto* bedroom = motion_in({"bed"});
  const auto* hall = motion_in({"hall", "entr"});
  const absl::Time back = at + absl::Minutes(tape.Between(20, 60));
  const auto after = [&](double low, double high) {
    return absl::Seconds(tape.Between(low, high));
  };
  tape.Silence(at - absl::Minutes(3), back + absl::Minutes(2));
  if (bed != nullptr) tape.AddUsage(at - after(60, 120), bed->device_id(), false);
  if (bedroom != nullptr)
    tape.AddMotionFor(at - after(20, 50), bedroom->device_id(), tape.Between(2, 10));
  if (hall != nullptr) tape.AddMotionFor(at - after(2, 8), hall->device_id(), tape.Between(2, 10));
  tape.AddDoor(at, door, true);
  tape.AddDoor(at + after(4, 20), door, false);
  tape.AddDoor(back, door, true);
  tape.AddDoor(back + after(4, 20), door, false);
  if (hall != nullptr) tape.AddMotionFor(back + after(3, 8), hall->device_id(), 5);
  if (bedroom != nullptr) tape.AddMotionFor(back + after(20, 60), bedroom->device_id(), 5);
  if (bed != nullptr) tape.AddUsage(back + after(90, 110), bed->device_id(), true);
  truth.push_back({at, at + kNightExitWithin});
}

// At most one in six hours: when somebody was just seen, and no door moves until it is over.
std::vector<absl::Time> IndoorOpportunities(Tape& tape) {
  std::vector<absl::Time> all;
  for (absl::CivilDay day = tape.FirstDay(); day <= tape.LastDay(); ++day) {
    for (int hour = 0; hour < 24; hour += 6) {
      std::vector<absl::Time> fit;
      const absl::Time end = tape.At(day, hour + 6);
      for (std::size_t i = tape.After(tape.At(day, hour));
           i < tape.person().size() && TimeOf(*tape.person()[i]) < end; ++i) {
        const absl::Time at = TimeOf(*tape.person()[i]) + absl::Milliseconds(1);
        if (tape.IsHome(at) && !tape.IsDoorMovedWithin(at, at + absl::Minutes(15)))
          fit.push_back(at);
      }
      if (!fit.empty()) all.push_back(fit[tape.random().Below(fit.size())]);
    }
  }
  return all;
}

void Wander(Tape& tape, absl::Time at, Pattern pattern, std::vector<Truth>& truth) {
  const auto steps = MakePattern(pattern, tape.timing(), tape.Between(240, 600), tape.random());
  if (steps.empty()) return;
  const absl::Time begin = at + absl::Seconds(tape.Between(5, 30));
  const absl::Time end = begin + absl::Seconds(steps.back().at_s);
  tape.Silence(at, end + absl::Seconds(10));
  AddMotion(steps, tape.timing(), begin, tape.random(), tape.added());
  truth.push_back({begin, end + kSlack});
}

// The first sign of the person after 05:00, where the night was spent at home.
std::vector<absl::Time> Wakings(const Tape& tape) {
  std::vector<absl::Time> wakings;
  for (absl::CivilDay day = tape.FirstDay(); day <= tape.LastDay(); ++day) {
    const absl::Time five = tape.At(day, 5);
    if (!tape.IsHome(five)) continue;
    const absl::Time waking = TimeOf(*tape.person()[tape.After(five)]);
    if (waking < tape.At(day, 13)) wakings.push_back(waking);
  }
  return wakings;
}

// Until 2.5 to 4 hours after the latest usual waking, and until after noon at the least.
void StayInBed(Tape& tape, absl::Time waking, double latest_hour, std::vector<Truth>& truth) {
  const absl::CivilDay day = tape.DayOf(waking);
  const absl::Time until = tape.At(day, std::max(12.5, latest_hour) + tape.Between(2.5, 4));
  if (until > tape.home().end) return;
  tape.Silence(tape.At(day, 4.5), until);
  truth.push_back({tape.At(day, 5), until});
}

// The entries into a bathroom, at most one in twelve hours, with no door moving long after it.
std::vector<absl::Time> BathroomOpportunities(Tape& tape) {
  std::vector<absl::Time> all;
  for (absl::CivilDay day = tape.FirstDay(); day <= tape.LastDay(); ++day) {
    for (int hour = 0; hour < 24; hour += 12) {
      std::vector<absl::Time> fit;
      const absl::Time end = tape.At(day, hour + 12);
      for (std::size_t i = std::max<std::size_t>(1, tape.After(tape.At(day, hour)));
           i < tape.person().size() && TimeOf(*tape.person()[i]) < end; ++i) {
        const Event& event = *tape.person()[i];
        const absl::Time at = TimeOf(event);
        if (!IsBathroom(tape.RoomOf(event)) || !IsBeginning(event)) continue;
        if (IsBathroom(tape.RoomOf(*tape.person()[i - 1]))) continue;
        if (!tape.IsHome(at) || tape.IsDoorMovedWithin(at, at + absl::Minutes(100))) continue;
        fit.push_back(at);
      }
      if (!fit.empty()) all.push_back(fit[tape.random().Below(fit.size())]);
    }
  }
  return all;
}

void StayInBathroom(Tape& tape, absl::Time entry, bool moves, std::vector<Truth>& truth) {
  const absl::Time until = entry + absl::Minutes(tape.Between(40, 90));
  // The visit itself, as it was recorded.
  absl::Time left = until;
  for (std::size_t i = tape.After(entry); i < tape.person().size(); ++i) {
    if (IsBathroom(tape.RoomOf(*tape.person()[i]))) continue;
    left = std::min(left, TimeOf(*tape.person()[i]));
    break;
  }
  const auto* motion = tape.FindDevice([](const care::v1::Device& device) {
    return device.role() == care::v1::ROLE_MOTION && IsBathroom(device.room());
  });
  tape.Silence(entry, until, [left](const Event& event) { return TimeOf(event) < left; });
  if (moves && motion != nullptr) {
    for (absl::Time at = left; at < until - absl::Minutes(1);
         at += absl::Minutes(tape.Between(2, 8))) {
      tape.AddMotionFor(at + absl::Seconds(1), motion->device_id(), tape.Between(1, 8));
    }
  }
  truth.push_back({entry, until + kSlack});
}

double LatestHour(const Tape& tape, const std::vector<absl::Time>& wakings) {
  std::vector<double> hours;
  hours.reserve(wakings.size());
  for (const absl::Time waking : wakings)
    hours.push_back(absl::ToDoubleHours(waking - tape.At(tape.DayOf(waking), 0)));
  return Quantile(hours, 0.95);
}

}  // namespace

std::string InjectionName(Injection injection) {
  switch (injection) {
    case Injection::kNightExit:
      return "night exit";
    case Injection::kPacing:
      return "pacing";
    case Injection::kLapping:
      return "lapping";
    case Injection::kNoMorning:
      return "no morning";
    case Injection::kBathroomLong:
      return "long bathroom stay";
  }
  return "";
}

std::string RuleOf(Injection injection) {
  switch (injection) {
    case Injection::kNightExit:
      return "NIGHT_EXIT";
    case Injection::kPacing:
      return "PACING_INDOOR";
    case Injection::kLapping:
      return "LAPPING_INDOOR";
    case Injection::kNoMorning:
      return "NO_MORNING";
    case Injection::kBathroomLong:
      return "BATHROOM_LONG";
  }
  return "";
}

InjectedHome Inject(const domain::Recording& home, Injection injection, int variant, int variants,
                    uint64_t seed) {
  InjectedHome injected;
  // The opportunities are the same for all variants.
  Tape tape(home, seed);
  switch (injection) {
    case Injection::kNightExit: {
      const auto* door = tape.FindDevice(
          [](const care::v1::Device& device) { return device.role() == care::v1::ROLE_EXIT_DOOR; });
      if (door == nullptr) break;
      for (const absl::Time at :
           Share(NightOpportunities(tape, door->device_id()), variant, variants))
        GoOutAtNight(tape, at, door->device_id(), injected.truth);
      break;
    }
    case Injection::kPacing:
    case Injection::kLapping: {
      const Pattern pattern =
          injection == Injection::kPacing ? Pattern::kPacing : Pattern::kLapping;
      for (const absl::Time at : Share(IndoorOpportunities(tape), variant, variants))
        Wander(tape, at, pattern, injected.truth);
      break;
    }
    case Injection::kNoMorning: {
      const std::vector<absl::Time> wakings = Wakings(tape);
      const double latest_hour = LatestHour(tape, wakings);
      for (const absl::Time at : Share(wakings, variant, variants))
        StayInBed(tape, at, latest_hour, injected.truth);
      break;
    }
    case Injection::kBathroomLong: {
      bool moves = false;
      for (const absl::Time at : Share(BathroomOpportunities(tape), variant, variants)) {
        StayInBathroom(tape, at, moves, injected.truth);
        moves = !moves;
      }
      break;
    }
  }
  injected.recording = tape.Finish();
  return injected;
}

}  // namespace veille::eval
