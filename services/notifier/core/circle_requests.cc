#include "services/notifier/core/circle_requests.h"

#include <algorithm>

namespace veille::notifier {
namespace {

constexpr int kMaxRequests = 32;

template <typename Ending>
void DropEnded(absl::Time now, google::protobuf::RepeatedPtrField<Ending>& all,
               const google::protobuf::Timestamp& (Ending::*end)() const) {
  all.erase(std::remove_if(all.begin(), all.end(),
                           [&](const Ending& one) { return ToTime((one.*end)()) <= now; }),
            all.end());
}

}  // namespace

bool WasCarriedOut(const Actor& actor, const store::v1::CircleState& state) {
  const auto& ids = state.request_ids();
  return !actor.request_id.empty() &&
         std::find(ids.begin(), ids.end(), actor.request_id) != ids.end();
}

void CarryOut(const Actor& actor, store::v1::CircleState& state) {
  if (actor.request_id.empty()) return;
  if (state.request_ids_size() == kMaxRequests) state.mutable_request_ids()->DeleteSubrange(0, 1);
  state.add_request_ids(actor.request_id);
}

void DropWhatIsOver(absl::Time now, store::v1::CircleState& state) {
  DropEnded(now, *state.mutable_turns(), &store::v1::DutyTurn::end_time);
  DropEnded(now, *state.mutable_snoozes(), &alert::v1::Snooze::expire_time);
}

}  // namespace veille::notifier
