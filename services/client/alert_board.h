// The numbers under which a terminal shows alerts, and which of them a key means. Pure.
//
// An alert keeps its number for as long as it is shown, so that a number that was read stays true
// while others come in. A key that takes or closes never guesses: where it could mean several, it
// means none, and a number must be pressed first.

#ifndef SERVICES_CLIENT_ALERT_BOARD_H_
#define SERVICES_CLIENT_ALERT_BOARD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "veille/alert/v1/alert.pb.h"

namespace veille::client {

class AlertBoard {
 public:
  // Nine keys.
  static constexpr std::size_t kPlaces = 9;

  // Shows an alert, or what is new of it; returns its number, from 1. A full board gives up what is
  // closed first, then what is taken, then the oldest, but never what was chosen.
  std::size_t Put(const alert::v1::Alert& alert);

  // Takes the others off the board: they are closed, or not ours to see any more.
  void KeepOnly(const std::set<std::string>& alert_ids);

  // By number; null when there is no such alert. It stays chosen until it is closed or released.
  const alert::v1::Alert* Choose(std::size_t number);
  // After a key has done what it means.
  void Release() { chosen_.reset(); }

  enum class Doubt { kNone, kSeveral };
  struct Meant {
    const alert::v1::Alert* alert = nullptr;
    Doubt doubt = Doubt::kNone;  // Why there is none.
  };
  // What "take" means: the chosen one, whoever has it, else the only one that nobody has.
  Meant ToTake() const;
  // What "resolve" means: the chosen one, else the only one that is not closed.
  Meant ToClose() const;
  // What "details" means: the chosen one, else the newest.
  const alert::v1::Alert* ToShow() const;

 private:
  struct Place {
    std::optional<alert::v1::Alert> alert;
    uint64_t put = 0;  // The order in which alerts came.
  };
  Meant ChosenOrOnly(bool (*fits)(const alert::v1::Alert&)) const;
  std::size_t PlaceFor(const std::string& alert_id) const;

  std::array<Place, kPlaces> places_;
  std::optional<std::size_t> chosen_;
  uint64_t puts_ = 0;
};

}  // namespace veille::client

#endif  // SERVICES_CLIENT_ALERT_BOARD_H_
