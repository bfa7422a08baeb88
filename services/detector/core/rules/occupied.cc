// Which bed or seat is in use: a known place of the person. Concludes nothing.

#include <algorithm>

#include "services/detector/core/rules/rules.h"

namespace veille::detector {
namespace {

constexpr int kMostPlaces = 8;
// Who moves in another room so long after sitting down got up unseen.
constexpr int64_t kElsewhereUs = 60'000'000;

bool IsPlace(const DevicePlan& device) {
  return device.role == care::v1::ROLE_BED || device.role == care::v1::ROLE_SEAT;
}

template <typename Predicate>
void RemoveIf(store::v1::LivingState& living, Predicate predicate) {
  auto& places = *living.mutable_occupied();
  const auto kept = std::remove_if(places.begin(), places.end(), predicate);
  for (auto gone = places.end() - kept; gone > 0; --gone) places.RemoveLast();
}

void OnSignOfLife(Context& context, const Signal& seen) {
  // Sent again, or late: where the person was is no news.
  if (seen.time_us < context.state.record().released_us()) return;
  auto& living = *context.state.record().mutable_living();
  const DevicePlan& device = context.plan.device(seen.device);
  const bool place = IsPlace(device);
  if (place && seen.kind == SignalKind::kUseEnded) {
    return RemoveIf(living, [&](const auto& used) {
      return used.device() == static_cast<uint32_t>(seen.device);
    });
  }
  if (context.plan.home().patients_size() == 1) {
    RemoveIf(living, [&](const auto& used) {
      return used.device() != static_cast<uint32_t>(seen.device) &&
             seen.time_us > used.since_us() + kElsewhereUs &&
             (device.room == 0 || context.plan.devices()[used.device()].room != device.room);
    });
  }
  if (!place || seen.kind != SignalKind::kUseBegan || living.occupied_size() >= kMostPlaces) return;
  for (const auto& used : living.occupied())
    if (used.device() == static_cast<uint32_t>(seen.device)) return;
  auto& used = *living.add_occupied();
  used.set_device(static_cast<uint32_t>(seen.device));
  used.set_since_us(seen.time_us);
}

}  // namespace

const Rule kOccupied = {.wants = kSignsOfLife, .on_signal = OnSignOfLife};

}  // namespace veille::detector
