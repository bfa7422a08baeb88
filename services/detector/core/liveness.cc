#include "services/detector/core/liveness.h"

#include <algorithm>

#include "services/detector/core/coverage.h"

namespace veille::detector {

namespace {

int64_t PatienceOf(const DevicePlan& device) {
  return device.check_in_us > 0 ? 2 * device.check_in_us : kAssumedAliveUs;
}

}  // namespace

void NoteWord(Context& context, int device, int64_t time_us) {
  const int64_t patience = PatienceOf(context.plan.device(device));
  auto& state = *context.state.record().mutable_devices(device);
  if (time_us > state.seen_us()) {
    if (time_us - state.seen_us() > patience) {
      state.set_spoke_before_us(state.seen_us());
      state.set_spoke_from_us(time_us);
    }
    return state.set_seen_us(time_us);
  }
  // What came late, by another lane, may fill a silence.
  if (time_us >= state.spoke_from_us()) return;
  if (state.spoke_from_us() - time_us <= patience) {
    const int64_t before = state.spoke_before_us();
    const bool filled = before != 0 && time_us - before <= patience;
    state.set_spoke_from_us(filled ? std::min(before, time_us) : time_us);
    if (filled) state.clear_spoke_before_us();
  } else {
    state.set_spoke_before_us(std::max(state.spoke_before_us(), time_us));
  }
}

bool IsAlive(const Context& context, int device, int64_t at_us) {
  const int64_t patience = PatienceOf(context.plan.device(device));
  const auto& state = context.state.record().devices(device);
  if (at_us >= state.seen_us()) return state.seen_us() != 0 && at_us - state.seen_us() <= patience;
  if (at_us >= state.spoke_from_us()) return true;
  return state.spoke_before_us() != 0 && at_us - state.spoke_before_us() <= patience;
}

bool SensorsAlive(const Context& context, int64_t at_us) {
  for (std::size_t i = 0; i < context.plan.devices().size(); ++i) {
    if (context.plan.devices()[i].presence && IsAlive(context, static_cast<int>(i), at_us))
      return true;
  }
  return false;
}

Coverage AliveCoverage(const Context& context, int64_t at_us) {
  return CoverageOf(context.plan.devices(), [&](std::size_t device) {
    return IsAlive(context, static_cast<int>(device), at_us);
  });
}

bool IsOut(const store::v1::HomeState& record) {
  return record.door_us() != 0 && record.presence_us() <= record.door_us() + kDoorwayUs;
}

bool WasOut(const store::v1::HomeState& record, int64_t at_us) {
  // Not since the door last moved: it moves for the return, too, and more than once.
  const int64_t left = record.wandering().away().left_us();
  return IsOut(record) && left != 0 && left + kGoneUs <= at_us;
}

bool IsOccupied(const Context& context, int64_t at_us) {
  const auto& occupied = context.state.record().living().occupied();
  return std::any_of(occupied.begin(), occupied.end(), [&](const auto& place) {
    return IsAlive(context, static_cast<int>(place.device()), at_us);
  });
}

}  // namespace veille::detector
