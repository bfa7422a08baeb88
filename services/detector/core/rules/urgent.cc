#include "services/detector/core/rules/urgent.h"

#include <utility>

namespace veille::detector {

int64_t EventMicros(const event::v1::Event& event) {
  return event.event_time().seconds() * 1000000 + event.event_time().nanos() / 1000;
}

int PatientOf(const Context& context, int device) {
  return device < 0 ? 0 : context.plan.device(device).patient;
}

int ObservationOf(const event::v1::Event& event) {
  if (!event.has_unreadable()) return event.observation_case();
  return static_cast<int>(event.unreadable().observation());
}

bool IsDetected(const event::v1::Hazard& hazard) {
  return !hazard.has_detected() || hazard.detected();
}

void MarkTest(const std::string& rule_key, Conclusion& conclusion) {
  conclusion.status = alert::v1::STATUS_TEST;
  conclusion.rule_key = rule_key + "/test";
  conclusion.reason.fr += " (essai)";
  conclusion.reason.en += " (test)";
}

std::string RoomOf(const HomePlan& plan, int device) {
  if (device < 0) return "";
  const std::string& room = plan.home().devices(device).room();
  return room.empty() ? plan.device(device).id : room;
}

Conclusion UrgentConclusion(const Context& context, int device, const event::v1::Event& event,
                            const google::protobuf::Message& rule, Sentence reason) {
  const int64_t event_us = EventMicros(event);
  Conclusion conclusion;
  conclusion.rule = &rule;
  conclusion.patient = PatientOf(context, device);
  conclusion.latching = true;
  // The device's own number makes a resent press the same press, whatever became of its time.
  conclusion.opening = event.device_id() + '\n' + std::to_string(event.device_sequence());
  conclusion.event_us = event_us;
  conclusion.decide_us = event_us;
  const std::string at = WallClock(context.plan, event_us);
  const std::string received = WallClock(context.plan, context.receive_us);
  const bool late = context.receive_us - event_us > kLateUs;
  reason.fr += " à " + at + (late ? ", reçu à " + received : "");
  reason.en += " at " + at + (late ? ", received at " + received : "");
  if (event.has_unreadable()) {
    reason.fr += " (message endommagé)";
    reason.en += " (the message was damaged)";
  }
  if (device < 0 && context.plan.FindSource(event.device_id()) < 0) {
    reason.fr += " (appareil inconnu de ce foyer)";
    reason.en += " (a device that this home does not know)";
  } else if (device >= 0) {
    const DevicePlan& plan = context.plan.device(device);
    if (event_us < plan.bind_us || (plan.unbind_us != 0 && event_us >= plan.unbind_us)) {
      reason.fr += " (appareil non attribué à ce moment)";
      reason.en += " (the device was assigned to nobody then)";
    }
  }
  conclusion.observations.push_back({event_us, context.receive_us, event.device_id(), reason});
  conclusion.reason = std::move(reason);
  return conclusion;
}

}  // namespace veille::detector
