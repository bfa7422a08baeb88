// Walking where the person has not walked in weeks. The map is cut into cells of 150 m; those that
// were walked through on an earlier day are known, and so is every safe zone. Nothing is told until
// enough days and cells are known.

#include <algorithm>
#include <cmath>

#include "common/base/digest.h"
#include "services/detector/core/rules/familiar.h"
#include "services/detector/core/rules/plane.h"
#include "services/detector/core/rules/whereabouts.h"

namespace veille::detector {
namespace {

using store::v1::AnchorState;
using store::v1::OffRouteState;

constexpr double kCellM = 150;
// Who walks along the edge of a known cell is not off it.
constexpr double kEdgeM = 40;
// 3.6 km², the streets of an hour's walk in every direction that somebody takes; 480 bytes.
constexpr std::size_t kMostCells = 160;
constexpr int64_t kDayUs = 86'400'000'000;
// A step is walked in at least the first and at most the second, at a walker's pace.
constexpr int64_t kLeastStepUs = 30'000'000, kMostStepUs = 180'000'000;
constexpr double kSlowest = 0.3, kFastest = 2.5;
// So much walking on known ground ends a walk on unknown ground.
constexpr int64_t kBackUs = 120'000'000;

OffRouteState& StateOf(Context& context, int patient) {
  return *context.state.record().mutable_patients(patient)->mutable_outdoors()->mutable_off_route();
}

uint64_t CellDigest(int64_t row, int64_t column) {
  return StableHash64(std::to_string(row) + '/' + std::to_string(column));
}

// The walker is seen in a cell: true when it, or one whose edge is near, is known.
bool VisitCell(const OffRouteFigures& figures, const Signal& fix, uint32_t day,
               std::string& cells) {
  const double north = fix.value * kMetresPerDegree / kCellM;
  const double row = std::floor(north);
  // A row's columns are as wide as at its middle.
  const double width = std::cos((row + 0.5) * kCellM / kMetresPerDegree * kRadiansPerDegree);
  const double east = fix.value_2 * kMetresPerDegree * width / kCellM;
  const double column = std::floor(east);
  const auto r = static_cast<int64_t>(row), c = static_cast<int64_t>(column);
  bool known = Visit(CellDigest(r, c), day, figures.memory_days, kMostCells, cells);
  const auto side = [](double within) {
    return within < kEdgeM / kCellM ? -1 : within > 1 - kEdgeM / kCellM ? 1 : 0;
  };
  const auto beside = [&](int64_t at_row, int64_t at_column) {
    return IsFamiliar(CellDigest(at_row, at_column), day, figures.memory_days, cells);
  };
  if (const int up = side(north - row); up != 0) known = known || beside(r + up, c);
  if (const int right = side(east - column); right != 0) known = known || beside(r, c + right);
  return known;
}

// True when the walk on unknown ground is over.
bool Learn(const OffRouteFigures& figures, const Signal& fix, int64_t walked_us,
           OffRouteState& state) {
  const auto day = static_cast<uint32_t>(fix.time_us / kDayUs);
  if (day != state.last_day()) {
    Forget(day, state.last_day(), figures.memory_days, *state.mutable_cells());
    state.set_days(state.cells().empty() ? 1 : state.days() + 1);
    state.set_last_day(day);
  }
  if (!VisitCell(figures, fix, day, *state.mutable_cells())) {
    state.set_unknown_us(state.unknown_us() + walked_us);
    state.set_known_us(0);
    return false;
  }
  state.set_known_us(state.known_us() + walked_us);
  return state.known_us() >= kBackUs;
}

// How long was walked to this fix since the anchor; 0 while that is not yet known, and where the
// person stood, drove or was not seen.
int64_t Step(const Signal& fix, AnchorState& anchor) {
  const int64_t since = fix.time_us - anchor.time_us();
  if (anchor.time_us() != 0 && since < kLeastStepUs) return 0;
  bool walked = false;
  if (anchor.time_us() != 0 && since <= kMostStepUs) {
    const Plane moved =
        Project(fix.value, fix.value_2, anchor.latitude_degrees(), anchor.longitude_degrees());
    const double metres = std::hypot(moved.x, moved.y);
    if (metres < static_cast<double>(std::max(anchor.accuracy_m(), fix.value_3))) return 0;
    const double speed = metres * 1e6 / static_cast<double>(since);
    walked = speed >= kSlowest && speed <= kFastest;
  }
  anchor.set_time_us(fix.time_us);
  anchor.set_latitude_degrees(fix.value);
  anchor.set_longitude_degrees(fix.value_2);
  anchor.set_accuracy_m(fix.value_3);
  return walked ? since : 0;
}

void Tell(Context& context, const Signal& seen, uint32_t level) {
  const int patient = PatientOf(context, seen);
  OffRouteState& state = StateOf(context, patient);
  const care::v1::OffRouteRule& rule = context.plan.care_plan(patient).off_route();
  Conclusion conclusion = AboutOutdoors(patient, rule, seen);
  conclusion.severity = rule.has_severity()                   ? rule.severity()
                        : std::max(level, state.level()) == 2 ? alert::v1::SEVERITY_MEDIUM
                                                              : alert::v1::SEVERITY_LOW;
  conclusion.alert_id = state.alert_id();
  const auto minutes = std::to_string(state.unknown_us() / 60'000'000);
  conclusion.reason = {"Marche depuis " + minutes + " min hors de ses lieux habituels",
                       "Walking for " + minutes + " min away from the usual places"};
  if (level == 2) conclusion.kind = store::v1::Finding::KIND_WORSEN;
  if (level == 0) {
    conclusion.kind = store::v1::Finding::KIND_CLEAR;
    const std::string at = WallClock(context.plan, seen.time_us);
    conclusion.reason = {"De nouveau en lieu connu à " + at, "On known ground again at " + at};
  }
  const std::string alert_id = ConcludeFrom(context, seen, std::move(conclusion));
  state.set_alert_id(level == 0 ? "" : alert_id);
  state.set_level(level);
}

void Judge(Context& context, const Signal& seen) {
  const int patient = PatientOf(context, seen);
  const OffRouteFigures& figures = context.plan.outdoors(patient).off_route;
  const OffRouteState& state = StateOf(context, patient);
  const bool learnt =
      state.days() > figures.learn_days && CountFamiliar(state.cells()) >= figures.learn_cells;
  if (!learnt) return;
  if (state.level() == 0 && state.unknown_us() >= figures.walk_us) Tell(context, seen, 1);
  const bool graded = !context.plan.care_plan(patient).off_route().has_severity();
  if (state.level() == 1 && graded && state.unknown_us() >= figures.worsen_us)
    Tell(context, seen, 2);
}

void OnFix(Context& context, const Signal& seen) {
  const int patient = PatientOf(context, seen);
  const OffRouteFigures& figures = context.plan.outdoors(patient).off_route;
  const auto accuracy = static_cast<double>(seen.value_3);
  if (!figures.enabled || !IsNewFix(context, patient)) return;
  if (!(accuracy > 0) || accuracy > figures.max_accuracy_m) return;
  OffRouteState& state = StateOf(context, patient);
  const int64_t walked_us = Step(seen, *state.mutable_anchor());
  const auto& whereabouts = context.state.record().patients(patient).outdoors().whereabouts();
  const bool in_zone = whereabouts.inside_us() == seen.time_us;
  if (walked_us == 0 && !in_zone) return;
  if (in_zone || Learn(figures, seen, walked_us, state)) {
    if (state.level() != 0) Tell(context, seen, 0);
    state.clear_unknown_us();
    return;
  }
  Judge(context, seen);
}

}  // namespace

const Rule kOffRoute = {.wants = Of(SignalKind::kFix), .on_signal = OnFix};

}  // namespace veille::detector
