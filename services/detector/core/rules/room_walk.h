// Moves from room to room, and the travel patterns of Martino-Saltzman in them: pacing (to and fro
// between two places), lapping (a circuit of three or more), random (haphazard, through many
// places); whatever is none of them is direct.
//
// Pure.

#ifndef SERVICES_DETECTOR_CORE_RULES_ROOM_WALK_H_
#define SERVICES_DETECTOR_CORE_RULES_ROOM_WALK_H_

#include <cstdint>
#include <string>
#include <vector>

namespace veille::detector {

// A room that was entered.
struct RoomMove {
  uint16_t room = 0;  // RoomDigest() of its name.
  uint32_t second = 0;
};

// As stored: six bytes a move, the last 32.
std::vector<RoomMove> ParseMoves(const std::string& bytes);
RoomMove LastMove(const std::string& bytes);  // Of room 0 when there is none.
void AppendMove(const RoomMove& move, std::string& bytes);

// How many of the last moves make the pattern, at walking pace and within the span; 0 when they do
// not. A walk of `moves` to and fro between two rooms is pacing, or four ways there and back
// through rooms between them.
std::size_t PacingMoves(const std::vector<RoomMove>& walk, uint32_t moves, int64_t span_us);
std::size_t LappingMoves(const std::vector<RoomMove>& walk, uint32_t rounds, int64_t span_us);
// Through so many rooms or more, again and again, and little of it as before. Rooms that were seen
// in passing are no moves of it.
std::size_t RandomMoves(const std::vector<RoomMove>& walk, uint32_t moves, uint32_t rooms,
                        int64_t span_us);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_ROOM_WALK_H_
