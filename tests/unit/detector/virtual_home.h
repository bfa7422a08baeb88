// A home whose hub sends what a test says, on a clock that the test moves.

#ifndef TESTS_UNIT_DETECTOR_VIRTUAL_HOME_H_
#define TESTS_UNIT_DETECTOR_VIRTUAL_HOME_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/timestamp.h"
#include "services/detector/core/advance.h"
#include "services/domain/recordings/recording.h"

namespace veille::detector {

// One person, a hub, an exit door, motion in the hall, a pendant; a test adds what it needs.
class Home {
 public:
  explicit Home(const std::string& zone = "Europe/Paris", bool high_risk = false)
      : home_(domain::MakeHome("h", zone)) {
    Device("door", care::v1::ROLE_EXIT_DOOR);
    Device("hall", care::v1::ROLE_MOTION);
    Device("pendant", care::v1::ROLE_CHEST);
    home_.mutable_patients(0)->mutable_care_plan()->mutable_hub_offline()->set_high_risk(high_risk);
    // Few tests let every sensor check in. Those that are about it switch it on.
    care_plan().mutable_sensor_silent()->set_enabled(false);
    absl::LoadTimeZone(zone, &zone_);
    Compile();
  }
  // With a check-in contract of 30 min. Call Compile() after the last.
  care::v1::Device& Device(const std::string& id, care::v1::Role role,
                           const std::string& room = "") {
    care::v1::Device& device = *home_.add_devices();
    device.set_device_id(id);
    device.set_role(role);
    device.set_room(room);
    device.mutable_check_in()->set_seconds(1800);
    return device;
  }
  // Motion in five rooms more, a bed and a fridge: who moves about is seen.
  void Furnish() {
    for (const char* room : {"Kitchen", "Bedroom", "Bathroom", "Living", "Study"})
      Device(room, care::v1::ROLE_MOTION, room);
    Device("bed", care::v1::ROLE_BED, "Bedroom");
    Device("fridge", care::v1::ROLE_FRIDGE_DOOR, "Kitchen");
    Compile();
  }
  care::v1::Home& registry() { return home_; }
  care::v1::CarePlan& care_plan() { return *home_.mutable_patients(0)->mutable_care_plan(); }
  void Compile(const PlanOptions& options = {}) {
    plan_ = *HomePlan::Compile(home_, options);
    state_ = std::make_unique<HomeState>(*plan_);
  }
  // The registry as it is now comes into force; what is remembered stays.
  void Reload() {
    plan_ = *HomePlan::Compile(home_);
    state_->Adapt(*plan_);
  }
  absl::Time At(int month, int day, int hour, int minute, double second = 0) const {
    return absl::FromCivil(absl::CivilMinute(2026, month, day, hour, minute), zone_) +
           absl::Seconds(second);
  }

  static event::v1::Event Door(absl::Time at, bool open) {
    event::v1::Event event = domain::MakeEvent(at, "door");
    event.mutable_contact()->set_state(open ? event::v1::Contact::STATE_OPEN
                                            : event::v1::Contact::STATE_CLOSED);
    return event;
  }
  static event::v1::Event Motion(absl::Time at, const std::string& device = "hall") {
    event::v1::Event event = domain::MakeEvent(at, device);
    event.mutable_motion()->set_state(event::v1::Motion::STATE_DETECTED);
    return event;
  }
  static event::v1::Event Use(absl::Time at, const std::string& device, bool began) {
    event::v1::Event event = domain::MakeEvent(at, device);
    event.mutable_usage()->set_kind(began ? event::v1::Usage::KIND_STARTED
                                          : event::v1::Usage::KIND_ENDED);
    return event;
  }
  static event::v1::Event CheckIn(absl::Time at, const std::string& device = "hall") {
    event::v1::Event event = domain::MakeEvent(at, device);
    event.mutable_device_status()->set_kind(event::v1::DeviceStatus::KIND_CHECK_IN);
    return event;
  }
  static event::v1::Event Status(absl::Time at, const std::string& device,
                                 event::v1::DeviceStatus::Kind kind) {
    event::v1::Event event = domain::MakeEvent(at, device);
    event.mutable_device_status()->set_kind(kind);
    return event;
  }
  static event::v1::Event Celsius(absl::Time at, const std::string& device, double celsius) {
    event::v1::Event event = domain::MakeEvent(at, device);
    event.mutable_temperature()->set_temperature_celsius(celsius);
    return event;
  }
  static event::v1::Event Watts(absl::Time at, const std::string& device, double watts) {
    event::v1::Event event = domain::MakeEvent(at, device);
    event.mutable_meter_reading()->set_electricity_w(watts);
    return event;
  }
  static event::v1::Event Sos(absl::Time at, uint64_t sequence) {
    event::v1::Event event = domain::MakeEvent(at, "pendant");
    event.set_device_sequence(sequence);
    event.mutable_personal_emergency();
    return event;
  }

  void Send(const std::vector<event::v1::Event>& events, absl::Time watermark,
            absl::Time received) {
    event::v1::EventBatch batch;
    for (const auto& event : events) *batch.add_events() = event;
    store::v1::Envelope envelope = Head(received);
    envelope.mutable_clock_error()->set_seconds(absl::ToInt64Seconds(clock_error_));
    envelope.set_batch("");
    SetTime(watermark, *envelope.mutable_watermark());
    Advance(*plan_, *state_, envelope, &batch, effects_);
  }
  // An event, received a moment later.
  void See(const event::v1::Event& event) {
    const absl::Time at = absl::FromUnixSeconds(event.event_time().seconds());
    Send({event}, at, at + absl::Seconds(1));
  }
  void Beat(absl::Time at) {
    store::v1::Envelope envelope = Head(at);
    envelope.mutable_heartbeat();
    SetTime(at, *envelope.mutable_watermark());
    Advance(*plan_, *state_, envelope, nullptr, effects_);
  }
  void Tick(absl::Time at, bool resumed = false) {
    store::v1::Envelope envelope = Head(at);
    envelope.mutable_tick()->set_resumed(resumed);
    Advance(*plan_, *state_, envelope, nullptr, effects_);
  }
  // What the gateway finds of the hub's clock from now on.
  void SetClockError(absl::Duration error) { clock_error_ = error; }
  // Heartbeats, ticks and check-ins from one instant to another: the hub and its sensors live.
  void Live(absl::Time from, absl::Time to) {
    for (absl::Time at = from; at <= to; at += absl::Minutes(1)) {
      Beat(at);
      Tick(at);
      if ((at - from) % absl::Minutes(20) != absl::ZeroDuration()) continue;
      for (const care::v1::Device& device : home_.devices()) See(CheckIn(at, device.device_id()));
    }
  }
  // The service goes through a crash: what is stored is all there is.
  void Restart() {
    auto baselines = state_->TakeBaselines();
    *state_ = *HomeState::Parse(state_->Serialize(), *plan_);
    if (baselines == nullptr) return;
    state_->set_baselines(std::make_unique<Baselines>(*Baselines::Parse(baselines->Serialize())));
  }

  // "RAISE NIGHT_EXIT HIGH", in order; and forgotten.
  std::vector<std::string> Told() {
    std::vector<std::string> told;
    for (const store::v1::Finding& finding : effects_.findings) {
      told.push_back(store::v1::Finding::Kind_Name(finding.kind()).substr(5) + " " +
                     finding.rule_key() + " " +
                     alert::v1::Severity_Name(finding.severity()).substr(9) +
                     (finding.late() ? " late" : "") + (finding.fold() ? " fold" : ""));
      last_ = finding;
    }
    effects_.Clear();
    return told;
  }
  // The same of one rule; the others' is forgotten.
  std::vector<std::string> Told(const std::string& rule) {
    std::vector<store::v1::Finding> of_rule;
    for (const store::v1::Finding& finding : effects_.findings)
      if (finding.rule_key().rfind(rule, 0) == 0) of_rule.push_back(finding);
    effects_.findings = std::move(of_rule);
    return Told();
  }
  // What Told() returned last.
  const store::v1::Finding& last() const { return last_; }
  const Effects& effects() const { return effects_; }
  HomeState& state() { return *state_; }
  const HomePlan& plan() const { return *plan_; }

 private:
  store::v1::Envelope Head(absl::Time received) const {
    store::v1::Envelope envelope;
    envelope.set_format(1);
    envelope.set_home_id("h");
    envelope.set_source_id("hub-h");
    SetTime(received, *envelope.mutable_receive_time());
    return envelope;
  }

  care::v1::Home home_;
  absl::TimeZone zone_;
  std::shared_ptr<const HomePlan> plan_;
  std::unique_ptr<HomeState> state_;
  Effects effects_;
  absl::Duration clock_error_;
  store::v1::Finding last_;
};

}  // namespace veille::detector

#endif  // TESTS_UNIT_DETECTOR_VIRTUAL_HOME_H_
