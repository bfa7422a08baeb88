// Pacing, lapping and random travel through the rooms (room_walk.h). One person's moves only: with
// several people in a home, nobody can say whose they are.
//
// An episode goes on while the pattern is seen again within its span; it is told once, and cleared
// when it is over. Pacing that is too short to be told is told at the third time of a day.

#include <algorithm>

#include "services/detector/core/rules/room_walk.h"
#include "services/detector/core/rules/rules.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

constexpr std::size_t kMovesTold = 8;

enum class Pattern { kPacing, kLapping, kRandom };
constexpr Pattern kPatterns[] = {Pattern::kPacing, Pattern::kLapping, Pattern::kRandom};

template <typename Walk>
auto& EpisodeOf(Pattern pattern, Walk& walk) {
  if constexpr (std::is_const_v<Walk>) {
    return pattern == Pattern::kPacing    ? walk.pacing()
           : pattern == Pattern::kLapping ? walk.lapping()
                                          : walk.random();
  } else {
    return pattern == Pattern::kPacing    ? *walk.mutable_pacing()
           : pattern == Pattern::kLapping ? *walk.mutable_lapping()
                                          : *walk.mutable_random();
  }
}

int64_t SpanOf(const WanderingPlan& plan, Pattern pattern) {
  return pattern == Pattern::kPacing    ? plan.pacing.span_us
         : pattern == Pattern::kLapping ? plan.lapping.span_us
                                        : plan.random_walk.span_us;
}

template <typename Rule>
void SetRule(const Rule& rule, Conclusion& conclusion) {
  conclusion.rule = &rule;
  conclusion.severity = SeverityOr(rule, alert::v1::SEVERITY_LOW);
}

Conclusion About(const Context& context, Pattern pattern, int64_t decide_us) {
  const care::v1::CarePlan& plan = context.plan.care_plan(0);
  Conclusion conclusion;
  switch (pattern) {
    case Pattern::kPacing:
      SetRule(plan.pacing(), conclusion);
      break;
    case Pattern::kLapping:
      SetRule(plan.lapping(), conclusion);
      break;
    case Pattern::kRandom:
      SetRule(plan.random_walk(), conclusion);
      break;
  }
  const auto& episode = EpisodeOf(pattern, context.state.record().wandering().room_walk());
  conclusion.alert_id = episode.alert_id();
  conclusion.event_us = episode.begin_us();
  conclusion.opening_receive_us = decide_us;
  conclusion.decide_us = decide_us;
  return conclusion;
}

Sentence NameOf(Pattern pattern) {
  switch (pattern) {
    case Pattern::kPacing:
      return {"Va-et-vient entre les mêmes pièces", "Goes to and fro between the same rooms"};
    case Pattern::kLapping:
      return {"Tourne en rond dans le logement", "Goes round and round the rooms"};
    case Pattern::kRandom:
      return {"Erre de pièce en pièce", "Goes from room to room without a pattern"};
  }
  return {};
}

std::string RoomName(const HomePlan& plan, uint16_t room) {
  for (std::size_t i = 0; i < plan.devices().size(); ++i)
    if (plan.devices()[i].room == room) return plan.home().devices(static_cast<int>(i)).room();
  return "";
}

// `moves` of the walk make the pattern.
void Tell(Context& context, const Signal& seen, Pattern pattern, const std::vector<RoomMove>& walk,
          std::size_t moves) {
  auto& state = *context.state.record().mutable_wandering()->mutable_room_walk();
  Conclusion conclusion = About(context, pattern, seen.time_us);
  conclusion.opening_receive_us = seen.receive_us;
  conclusion.reason = NameOf(pattern);
  const std::string from = WallClock(context.plan, conclusion.event_us);
  const std::string to = WallClock(context.plan, seen.time_us);
  const std::string count = std::to_string(moves);
  conclusion.reason.fr += " : " + count + " passages de " + from + " à " + to;
  conclusion.reason.en += ": " + count + " moves from " + from + " to " + to;
  if (pattern == Pattern::kPacing && state.episodes() >= context.plan.wandering.pacing.episodes) {
    const std::string times = std::to_string(state.episodes());
    conclusion.reason.fr += " ; " + times + " fois aujourd'hui";
    conclusion.reason.en += "; " + times + " times today";
  }
  for (std::size_t i = walk.size() - 1 - std::min(moves, kMovesTold); i < walk.size(); ++i) {
    const std::string room = RoomName(context.plan, walk[i].room);
    conclusion.observations.push_back(
        {static_cast<int64_t>(walk[i].second) * 1'000'000, 0, "", {room, room}});
  }
  conclusion.observations.back().receive_us = seen.receive_us;
  EpisodeOf(pattern, state).set_alert_id(Conclude(context, std::move(conclusion)));
}

void End(Context& context, Pattern pattern, int64_t at_us) {
  auto& episode =
      EpisodeOf(pattern, *context.state.record().mutable_wandering()->mutable_room_walk());
  if (!episode.alert_id().empty()) {
    Conclusion conclusion = About(context, pattern, at_us);
    conclusion.kind = store::v1::Finding::KIND_CLEAR;
    conclusion.event_us = at_us;
    const std::string last = WallClock(context.plan, episode.last_us());
    conclusion.reason = {"Plus vu depuis " + last, "Not seen since " + last};
    conclusion.observations.push_back({episode.last_us(), 0, "", conclusion.reason});
    Conclude(context, std::move(conclusion));
  }
  episode.Clear();
}

void CountEpisode(const HomePlan& plan, int64_t at_us, store::v1::RoomWalkState& state) {
  const int64_t day =
      absl::ToCivilDay(absl::FromUnixMicros(at_us), plan.zone()) - absl::CivilDay(1970, 1, 1);
  if (state.day() != day) state.set_episodes(0);
  state.set_day(day);
  state.set_episodes(state.episodes() + 1);
}

// The pattern is seen, in the last so many moves, clearly enough to be told or not.
void OnPattern(Context& context, const Signal& seen, Pattern pattern,
               const std::vector<RoomMove>& walk, std::size_t moves, bool clear) {
  auto& state = *context.state.record().mutable_wandering()->mutable_room_walk();
  auto& episode = EpisodeOf(pattern, state);
  if (episode.begin_us() == 0) {
    episode.set_begin_us(static_cast<int64_t>(walk[walk.size() - 1 - moves].second) * 1'000'000);
    if (pattern == Pattern::kPacing) CountEpisode(context.plan, seen.time_us, state);
  }
  episode.set_last_us(seen.time_us);
  const bool often =
      pattern == Pattern::kPacing && state.episodes() >= context.plan.wandering.pacing.episodes;
  if (episode.alert_id().empty() && (clear || often)) Tell(context, seen, pattern, walk, moves);
}

void OnMove(Context& context, const Signal& seen) {
  const WanderingPlan& plan = context.plan.wandering;
  const DevicePlan& device = context.plan.device(seen.device);
  if (device.role != care::v1::ROLE_MOTION || device.room == 0) return;
  if (context.plan.home().patients_size() != 1) return;
  auto& state = *context.state.record().mutable_wandering()->mutable_room_walk();
  const RoomMove move{device.room, static_cast<uint32_t>(seen.time_us / 1'000'000)};
  // Most movements are in the same room.
  const RoomMove last = LastMove(state.moves());
  if (last.room == move.room || last.second > move.second) return;
  std::vector<RoomMove> walk = ParseMoves(state.moves());
  AppendMove(move, *state.mutable_moves());
  walk.push_back(move);
  if (plan.pacing.enabled) {
    const std::size_t clear = PacingMoves(walk, plan.pacing.moves, plan.pacing.span_us);
    const std::size_t least =
        clear != 0 ? clear : PacingMoves(walk, plan.pacing.least_moves, plan.pacing.span_us);
    if (least != 0) OnPattern(context, seen, Pattern::kPacing, walk, least, clear != 0);
  }
  if (plan.lapping.enabled) {
    const std::size_t moves = LappingMoves(walk, plan.lapping.rounds, plan.lapping.span_us);
    if (moves != 0) OnPattern(context, seen, Pattern::kLapping, walk, moves, true);
  }
  // A walk with a pattern in it is not without one.
  const bool ordered = !state.pacing().alert_id().empty() || !state.lapping().alert_id().empty();
  if (plan.random_walk.enabled && !ordered) {
    const std::size_t moves =
        RandomMoves(walk, plan.random_walk.moves, plan.random_walk.rooms, plan.random_walk.span_us);
    if (moves != 0) OnPattern(context, seen, Pattern::kRandom, walk, moves, true);
  }
}

int64_t EndOf(const Context& context, Pattern pattern) {
  const auto& episode = EpisodeOf(pattern, context.state.record().wandering().room_walk());
  return episode.begin_us() == 0 ? kNever
                                 : episode.last_us() + SpanOf(context.plan.wandering, pattern);
}

int64_t Deadline(const Context& context, int64_t) {
  int64_t next = kNever;
  for (const Pattern pattern : kPatterns) next = std::min(next, EndOf(context, pattern));
  return next;
}

void OnDeadline(Context& context, int64_t deadline_us) {
  for (const Pattern pattern : kPatterns)
    if (EndOf(context, pattern) <= deadline_us) End(context, pattern, deadline_us);
}

}  // namespace

const Rule kRoomPatterns = {
    .wants = Of(SignalKind::kMovement),
    .on_signal = OnMove,
    .deadline = Deadline,
    .on_deadline = OnDeadline,
};

}  // namespace veille::detector
