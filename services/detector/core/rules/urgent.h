// What SOS, device falls and hazards share: whose device it is, and how to say so.

#ifndef SERVICES_DETECTOR_CORE_RULES_URGENT_H_
#define SERVICES_DETECTOR_CORE_RULES_URGENT_H_

#include <string>

#include "services/detector/core/rules/rules.h"

namespace veille::detector {

int64_t EventMicros(const event::v1::Event& event);

// A conclusion about an urgent event, with evidence and, where the device is not known or not
// bound, a sentence that says so. A source of the home, a hub through which somebody spoke, is no
// unknown device. `reason` without a full stop; the time of the event and of its receipt are added.
Conclusion UrgentConclusion(const Context& context, int device, const event::v1::Event& event,
                            const google::protobuf::Message& rule, Sentence reason);

// What the event is about, also when it could not be read: a field number of Event.
int ObservationOf(const event::v1::Event& event);

// Absent counts as detected: see the contract.
bool IsDetected(const event::v1::Hazard& hazard);

// A test is told as one, and never joins a real alert of the key, nor the other way round.
void MarkTest(const std::string& rule_key, Conclusion& conclusion);

// The patient whose plan decides about the device's events.
int PatientOf(const Context& context, int device);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_URGENT_H_
