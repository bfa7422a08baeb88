#include "services/notifier/core/duty.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_format.h"

#include "common/base/status_macros.h"
#include "common/time/local_time.h"
#include "common/time/weekly_window.h"
#include "services/notifier/core/circle_requests.h"

namespace veille::notifier {
namespace {

using store::v1::CircleState;
using store::v1::DutyTurn;

constexpr absl::Duration kLongest = absl::Hours(31 * 24);
constexpr int kMaxTurns = 64, kMaxSpans = 500;

bool Has(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

absl::TimeZone ZoneOf(const DutyPlan& plan) {
  return LoadZone(plan.zone).value_or(absl::UTCTimeZone());
}

bool Holds(const DutyTurn& turn, const DutyPlan& plan, absl::Time at) {
  return turn.patient_id() == plan.patient_id && at >= ToTime(turn.start_time()) &&
         at < ToTime(turn.end_time());
}

void Apply(const DutyTurn& turn, std::vector<std::string>& on_duty) {
  if (turn.instead_of().empty()) {
    on_duty.clear();
  } else {
    std::erase(on_duty, turn.instead_of());
  }
  if (!turn.caregiver_id().empty() && !Has(on_duty, turn.caregiver_id()))
    on_duty.push_back(turn.caregiver_id());
}

// The first instant after `at` at which a shift or a turn begins or ends.
absl::Time NextEdge(const DutyPlan& plan, const CircleState& state, absl::Time at) {
  const absl::TimeZone zone = ZoneOf(plan);
  absl::Time next = absl::InfiniteFuture();
  for (const auto& shift : plan.rota) {
    const auto window = ParseWeeklyWindow(shift.window());
    if (!shift.window().empty() && window.ok())
      next = std::min(next, NextWeeklyEdge(at, zone, *window));
  }
  for (const DutyTurn& turn : state.turns()) {
    for (const auto* edge : {&turn.start_time(), &turn.end_time()})
      if (ToTime(*edge) > at) next = std::min(next, ToTime(*edge));
  }
  return next;
}

// Until when, from `start` on, the caregiver is on duty without a break.
absl::Time EndOfDuty(const DutyPlan& plan, const CircleState& state, const std::string& caregiver,
                     absl::Time start, absl::Time latest) {
  absl::Time at = start;
  while (at < latest && Has(OnDuty(plan, state, at), caregiver)) at = NextEdge(plan, state, at);
  return std::min(at, latest);
}

std::string LocalText(absl::Time at, const DutyPlan& plan) {
  return absl::FormatTime("%Y-%m-%d %H:%M", at, ZoneOf(plan));
}

// The running or the next window of its kind.
absl::StatusOr<DutySpanWanted> Resolve(const DutySpanWanted& wanted, const DutyPlan& plan,
                                       absl::Time now) {
  DutySpanWanted span = wanted;
  span.start = std::max(span.start, now);
  span.end = std::min(span.end, span.start + span.length);
  if (!wanted.window.empty()) {
    VEILLE_ASSIGN_OR_RETURN(const LocalWindow window, ParseLocalWindow(wanted.window));
    if (window.from_minutes == window.to_minutes)
      return absl::InvalidArgumentError("window: its beginning and its end are the same");
    const absl::TimeZone zone = ZoneOf(plan);
    if (!InWindow(now, zone, window)) span.start = NextWindowEdge(now, zone, window);
    span.end = NextWindowEdge(span.start, zone, window);
  }
  if (span.end <= span.start) return absl::InvalidArgumentError("end_time: is before it begins");
  return span;
}

bool IsMember(const DutyPlan& plan, const std::string& id) {
  return std::any_of(plan.members.begin(), plan.members.end(),
                     [&](const auto& member) { return member.caregiver_id() == id; });
}

absl::Status AddTurn(const DutyPlan& plan, const Actor& actor, const std::string& comes,
                     const std::string& goes, const DutySpanWanted& span, absl::Time now,
                     CircleState& state) {
  if (state.turns_size() >= kMaxTurns)
    return absl::ResourceExhaustedError("too many changes of duty are pending in this home");
  DutyTurn& turn = *state.add_turns();
  turn.set_patient_id(plan.patient_id);
  turn.set_caregiver_id(comes);
  turn.set_instead_of(goes);
  SetTime(span.start, *turn.mutable_start_time());
  SetTime(span.end, *turn.mutable_end_time());
  SetTime(now, *turn.mutable_create_time());
  turn.set_client(actor.client);
  return absl::OkStatus();
}

absl::Status CheckLength(const DutySpanWanted& span, absl::Time now) {
  if (span.end - now > kLongest)
    return absl::InvalidArgumentError("end_time: at most 31 days from now");
  return absl::OkStatus();
}

}  // namespace

std::vector<std::string> OnDuty(const DutyPlan& plan, const CircleState& state, absl::Time at) {
  const absl::TimeZone zone = ZoneOf(plan);
  std::vector<std::string> on_duty;
  for (const auto& shift : plan.rota) {
    const auto window = ParseWeeklyWindow(shift.window());
    const bool always = shift.window().empty() || !window.ok();
    if ((always || InWeeklyWindow(at, zone, *window)) && !Has(on_duty, shift.caregiver_id()))
      on_duty.push_back(shift.caregiver_id());
  }
  for (const DutyTurn& turn : state.turns())
    if (Holds(turn, plan, at)) Apply(turn, on_duty);
  // Who has left the circle since is told nothing more.
  std::erase_if(on_duty, [&](const std::string& id) { return !IsMember(plan, id); });
  return on_duty;
}

std::vector<alert::v1::DutySpan> DutySpans(const DutyPlan& plan, const CircleState& state,
                                           absl::Time from, absl::Time to) {
  std::vector<alert::v1::DutySpan> spans;
  std::vector<std::string> before;
  for (absl::Time at = from; at < to; at = NextEdge(plan, state, at)) {
    std::vector<std::string> now = OnDuty(plan, state, at);
    const absl::Time until = std::min(to, NextEdge(plan, state, at));
    if (spans.empty() || now != before) {
      if (spans.size() == kMaxSpans) break;
      alert::v1::DutySpan& span = spans.emplace_back();
      span.set_patient_id(plan.patient_id);
      span.set_patient_name(plan.patient_name);
      span.set_zone(plan.zone);
      for (const std::string& id : now) span.add_caregiver_ids(id);
      SetTime(at, *span.mutable_start_time());
    }
    SetTime(until, *spans.back().mutable_end_time());
    before = std::move(now);
  }
  return spans;
}

absl::StatusOr<bool> TakeDuty(const DutyPlan& plan, const Actor& actor,
                              const DutySpanWanted& wanted, absl::Time now, CircleState& state) {
  if (WasCarriedOut(actor, state)) return false;
  if (wanted.window.empty() && wanted.end == absl::InfiniteFuture() &&
      wanted.length == absl::InfiniteDuration())
    return absl::InvalidArgumentError("end_time: say until when");
  VEILLE_ASSIGN_OR_RETURN(const DutySpanWanted span, Resolve(wanted, plan, now));
  VEILLE_RETURN_IF_ERROR(CheckLength(span, now));
  DropWhatIsOver(now, state);
  VEILLE_RETURN_IF_ERROR(AddTurn(plan, actor, actor.caregiver_id, "", span, now, state));
  CarryOut(actor, state);
  return true;
}

absl::StatusOr<bool> HandOverDuty(const DutyPlan& plan, const Actor& actor, const std::string& to,
                                  const DutySpanWanted& wanted, absl::Time now,
                                  CircleState& state) {
  if (WasCarriedOut(actor, state)) return false;
  if (to == actor.caregiver_id)
    return absl::InvalidArgumentError("to_caregiver_id: somebody else than you");
  if (!to.empty() && !IsMember(plan, to))
    return absl::InvalidArgumentError("to_caregiver_id: '" + to + "' is not in the circle");
  VEILLE_ASSIGN_OR_RETURN(DutySpanWanted span, Resolve(wanted, plan, now));
  if (!Has(OnDuty(plan, state, span.start), actor.caregiver_id)) {
    return absl::FailedPreconditionError("you are not on duty at " + LocalText(span.start, plan) +
                                         ": there is nothing to hand over");
  }
  if (span.end == absl::InfiniteFuture())
    span.end = EndOfDuty(plan, state, actor.caregiver_id, span.start, now + kLongest);
  VEILLE_RETURN_IF_ERROR(CheckLength(span, now));
  CircleState after = state;
  DropWhatIsOver(now, after);
  VEILLE_RETURN_IF_ERROR(AddTurn(plan, actor, to, actor.caregiver_id, span, now, after));
  for (absl::Time at = span.start; at < span.end; at = NextEdge(plan, after, at)) {
    // Where nobody was before, nobody is left now.
    if (OnDuty(plan, after, at).empty() && !OnDuty(plan, state, at).empty()) {
      return absl::FailedPreconditionError("nobody would be on duty at " + LocalText(at, plan) +
                                           ": name who takes over");
    }
  }
  CarryOut(actor, after);
  state = std::move(after);
  return true;
}

}  // namespace veille::notifier
