#include "services/detector/core/home_state.h"

#include <algorithm>
#include <utility>

#include "services/detector/core/bytes.h"

namespace veille::detector {
namespace {

constexpr uint32_t kFormat = 1;
constexpr int kMaxPending = 1024;
constexpr int kMaxHeld = 32;
// A home with 1,024 events that wait takes 100 KB.
constexpr uint64_t kMostSpace = 256 << 10;

// Most homes fit into one block.
google::protobuf::ArenaOptions FirstBlock() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = 2 << 10;
  return options;
}

// Moves entries of `from` to the places that `wanted` names, by id; new ones are empty.
template <typename Entries, typename Ids, typename GetId, typename SetId>
void Reorder(Entries& entries, const Ids& wanted, GetId get_id, SetId set_id) {
  Entries ordered;
  for (const std::string& id : wanted) {
    auto* entry = ordered.Add();
    for (auto& old : entries)
      if (get_id(old) == id) entry->Swap(&old);
    set_id(*entry, id);
  }
  entries.Swap(&ordered);
}

}  // namespace

HomeState::HomeState()
    : arena_(std::make_unique<google::protobuf::Arena>(FirstBlock())),
      record_(google::protobuf::Arena::CreateMessage<store::v1::HomeState>(arena_.get())) {}

bool HomeState::has_waste() const { return arena_->SpaceAllocated() > kMostSpace; }

absl::StatusOr<HomeState> HomeState::ParseRecord(std::string_view bytes, const HomePlan& plan) {
  HomeState state;
  if (!state.record_->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      state.record_->format() != kFormat || state.record_->pending_size() > kMaxPending ||
      state.record_->held_size() > kMaxHeld) {
    return absl::DataLossError("the state of home '" + plan.home().home_id() + "' cannot be read");
  }
  return state;
}

absl::StatusOr<HomeState> HomeState::Parse(std::string_view bytes, const HomePlan& plan) {
  absl::StatusOr<HomeState> state = ParseRecord(bytes, plan);
  if (state.ok()) state->Adapt(plan);
  return state;
}

absl::StatusOr<HomeState> HomeState::Thaw(std::string_view bytes, const HomePlan& plan) {
  absl::StatusOr<HomeState> state = ParseRecord(bytes, plan);
  if (state.ok()) state->ParseDetectors(plan);
  return state;
}

std::string HomeState::Serialize() {
  PutDetectors();
  std::string bytes = ToBytes(*record_);
  DropDetectors();
  return bytes;
}

void HomeState::PutDetectors() {
  for (std::size_t i = 0; i < falls_.size(); ++i) {
    std::string* bytes = record_->mutable_devices(fall_devices_[i])->mutable_fall();
    bytes->clear();
    if (falls_[i] != nullptr && !falls_[i]->empty()) falls_[i]->AppendTo(*bytes);
  }
  for (std::size_t i = 0; i < geofences_.size(); ++i) {
    std::string* bytes = record_->mutable_patients(static_cast<int>(i))->mutable_geofence();
    bytes->clear();
    geofences_[i].AppendTo(*bytes);
  }
}

// By swapping: clear_fall() would keep the bytes' room.
void HomeState::DropDetectors() {
  for (auto& device : *record_->mutable_devices())
    if (!device.fall().empty()) std::string().swap(*device.mutable_fall());
  for (auto& patient : *record_->mutable_patients())
    if (!patient.geofence().empty()) std::string().swap(*patient.mutable_geofence());
}

void HomeState::Adapt(const HomePlan& plan) {
  record_->set_format(kFormat);
  // What is parsed goes back into the record first, so that it moves along.
  PutDetectors();
  std::vector<std::string> old_devices;
  for (const auto& device : record_->devices()) old_devices.push_back(device.device_id());
  std::vector<std::string> old_patients;
  for (const auto& patient : record_->patients()) old_patients.push_back(patient.patient_id());

  std::vector<std::string> ids;
  for (const auto& source : plan.home().sources()) ids.push_back(source.source_id());
  Reorder(
      *record_->mutable_sources(), ids, [](const auto& s) { return s.source_id(); },
      [](auto& s, const std::string& id) { s.set_source_id(id); });
  ids.clear();
  for (const DevicePlan& device : plan.devices()) ids.push_back(device.id);
  Reorder(
      *record_->mutable_devices(), ids, [](const auto& d) { return d.device_id(); },
      [](auto& d, const std::string& id) { d.set_device_id(id); });
  ids.clear();
  for (const auto& patient : plan.home().patients()) ids.push_back(patient.patient_id());
  Reorder(
      *record_->mutable_patients(), ids, [](const auto& p) { return p.patient_id(); },
      [](auto& p, const std::string& id) { p.set_patient_id(id); });

  FollowMuted(old_patients, plan);

  // Indexes into the device list follow; what belonged to a device that is gone goes with it.
  const auto follow = [&](uint32_t old) {
    return old < old_devices.size() ? plan.FindDevice(old_devices[old]) : -1;
  };
  google::protobuf::RepeatedPtrField<store::v1::PendingEvent> pending;
  for (auto& event : *record_->mutable_pending()) {
    const int device = follow(event.device());
    if (device < 0) continue;
    event.set_device(static_cast<uint32_t>(device));
    pending.Add()->Swap(&event);
  }
  record_->mutable_pending()->Swap(&pending);
  if (record_->night_exit().opened_us() != 0 || !record_->night_exit().alert_id().empty()) {
    const int door = follow(record_->night_exit().device());
    if (door < 0) {
      record_->clear_night_exit();
    } else {
      record_->mutable_night_exit()->set_device(static_cast<uint32_t>(door));
    }
  }
  FollowIndoors(follow);
  ParseDetectors(plan);
}

void HomeState::FollowMuted(const std::vector<std::string>& old_patients, const HomePlan& plan) {
  if (!record_->has_circumstances()) return;
  const auto& patients = plan.home().patients();
  google::protobuf::RepeatedPtrField<store::v1::MutedFinding> kept;
  for (auto& muted : *record_->mutable_circumstances()->mutable_muted()) {
    if (muted.patient() >= old_patients.size()) continue;
    const std::string& id = old_patients[muted.patient()];
    const auto at = std::find_if(patients.begin(), patients.end(),
                                 [&](const auto& patient) { return patient.patient_id() == id; });
    if (at == patients.end()) continue;
    muted.set_patient(static_cast<uint32_t>(at - patients.begin()));
    kept.Add()->Swap(&muted);
  }
  record_->mutable_circumstances()->mutable_muted()->Swap(&kept);
}

void HomeState::FollowIndoors(const std::function<int(uint32_t)>& follow) {
  auto& living = *record_->mutable_living();
  google::protobuf::RepeatedPtrField<store::v1::OccupiedState> occupied;
  for (auto& place : *living.mutable_occupied()) {
    const int device = follow(place.device());
    if (device < 0) continue;
    place.set_device(static_cast<uint32_t>(device));
    occupied.Add()->Swap(&place);
  }
  living.mutable_occupied()->Swap(&occupied);
  const auto move = [&](bool used, auto& state) {
    const int device = used ? follow(state.device()) : 0;
    if (device < 0) return state.Clear();
    state.set_device(static_cast<uint32_t>(device));
  };
  move(living.bathroom().since_us() != 0, *living.mutable_bathroom());
  auto& wandering = *record_->mutable_wandering();
  move(wandering.bed_exit().in_bed_us() != 0 || wandering.bed_exit().left_us() != 0,
       *wandering.mutable_bed_exit());
  // The habits stay where only the door is gone.
  auto& away = *wandering.mutable_away();
  const int door = away.left_us() != 0 ? follow(away.device()) : 0;
  if (door < 0) away.set_left_us(0);
  away.set_device(static_cast<uint32_t>(std::max(door, 0)));
}

void HomeState::ParseDetectors(const HomePlan& plan) {
  falls_.clear();
  falls_.resize(static_cast<std::size_t>(plan.fall_detectors()));
  fall_devices_.assign(falls_.size(), 0);
  for (std::size_t i = 0; i < plan.devices().size(); ++i) {
    const int fall = plan.devices()[i].fall;
    if (fall < 0) continue;
    fall_devices_[static_cast<std::size_t>(fall)] = static_cast<int>(i);
    auto* device = record_->mutable_devices(static_cast<int>(i));
    // Bytes that cannot be read: the detector begins anew, the home's other rules go on.
    if (!device->fall().empty()) {
      auto parsed = std::make_unique<FallDetector>();
      if (parsed->ParseFrom(device->fall()))
        falls_[static_cast<std::size_t>(fall)] = std::move(parsed);
    }
  }
  geofences_.assign(static_cast<std::size_t>(plan.home().patients_size()), Geofence());
  for (std::size_t i = 0; i < geofences_.size(); ++i) {
    auto* patient = record_->mutable_patients(static_cast<int>(i));
    if (!patient->geofence().empty() && !geofences_[i].ParseFrom(patient->geofence()))
      geofences_[i] = Geofence();
  }
  DropDetectors();
}

}  // namespace veille::detector
