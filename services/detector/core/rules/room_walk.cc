#include "services/detector/core/rules/room_walk.h"

#include <algorithm>
#include <cstring>

namespace veille::detector {
namespace {

constexpr std::size_t kMaxMoves = 32;
constexpr std::size_t kBytes = 6;
// Two sensors that see one spot alternate faster than anybody walks. Most stays of a walk are at
// least this long.
constexpr uint32_t kPacingStayS = 3, kLappingStayS = 2, kRandomStayS = 2;
// A room that was left sooner was only seen in passing, or by a sensor that looks into the next.
constexpr uint32_t kVisitS = 3;
// To and fro through one or two rooms between the turning points.
constexpr std::size_t kLongestWay = 3;
constexpr std::size_t kFewestWays = 4;
// A circuit through a hall between every two rooms.
constexpr std::size_t kLongestCircuit = 8;
constexpr std::size_t kLeastRooms = 3;
// So much of a random walk repeats what was one, two … circuits before.
constexpr double kMostRegular = 0.8;

uint16_t Room(const std::vector<RoomMove>& walk, std::size_t back) {
  return walk[walk.size() - 1 - back].room;
}

// So many of the last rooms are as those `period` before them.
std::size_t Repeated(const std::vector<RoomMove>& walk, std::size_t period) {
  std::size_t run = 0;
  while (run + period < walk.size() && Room(walk, run) == Room(walk, run + period)) ++run;
  return run;
}

bool IsWithin(const std::vector<RoomMove>& walk, std::size_t moves, int64_t span_us) {
  if (moves == 0 || moves >= walk.size()) return false;
  const int64_t seconds = static_cast<int64_t>(walk.back().second) -
                          static_cast<int64_t>(walk[walk.size() - 1 - moves].second);
  return seconds * 1'000'000 <= span_us;
}

// Three of four stays are so long; of every second one, too, where `each` is 2.
bool IsWalked(const std::vector<RoomMove>& walk, std::size_t moves, std::size_t each,
              uint32_t stay_s) {
  for (std::size_t offset = 0; offset < each; ++offset) {
    std::size_t stays = 0, shorter = 0;
    for (std::size_t i = walk.size() - 1 - moves + offset; i + 1 < walk.size(); i += each) {
      ++stays;
      shorter += walk[i + 1].second - walk[i].second < stay_s ? 1 : 0;
    }
    if (stays == 0 || shorter > stays / 4) return false;
  }
  return true;
}

// The last `period` rooms, read as a circle, are the same in both directions: the way back is the
// way there.
bool Turns(const std::vector<RoomMove>& walk, std::size_t period) {
  for (std::size_t turn = 0; turn < period; ++turn) {
    bool same = true;
    for (std::size_t k = 1; k < period && same; ++k)
      same = Room(walk, (turn + k) % period) == Room(walk, (turn + period - k) % period);
    if (same) return true;
  }
  return false;
}

std::size_t RoomsOf(const std::vector<RoomMove>& walk, std::size_t visits) {
  std::size_t rooms = 0;
  for (std::size_t i = 0; i < visits; ++i) {
    std::size_t before = 0;
    while (before < i && Room(walk, before) != Room(walk, i)) ++before;
    rooms += before == i ? 1 : 0;
  }
  return rooms;
}

// The share of the last moves that lead where one led a circuit before, at its greatest.
double Regularity(const std::vector<RoomMove>& walk, std::size_t moves) {
  double most = 0;
  for (std::size_t period = 2; period <= 6 && period < moves; ++period) {
    std::size_t same = 0;
    for (std::size_t i = 0; i + period <= moves; ++i)
      same += Room(walk, i) == Room(walk, i + period) ? 1 : 0;
    most = std::max(most, static_cast<double>(same) / static_cast<double>(moves + 1 - period));
  }
  return most;
}

// The walk without the rooms that were seen in passing. Rooms whose sensors overlap, a chair's and
// the bedroom's behind it, else make a dozen moves of two.
std::vector<RoomMove> Visits(const std::vector<RoomMove>& walk) {
  std::vector<RoomMove> visits;
  visits.reserve(walk.size());
  for (std::size_t i = 0; i < walk.size(); ++i) {
    const bool passed = i + 1 < walk.size() && walk[i + 1].second - walk[i].second < kVisitS;
    if (!passed && (visits.empty() || visits.back().room != walk[i].room))
      visits.push_back(walk[i]);
  }
  return visits;
}

RoomMove ReadMove(const char* bytes) {
  RoomMove move;
  std::memcpy(&move.room, bytes, 2);
  std::memcpy(&move.second, bytes + 2, 4);
  return move;
}

}  // namespace

std::vector<RoomMove> ParseMoves(const std::string& bytes) {
  std::vector<RoomMove> walk;
  walk.reserve(bytes.size() / kBytes + 1);  // And the one that comes.
  for (std::size_t i = 0; i + kBytes <= bytes.size(); i += kBytes)
    walk.push_back(ReadMove(bytes.data() + i));
  return walk;
}

RoomMove LastMove(const std::string& bytes) {
  return bytes.size() < kBytes ? RoomMove{} : ReadMove(bytes.data() + bytes.size() - kBytes);
}

void AppendMove(const RoomMove& move, std::string& bytes) {
  if (bytes.size() >= kMaxMoves * kBytes) bytes.erase(0, bytes.size() - (kMaxMoves - 1) * kBytes);
  bytes.append(reinterpret_cast<const char*>(&move.room), 2);
  bytes.append(reinterpret_cast<const char*>(&move.second), 4);
}

std::size_t PacingMoves(const std::vector<RoomMove>& walk, uint32_t moves, int64_t span_us) {
  for (std::size_t way = 1; way <= kLongestWay; ++way) {
    const std::size_t period = 2 * way;
    const std::size_t needed = std::max<std::size_t>(moves, way == 1 ? 0 : kFewestWays * way);
    const std::size_t run = Repeated(walk, period);
    if (run == 0 || run + period - 1 < needed || !Turns(walk, period)) continue;
    if (RoomsOf(walk, period) != way + 1) continue;
    if (IsWithin(walk, needed, span_us) && IsWalked(walk, needed, way == 1 ? 2 : 1, kPacingStayS))
      return needed;
  }
  return 0;
}

std::size_t LappingMoves(const std::vector<RoomMove>& walk, uint32_t rounds, int64_t span_us) {
  for (std::size_t period = kLeastRooms; period <= kLongestCircuit; ++period) {
    const std::size_t needed = rounds * period - 1;
    const std::size_t run = Repeated(walk, period);
    if (run == 0 || run + period - 1 < needed) continue;
    if (RoomsOf(walk, period) < kLeastRooms || Turns(walk, period)) continue;
    if (IsWithin(walk, needed, span_us) && IsWalked(walk, needed, 1, kLappingStayS)) return needed;
  }
  return 0;
}

std::size_t RandomMoves(const std::vector<RoomMove>& walk, uint32_t moves, uint32_t rooms,
                        int64_t span_us) {
  if (!IsWithin(walk, moves, span_us)) return 0;
  const std::vector<RoomMove> visits = Visits(walk);
  if (!IsWithin(visits, moves, span_us) || RoomsOf(visits, moves + 1) < rooms) return 0;
  if (!IsWalked(visits, moves, 1, kRandomStayS)) return 0;
  if (Regularity(visits, moves) >= kMostRegular) return 0;
  const uint32_t begin = visits[visits.size() - 1 - moves].second;
  const auto first = std::find_if(walk.begin(), walk.end(),
                                  [&](const RoomMove& move) { return move.second >= begin; });
  return static_cast<std::size_t>(walk.end() - first) - 1;
}

}  // namespace veille::detector
