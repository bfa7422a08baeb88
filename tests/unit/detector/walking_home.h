// A virtual home whose person goes out with a tracker.

#ifndef TESTS_UNIT_DETECTOR_WALKING_HOME_H_
#define TESTS_UNIT_DETECTOR_WALKING_HOME_H_

#include <cmath>
#include <string>

#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {

using Told = std::vector<std::string>;

// The home's zone is a circle of 200 m; places are metres east and north of its centre.
class WalkingHome : public Home {
 public:
  static constexpr double kLatitude = 49.9, kLongitude = 2.3;
  static constexpr double kMetres = 111'195;

  WalkingHome() {
    Device("tracker", care::v1::ROLE_TRACKER);
    care::v1::Zone& zone = *registry().mutable_patients(0)->add_zones();
    zone.set_name("home");
    zone.mutable_circle()->set_latitude_degrees(kLatitude);
    zone.mutable_circle()->set_longitude_degrees(kLongitude);
    zone.mutable_circle()->set_radius_m(200);
    Compile();
  }

  static event::v1::Event Fix(absl::Time at, double east, double north, float accuracy_m = 10,
                              float speed_mps = -1, const std::string& device = "tracker") {
    event::v1::Event event = domain::MakeEvent(at, device);
    event::v1::Location& fix = *event.mutable_location();
    fix.set_latitude_degrees(kLatitude + north / kMetres);
    fix.set_longitude_degrees(kLongitude +
                              east / (kMetres * std::cos(kLatitude * 0.017453292519943295)));
    if (accuracy_m > 0) fix.set_accuracy_m(accuracy_m);
    if (speed_mps >= 0) fix.set_speed_mps(speed_mps);
    return event;
  }
  static event::v1::Event Near(absl::Time at, event::v1::Presence::Kind kind, bool present) {
    event::v1::Event event = domain::MakeEvent(at, "tracker");
    event.mutable_presence()->set_kind(kind);
    event.mutable_presence()->set_present(present);
    event.mutable_presence()->set_other_id("anne");
    return event;
  }
  void Walk(const std::vector<event::v1::Event>& events) {
    for (const event::v1::Event& event : events) See(event);
  }
  // Of what is told, only this rule's.
  void Only(const std::string& rule) { only_ = rule; }
  std::vector<std::string> Told() {
    std::vector<std::string> told;
    for (std::string& each : Home::Told())
      if (each.find(only_) != std::string::npos) told.push_back(std::move(each));
    return told;
  }

 private:
  std::string only_;
};

}  // namespace veille::detector

#endif  // TESTS_UNIT_DETECTOR_WALKING_HOME_H_
