#include "tests/eval/inject_rooms.h"

#include <algorithm>

namespace veille::eval {
namespace {

// Shorter than this is two sensors that see the same spot; longer is a stay.
constexpr double kShortestStepS = 2, kLongestStepS = 60;
// Steps between two rooms that were seen at least this often make them neighbours, and their timing
// their own.
constexpr std::size_t kNeighbours = 5;
// However slowly somebody walks, this many moves make a pattern of its kind: again and again.
constexpr std::size_t kFewestPacing = 10, kFewestRounds = 4, kFewestRandom = 12;
// Where a recording has no step or stay to take the timing from.
constexpr double kSupposedStepS = 10, kSupposedStayS = 600, kSupposedOnS = 5;

double Pick(const std::vector<double>& from, double otherwise, Random& random) {
  return from.empty() ? otherwise : from[random.Below(from.size())];
}

double StepTime(int from, int to, const RoomTiming& timing, Random& random) {
  const auto own = timing.steps_s.find({from, to});
  if (own != timing.steps_s.end() && own->second.size() >= kNeighbours)
    return Pick(own->second, kSupposedStepS, random);
  return Pick(timing.all_steps_s, kSupposedStepS, random);
}

bool AreNeighbours(int a, int b, const RoomTiming& timing) {
  const auto steps = timing.steps_s.find({a, b});
  return steps != timing.steps_s.end() && steps->second.size() >= kNeighbours;
}

// Rooms to which one can go from here: the neighbours, or all where none is known.
std::vector<int> Neighbours(int room, const RoomTiming& timing) {
  std::vector<int> near, all;
  for (int other = 0; other < static_cast<int>(timing.rooms.size()); ++other) {
    if (other == room) continue;
    all.push_back(other);
    if (AreNeighbours(room, other, timing)) near.push_back(other);
  }
  return near.empty() ? all : near;
}

int PickRoom(const std::vector<int>& rooms, Random& random) {
  return rooms[random.Below(rooms.size())];
}

// A closed way through three or four rooms, along neighbours where the home has such a way.
std::vector<int> MakeCircuit(const RoomTiming& timing, Random& random) {
  const auto rooms = static_cast<int>(timing.rooms.size());
  std::vector<std::vector<int>> circuits;
  for (int a = 0; a < rooms; ++a) {
    for (const int b : Neighbours(a, timing)) {
      for (const int c : Neighbours(b, timing)) {
        if (c == a) continue;
        if (AreNeighbours(c, a, timing)) circuits.push_back({a, b, c});
        for (const int d : Neighbours(c, timing))
          if (d != a && d != b && AreNeighbours(d, a, timing)) circuits.push_back({a, b, c, d});
      }
    }
  }
  if (!circuits.empty()) return circuits[random.Below(circuits.size())];
  std::vector<int> all;
  for (int room = 0; room < rooms; ++room) all.push_back(room);
  for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[random.Below(i)]);
  all.resize(3);
  return all;
}

// True when the walk, with this room next, would go to and fro more than once, or round a second
// time.
bool Repeats(const std::vector<RoomStep>& steps, int next) {
  const std::size_t n = steps.size();
  const auto back = [&](std::size_t k) { return steps[n - k].room; };
  if (n >= 3 && next == back(2) && back(1) == back(3)) return true;
  for (std::size_t length = 3; length <= 5; ++length) {
    if (n + 1 < 2 * length) continue;
    bool same = next == back(length);
    for (std::size_t k = 1; same && k < length; ++k) same = back(k) == back(k + length);
    if (same) return true;
  }
  return false;
}

class Walker {
 public:
  Walker(const RoomTiming& timing, double length_s, Random& random)
      : timing_(timing), length_s_(length_s), random_(random) {}

  std::vector<RoomStep> Pace() {
    const int a = Any();
    const int b = PickRoom(Neighbours(a, timing_), random_);
    Begin(a);
    while (!IsOver(kFewestPacing)) Go(steps_.back().room == a ? b : a);
    return steps_;
  }

  std::vector<RoomStep> Lap() {
    const std::vector<int> circuit = MakeCircuit(timing_, random_);
    Begin(circuit[0]);
    for (std::size_t i = 1; !IsOver(kFewestRounds * circuit.size()); ++i)
      Go(circuit[i % circuit.size()]);
    return steps_;
  }

  std::vector<RoomStep> Roam() {
    Begin(Any());
    while (!IsOver(kFewestRandom)) {
      std::vector<int> next;
      for (const int room : Neighbours(steps_.back().room, timing_))
        if (!Repeats(steps_, room)) next.push_back(room);
      if (next.empty()) {
        // A home whose rooms hang on one another like beads: then through a door that is seldom
        // used.
        for (int room = 0; room < Rooms(); ++room)
          if (room != steps_.back().room && !Repeats(steps_, room)) next.push_back(room);
      }
      if (next.empty()) break;
      Go(PickRoom(next, random_));
    }
    return steps_;
  }

  std::vector<RoomStep> GoAbout() {
    Begin(Any());
    while (!IsOver(1)) {
      stay_s_ = Pick(timing_.stays_s, kSupposedStayS, random_);
      int goal = Any();
      while (goal == steps_.back().room) goal = Any();
      for (const int room : Way(steps_.back().room, goal)) Go(room);
    }
    return steps_;
  }

 private:
  int Rooms() const { return static_cast<int>(timing_.rooms.size()); }
  int Any() { return static_cast<int>(random_.Below(timing_.rooms.size())); }
  void Begin(int room) { steps_.push_back({0, room}); }
  bool IsOver(std::size_t fewest_moves) const {
    return steps_.back().at_s >= length_s_ && steps_.size() > fewest_moves;
  }
  void Go(int room) {
    const RoomStep from = steps_.back();
    steps_.push_back({from.at_s + stay_s_ + StepTime(from.room, room, timing_, random_), room});
    stay_s_ = 0;
  }

  // The shortest way, without its beginning; straight there where none is known.
  std::vector<int> Way(int from, int goal) const {
    std::vector<int> before(timing_.rooms.size(), -1), queue{from};
    for (std::size_t i = 0; i < queue.size(); ++i) {
      for (const int room : Neighbours(queue[i], timing_)) {
        if (room == from || before[static_cast<std::size_t>(room)] >= 0) continue;
        before[static_cast<std::size_t>(room)] = queue[i];
        queue.push_back(room);
      }
    }
    if (before[static_cast<std::size_t>(goal)] < 0) return {goal};
    std::vector<int> way;
    for (int at = goal; at != from; at = before[static_cast<std::size_t>(at)]) way.push_back(at);
    std::reverse(way.begin(), way.end());
    return way;
  }

  const RoomTiming& timing_;
  const double length_s_;
  Random& random_;
  std::vector<RoomStep> steps_;
  double stay_s_ = 0;
};

}  // namespace

std::string PatternName(Pattern pattern) {
  switch (pattern) {
    case Pattern::kDirect:
      return "direct";
    case Pattern::kPacing:
      return "pacing";
    case Pattern::kLapping:
      return "lapping";
    case Pattern::kRandom:
      return "random";
  }
  return "";
}

RoomTiming TimingOf(const domain::Recording& recording) {
  RoomTiming timing;
  std::map<std::string, int> room_of_device;
  std::map<std::string, int> rooms;
  for (const care::v1::Device& device : recording.home.devices()) {
    if (device.role() != care::v1::ROLE_MOTION || device.room().empty()) continue;
    const auto [at, is_new] = rooms.try_emplace(device.room(), static_cast<int>(rooms.size()));
    if (is_new) timing.rooms.push_back({device.room(), device.device_id(), {}});
    room_of_device[device.device_id()] = at->second;
  }
  std::map<std::string, double> on_since;
  int last = -1;
  double entered_s = 0;
  for (const event::v1::Event& event : recording.events) {
    const auto device = room_of_device.find(event.device_id());
    if (!event.has_motion() || device == room_of_device.end()) continue;
    const double at_s =
        static_cast<double>(event.event_time().seconds()) + 1e-9 * event.event_time().nanos();
    const int room = device->second;
    RoomTiming::Place& place = timing.rooms[static_cast<std::size_t>(room)];
    if (event.motion().state() == event::v1::Motion::STATE_CLEARED) {
      const auto since = on_since.find(event.device_id());
      if (since != on_since.end() && place.device_id == event.device_id())
        place.on_s.push_back(std::min(at_s - since->second, kLongestStepS));
      on_since.erase(event.device_id());
      continue;
    }
    on_since[event.device_id()] = at_s;
    if (room == last) continue;
    const double step_s = at_s - entered_s;
    if (last >= 0 && step_s >= kShortestStepS && step_s <= kLongestStepS) {
      timing.steps_s[{last, room}].push_back(step_s);
      timing.all_steps_s.push_back(step_s);
    } else if (last >= 0 && step_s > kLongestStepS && step_s < 4 * 3600) {
      timing.stays_s.push_back(step_s);
    }
    last = room;
    entered_s = at_s;
  }
  return timing;
}

std::vector<RoomStep> MakePattern(Pattern pattern, const RoomTiming& timing, double length_s,
                                  Random& random) {
  const std::size_t rooms = timing.rooms.size();
  Walker walker(timing, length_s, random);
  switch (pattern) {
    case Pattern::kPacing:
      return rooms < 2 ? std::vector<RoomStep>{} : walker.Pace();
    case Pattern::kLapping:
      return rooms < 3 ? std::vector<RoomStep>{} : walker.Lap();
    case Pattern::kRandom:
      return rooms < 4 ? std::vector<RoomStep>{} : walker.Roam();
    case Pattern::kDirect:
      return rooms < 2 ? std::vector<RoomStep>{} : walker.GoAbout();
  }
  return {};
}

void AddMotion(const std::vector<RoomStep>& steps, const RoomTiming& timing, absl::Time start,
               Random& random, std::vector<event::v1::Event>& events) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const RoomTiming::Place& place = timing.rooms[static_cast<std::size_t>(steps[i].room)];
    const double on_s = std::max(0.5, Pick(place.on_s, kSupposedOnS, random));
    const absl::Time at = start + absl::Seconds(steps[i].at_s);
    events.push_back(domain::MakeEvent(at, place.device_id));
    events.back().mutable_motion()->set_state(event::v1::Motion::STATE_DETECTED);
    // Seen again before its hold time ran out, a sensor stays on.
    const bool stays_on =
        std::any_of(steps.begin() + static_cast<std::ptrdiff_t>(i) + 1, steps.end(),
                    [&](const RoomStep& later) {
                      return later.room == steps[i].room && later.at_s <= steps[i].at_s + on_s;
                    });
    if (stays_on) continue;
    events.push_back(domain::MakeEvent(at + absl::Seconds(on_s), place.device_id));
    events.back().mutable_motion()->set_state(event::v1::Motion::STATE_CLEARED);
  }
}

}  // namespace veille::eval
