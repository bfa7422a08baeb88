// What the engine remembers of a home. Changed in place by Advance(); serialized for checkpoints.

#ifndef SERVICES_DETECTOR_CORE_HOME_STATE_H_
#define SERVICES_DETECTOR_CORE_HOME_STATE_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/arena.h"

#include "veille/store/v1/home_state.pb.h"

#include "services/detector/core/baselines.h"
#include "services/detector/core/home_plan.h"

namespace veille::detector {

class HomeState {
 public:
  // Of a home that was never seen.
  explicit HomeState(const HomePlan& plan) : HomeState() { Adapt(plan); }

  // DATA_LOSS for bytes that Serialize() did not make. Adapts to `plan`.
  static absl::StatusOr<HomeState> Parse(std::string_view bytes, const HomePlan& plan);
  std::string Serialize();
  // The same as Parse() for bytes that Serialize() made under this very plan, and faster.
  static absl::StatusOr<HomeState> Thaw(std::string_view bytes, const HomePlan& plan);

  // After a change of plan: keeps what still applies, by the ids of devices, sources and patients.
  void Adapt(const HomePlan& plan);

  // So much was replaced that the home should be serialized and parsed anew.
  bool has_waste() const;

  store::v1::HomeState& record() { return *record_; }
  const store::v1::HomeState& record() const { return *record_; }
  // Made when first asked for: many a pendant never streams.
  FallDetector& fall(int index) {
    auto& fall = falls_[static_cast<std::size_t>(index)];
    if (fall == nullptr) fall = std::make_unique<FallDetector>();
    return *fall;
  }
  const FallDetector& fall(int index) const {
    static const FallDetector never_fed;
    const auto& fall = falls_[static_cast<std::size_t>(index)];
    return fall == nullptr ? never_fed : *fall;
  }
  // What is usual in this home. Null while nothing was learnt. A record of its own: Serialize()
  // leaves it out, and whoever keeps the state keeps this beside it.
  const Baselines* baselines() const { return baselines_.get(); }
  // Made when first asked for.
  Baselines& LearnInto() {
    if (baselines_ == nullptr) baselines_ = std::make_unique<Baselines>();
    return *baselines_;
  }
  void set_baselines(std::unique_ptr<Baselines> baselines) { baselines_ = std::move(baselines); }
  std::unique_ptr<Baselines> TakeBaselines() { return std::move(baselines_); }

  Geofence& geofence(int patient) { return geofences_[static_cast<std::size_t>(patient)]; }

 private:
  HomeState();
  static absl::StatusOr<HomeState> ParseRecord(std::string_view bytes, const HomePlan& plan);

  // The indexes into the device list that rules inside the home keep, to the new list.
  void FollowIndoors(const std::function<int(uint32_t)>& follow);

  // What is muted, to the new list of people; of whoever is gone, it goes.
  void FollowMuted(const std::vector<std::string>& old_patients, const HomePlan& plan);

  // From the detectors into the record, and out of it again.
  void PutDetectors();
  void DropDetectors();
  // From the record into the detectors of `plan`.
  void ParseDetectors(const HomePlan& plan);

  // On an arena, which makes parsing and forgetting a home cheap. What is replaced in it stays
  // until the home is serialized and parsed again: see has_waste().
  std::unique_ptr<google::protobuf::Arena> arena_;
  store::v1::HomeState* record_;
  // Kept parsed: acceleration goes through them many times a second.
  std::vector<std::unique_ptr<FallDetector>> falls_;  // Null while never fed.
  std::vector<Geofence> geofences_;
  std::unique_ptr<Baselines> baselines_;
  std::vector<int> fall_devices_;  // The device of each fall detector.
};

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_HOME_STATE_H_
