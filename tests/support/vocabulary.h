// Any event of the contract's vocabulary, and a home with a device of every role: what property
// tests, fuzzers and benches feed the engine with. New observations and fields are found through
// the descriptors, so that they come in by themselves.

#ifndef TESTS_SUPPORT_VOCABULARY_H_
#define TESTS_SUPPORT_VOCABULARY_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

#include "veille/care/v1/home.pb.h"
#include "veille/event/v1/event.pb.h"

#include "common/base/random.h"

namespace veille::testing {

// The field numbers of Event's observations that a hub may send.
std::vector<int> Observations();
// "motion".
std::string ObservationName(int observation);

// A well-formed event with values about where rules decide; fixes within a mile of the home's zone.
event::v1::Event AnyEvent(int observation, absl::Time time, const std::string& device_id,
                          Random& random);

// One person, two hubs and a phone, five rooms with motion sensors, and at least one device of
// every role; a safe zone; check-ins every 30 min; every rule on.
care::v1::Home HomeOfEverything(const std::string& zone);

// A device of the home that makes such events; any one where none is meant to.
const care::v1::Device& DeviceFor(int observation, const care::v1::Home& home, Random& random);

}  // namespace veille::testing

#endif  // TESTS_SUPPORT_VOCABULARY_H_
