#include "services/client/alert_board.h"

#include <tuple>

namespace veille::client {
namespace {

using alert::v1::Alert;

bool IsOpen(const Alert& alert) { return alert.handling() != alert::v1::HANDLING_CLOSED; }

bool IsUntaken(const Alert& alert) {
  return IsOpen(alert) && alert.handling() != alert::v1::HANDLING_ACKNOWLEDGED;
}

}  // namespace

std::size_t AlertBoard::PlaceFor(const std::string& alert_id) const {
  std::size_t best = chosen_ == std::size_t{0} ? 1 : 0;
  // The one that is missed least.
  const auto rank = [this](std::size_t i) {
    const Place& place = places_[i];
    const int need = !place.alert.has_value()  ? 0
                     : !IsOpen(*place.alert)   ? 1
                     : IsUntaken(*place.alert) ? 3
                                               : 2;
    return std::tuple(need, place.put);
  };
  for (std::size_t i = 0; i < kPlaces; ++i) {
    if (places_[i].alert.has_value() && places_[i].alert->alert_id() == alert_id) return i;
    if (chosen_ != i && rank(i) < rank(best)) best = i;
  }
  return best;
}

std::size_t AlertBoard::Put(const Alert& alert) {
  const std::size_t at = PlaceFor(alert.alert_id());
  Place& place = places_[at];
  if (!place.alert.has_value() || place.alert->alert_id() != alert.alert_id()) place.put = ++puts_;
  place.alert = alert;
  if (chosen_ == at && !IsOpen(alert)) chosen_.reset();
  return at + 1;
}

void AlertBoard::KeepOnly(const std::set<std::string>& alert_ids) {
  for (std::size_t i = 0; i < kPlaces; ++i) {
    Place& place = places_[i];
    if (!place.alert.has_value() || alert_ids.count(place.alert->alert_id()) > 0) continue;
    place = {};
    if (chosen_ == i) chosen_.reset();
  }
}

const Alert* AlertBoard::Choose(std::size_t number) {
  if (number == 0 || number > kPlaces || !places_[number - 1].alert.has_value()) return nullptr;
  chosen_ = number - 1;
  return &*places_[*chosen_].alert;
}

AlertBoard::Meant AlertBoard::ChosenOrOnly(bool (*fits)(const Alert&)) const {
  if (chosen_.has_value() && IsOpen(*places_[*chosen_].alert))
    return {&*places_[*chosen_].alert, Doubt::kNone};
  Meant meant;
  for (const Place& place : places_) {
    if (!place.alert.has_value() || !fits(*place.alert)) continue;
    if (meant.alert != nullptr) return {nullptr, Doubt::kSeveral};
    meant.alert = &*place.alert;
  }
  return meant;
}

AlertBoard::Meant AlertBoard::ToTake() const { return ChosenOrOnly(IsUntaken); }

AlertBoard::Meant AlertBoard::ToClose() const { return ChosenOrOnly(IsOpen); }

const Alert* AlertBoard::ToShow() const {
  if (chosen_.has_value()) return &*places_[*chosen_].alert;
  const Place* newest = nullptr;
  for (const Place& place : places_)
    if (place.alert.has_value() && (newest == nullptr || place.put > newest->put)) newest = &place;
  return newest == nullptr ? nullptr : &*newest->alert;
}

}  // namespace veille::client
