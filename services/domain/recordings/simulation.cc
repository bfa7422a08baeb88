// Homes that we make ourselves: what happens in them is known, so every alert can be checked.

#include <cmath>

#include "common/base/random.h"
#include "common/time/local_time.h"
#include "services/domain/recordings/recording.h"

namespace veille::domain {
namespace {

constexpr double kRateHz = 50;
constexpr double kRangeG = 8;
// A park in Amiens that is open to everybody; no home.
constexpr double kLatitude = 49.8908, kLongitude = 2.2850;
constexpr double kMetresPerDegree = 111'195;

class Night {
 public:
  Night(uint64_t seed, Recording& recording) : random_(seed), recording_(recording) {}

  void Motion(absl::Time at, const std::string& room) {
    Add(at, room + "-motion").mutable_motion()->set_state(event::v1::Motion::STATE_DETECTED);
  }
  void Door(absl::Time at, bool open) {
    Add(at, "front-door")
        .mutable_contact()
        ->set_state(open ? event::v1::Contact::STATE_OPEN : event::v1::Contact::STATE_CLOSED);
  }
  void Bed(absl::Time at, bool in) {
    Add(at, "bed").mutable_usage()->set_kind(in ? event::v1::Usage::KIND_STARTED
                                                : event::v1::Usage::KIND_ENDED);
  }
  void Fix(absl::Time at, double north_m, double east_m, double accuracy_m) {
    event::v1::Location& location = *Add(at, "tracker").mutable_location();
    location.set_latitude_degrees(kLatitude + north_m / kMetresPerDegree);
    location.set_longitude_degrees(kLongitude +
                                   east_m / (kMetresPerDegree * std::cos(kLatitude * 0.0174533)));
    location.set_accuracy_m(static_cast<float>(accuracy_m));
  }
  void Sos(absl::Time at) {
    event::v1::Event& event = Add(at, "pendant");
    event.set_device_sequence(++sos_);
    event.mutable_personal_emergency();
  }
  void CheckIns(absl::Time from, absl::Time to, const care::v1::Home& home) {
    for (const care::v1::Device& device : home.devices()) {
      for (absl::Time at = from + absl::Seconds(Jitter(600)); at < to; at += absl::Minutes(30)) {
        Add(at, device.device_id())
            .mutable_device_status()
            ->set_kind(event::v1::DeviceStatus::KIND_CHECK_IN);
      }
    }
  }
  // Somebody about the house: a movement every few minutes, in one of the rooms.
  void About(absl::Time from, absl::Time to, const std::vector<std::string>& rooms,
             double every_s) {
    for (absl::Time at = from; at < to; at += absl::Seconds(every_s * (0.5 + random_.Unit())))
      Motion(at, rooms[random_.Below(rooms.size())]);
  }

  // Acceleration at the wrist, second by second. The arm's direction wanders slowly.
  void Wrist(absl::Time from, absl::Time to, double activity) {
    for (absl::Time at = from; at < to; at += absl::Seconds(1)) Second(at, activity, {});
  }
  // A fall: a stagger, 0.35 s of weightlessness, the blow, another posture, stillness.
  void Fall(absl::Time at) {
    Second(at, 0.25, {0.6, 0.3, 0.25, 0.2, 3.9, 2.1, 1.4});
    pitch_ += 1.5;
    roll_ += 0.4;
    Second(at + absl::Seconds(1), 0.05, {1.2, 1.1});
  }
  // Sitting down hard: a blow as well, and the arm stays as it was.
  void SitDown(absl::Time at) { Second(at, 0.15, {0.8, 0.7, 2.4, 1.5, 1.1}); }

 private:
  event::v1::Event& Add(absl::Time at, const std::string& device) {
    recording_.events.push_back(MakeEvent(at, device));
    return recording_.events.back();
  }
  double Jitter(double scale) { return random_.Unit() * scale; }

  // 1 s at 50 Hz; `shape` gives magnitudes, 60 ms each, from 0.4 s on.
  void Second(absl::Time at, double activity, const std::vector<double>& shape) {
    std::vector<int16_t> samples;
    for (int i = 0; i < static_cast<int>(kRateHz); ++i) {
      pitch_ += activity * 0.01 * (random_.Unit() - 0.5);
      double magnitude = 1 + activity * 0.35 * std::sin(6.2832 * 2 * i / kRateHz) +
                         (0.02 + activity * 0.08) * (random_.Unit() - 0.5);
      const int step = (i - 20) / 3;
      if (i >= 20 && step < static_cast<int>(shape.size()))
        magnitude = shape[static_cast<std::size_t>(step)];
      const double axes[3] = {magnitude * std::cos(pitch_) * std::cos(roll_),
                              magnitude * std::sin(pitch_),
                              magnitude * std::cos(pitch_) * std::sin(roll_)};
      for (const double axis : axes)
        samples.push_back(static_cast<int16_t>(std::lround(axis * 1000)));
    }
    recording_.events.push_back(AccelerationEvent(at, "watch", kRateHz, kRangeG, samples));
  }

  SeededRandom random_;
  Recording& recording_;
  double pitch_ = 0.2, roll_ = 0.3;
  uint64_t sos_ = 0;
};

void AddDevice(const std::string& id, care::v1::Role role, const std::string& room,
               care::v1::Home& home) {
  care::v1::Device& device = *home.add_devices();
  device.set_device_id(id);
  device.set_role(role);
  device.set_room(room);
  device.mutable_check_in()->set_seconds(1800);
}

void Furnish(care::v1::Home& home) {
  for (const char* room : {"hall", "kitchen", "living", "bedroom", "bathroom"})
    AddDevice(std::string(room) + "-motion", care::v1::ROLE_MOTION, room, home);
  AddDevice("front-door", care::v1::ROLE_EXIT_DOOR, "hall", home);
  AddDevice("bed", care::v1::ROLE_BED, "bedroom", home);
  AddDevice("watch", care::v1::ROLE_WRIST, "", home);
  AddDevice("pendant", care::v1::ROLE_CHEST, "", home);
  AddDevice("tracker", care::v1::ROLE_TRACKER, "", home);
}

// A moment of the evening of the 14th or the morning of the 15th of January 2026 in Paris.
absl::Time Paris(int day, int hour, int minute, double second) {
  absl::TimeZone paris;
  absl::LoadTimeZone("Europe/Paris", &paris);
  return absl::FromCivil(absl::CivilMinute(2026, 1, day, hour, minute), paris) +
         absl::Seconds(second);
}

absl::Time Evening(int hour, int minute, double second = 0) {
  return Paris(14, hour, minute, second);
}

absl::Time Morning(int hour, int minute, double second = 0) {
  return Paris(15, hour, minute, second);
}

void PlayEvening(Night& night, Recording& recording) {
  // The evening: about the house, the door opened for a moment, sitting down hard.
  night.About(Evening(20, 30), Evening(21, 10), {"kitchen", "living", "hall"}, 120);
  night.Door(Evening(20, 52), true);
  night.Door(Evening(20, 53), false);
  night.Motion(Evening(20, 53, 20), "hall");
  night.Wrist(Evening(21, 8), Evening(21, 10), 0.8);
  night.SitDown(Evening(21, 10));
  night.Wrist(Evening(21, 10, 1), Evening(21, 13), 0.3);
  // The fall, at 21:14; up again with somebody's help a good while later.
  night.Motion(Evening(21, 13, 30), "kitchen");
  night.Wrist(Evening(21, 13), Evening(21, 14), 0.9);
  night.Fall(Evening(21, 14));
  night.Wrist(Evening(21, 14, 2), Evening(21, 20), 0.0);
  night.Wrist(Evening(21, 20), Evening(21, 22), 0.7);
  recording.truth.push_back({"FALL", Evening(21, 14)});
  night.About(Evening(21, 21), Evening(22, 30), {"living", "bathroom", "bedroom"}, 240);
}

void PlayNight(Night& night, Recording& recording) {
  // To bed; up to the bathroom once.
  night.Bed(Evening(22, 35), true);
  night.Bed(Morning(0, 40), false);
  night.Motion(Morning(0, 40, 30), "bedroom");
  night.Motion(Morning(0, 41), "bathroom");
  night.Motion(Morning(0, 47), "bedroom");
  night.Bed(Morning(0, 48), true);
  // Out at 02:10 in the night; back at 02:31.
  night.Bed(Morning(2, 6), false);
  night.Motion(Morning(2, 6, 20), "bedroom");
  night.Motion(Morning(2, 9, 30), "hall");
  night.Door(Morning(2, 10), true);
  night.Motion(Morning(2, 10, 2), "hall");
  night.Door(Morning(2, 10, 9), false);
  recording.truth.push_back({"NIGHT_EXIT", Morning(2, 10)});
  night.Door(Morning(2, 31), true);
  night.Door(Morning(2, 31, 8), false);
  night.Motion(Morning(2, 31, 20), "hall");
  night.Motion(Morning(2, 33), "bedroom");
  night.Bed(Morning(2, 35), true);
}

void PlayMorning(Night& night, Recording& recording) {
  // The morning: breakfast, then a walk that goes too far.
  night.Bed(Morning(6, 30), false);
  night.About(Morning(6, 31), Morning(7, 0), {"bathroom", "kitchen", "living"}, 90);
  night.Door(Morning(7, 2), true);
  night.Door(Morning(7, 2, 10), false);
  for (int i = 0; i < 120; ++i) {
    // 1.1 m/s to the north-east and home again, with the jitter of a phone among houses, and now
    // and then a wild fix.
    const double walked = i < 60 ? 22.0 * i : 22.0 * (120 - i);
    const double jitter = 12 * std::sin(i * 2.1);
    night.Fix(Morning(7, 3, 20.0 * i), walked * 0.7 + jitter, walked * 0.7 - jitter,
              i % 13 == 5 ? 180 : 12);
  }
  // 300 m and the 60 m of hysteresis are 360 m behind after some 17 fixes.
  recording.truth.push_back({"GEOFENCE_EXIT", Morning(7, 9)});
  // And 800 m after some 38.
  recording.truth.push_back({"GEOFENCE_FAR", Morning(7, 16)});
  night.Sos(Morning(7, 26));
  recording.truth.push_back({"SOS", Morning(7, 26)});
  night.Door(Morning(7, 45), true);
  night.Door(Morning(7, 45, 10), false);
  night.About(Morning(7, 46), Morning(8, 0), {"hall", "kitchen"}, 60);
}

}  // namespace

Recording SimulateEvening(uint64_t seed) {
  Recording recording;
  recording.name = "evening";
  recording.home = MakeHome("evening", "Europe/Paris");
  recording.home.mutable_patients(0)->set_display_name("Madame Martin");
  Furnish(recording.home);
  care::v1::Zone& zone = *recording.home.mutable_patients(0)->add_zones();
  zone.set_name("quartier");
  zone.mutable_circle()->set_latitude_degrees(kLatitude);
  zone.mutable_circle()->set_longitude_degrees(kLongitude);
  zone.mutable_circle()->set_radius_m(300);
  recording.start = Evening(20, 30);
  recording.end = Morning(8, 0);
  Night night(seed, recording);
  night.CheckIns(recording.start, recording.end, recording.home);
  PlayEvening(night, recording);
  PlayNight(night, recording);
  PlayMorning(night, recording);
  recording.truth_known = true;
  SortEvents(recording);
  return recording;
}

Recording SimulateCrowdHome(uint64_t seed, int index, const CrowdOptions& options) {
  Recording recording;
  const std::string id = "home-" + std::to_string(index);
  recording.name = id;
  recording.home = MakeHome(id, "Europe/Paris");
  Furnish(recording.home);
  recording.start = options.start;
  recording.end = options.start + options.length;
  SeededRandom random(seed * 1000003 + static_cast<uint64_t>(index));
  Night night(random.UInt64(), recording);
  night.CheckIns(recording.start, recording.end, recording.home);
  night.About(recording.start, recording.end, {"living", "kitchen", "hall"},
              absl::ToDoubleSeconds(options.motion_every));
  for (int i = 0; i < options.emergencies; ++i) {
    // One a slice, so that two of a home never join.
    const absl::Duration slice = options.length / options.emergencies;
    const absl::Time at = options.start + slice * i + slice * (0.1 + 0.8 * random.Unit());
    recording.events.push_back(MakeEvent(at, "pendant"));
    event::v1::Event& event = recording.events.back();
    event.set_device_sequence(static_cast<uint64_t>(i) + 1);
    const char* rule = "";
    switch ((static_cast<uint64_t>(i) + random.Below(3)) % 3 + 3 * static_cast<uint64_t>(i > 0)) {
      case 0:
        event.mutable_personal_emergency();
        rule = "SOS";
        break;
      case 1:
        event.mutable_fall()->set_verdict(event::v1::Fall::VERDICT_CONFIRMED);
        rule = "DEVICE_FALL";
        break;
      case 2:
        event.set_device_id("kitchen-motion");
        event.mutable_smoke()->set_detected(true);
        rule = "HAZARD";
        break;
      default:
        // The second and later ones are of a kind that the first cannot be: gas, then water.
        event.set_device_id("kitchen-motion");
        if (i % 2 == 1) {
          event.mutable_gas()->set_detected(true);
        } else {
          event.mutable_water()->set_detected(true);
        }
        rule = "HAZARD";
        break;
    }
    recording.truth.push_back({rule, at});
  }
  recording.truth_known = true;
  SortEvents(recording);
  return recording;
}

}  // namespace veille::domain
