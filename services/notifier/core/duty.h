// Who is on duty: a weekly rota in the home's wall clock, and over it what people took or handed
// over. Nobody leaves a person without anybody on duty. Pure.

#ifndef SERVICES_NOTIFIER_CORE_DUTY_H_
#define SERVICES_NOTIFIER_CORE_DUTY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/care/v1/home.pb.h"
#include "veille/store/v1/notification.pb.h"

#include "services/notifier/core/answers.h"

namespace veille::notifier {

// One person's duty, as the registry has it.
struct DutyPlan {
  std::string patient_id;
  std::string patient_name;
  std::string zone;
  std::vector<care::v1::Member> members;
  std::vector<care::v1::DutyShift> rota;
};

// What is asked for. Without times and window: from now, for as long as the actor is on duty.
struct DutySpanWanted {
  std::string window;
  absl::Time start = absl::InfinitePast();
  absl::Time end = absl::InfiniteFuture();
  absl::Duration length = absl::InfiniteDuration();  // From the start.
};

// In the rota's order; those of a turn last.
std::vector<std::string> OnDuty(const DutyPlan& plan, const store::v1::CircleState& state,
                                absl::Time at);
// Spans of the same caregivers, one after another without a gap; at most 500.
std::vector<alert::v1::DutySpan> DutySpans(const DutyPlan& plan,
                                           const store::v1::CircleState& state, absl::Time from,
                                           absl::Time to);

// The actor alone is on duty. False when the request was carried out already. INVALID_ARGUMENT says
// what is wrong with the span.
absl::StatusOr<bool> TakeDuty(const DutyPlan& plan, const Actor& actor, const DutySpanWanted& span,
                              absl::Time now, store::v1::CircleState& state);
// `to` comes instead of the actor; empty: nobody. FAILED_PRECONDITION where the actor is not on
// duty at the span's beginning, and where nobody would be at some time of it, with the time.
absl::StatusOr<bool> HandOverDuty(const DutyPlan& plan, const Actor& actor, const std::string& to,
                                  const DutySpanWanted& span, absl::Time now,
                                  store::v1::CircleState& state);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_DUTY_H_
