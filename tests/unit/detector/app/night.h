// A log of several homes' hours, as the gateway and the owner would have written it; for tests that
// judge one log in many ways.

#ifndef TESTS_UNIT_DETECTOR_APP_NIGHT_H_
#define TESTS_UNIT_DETECTOR_APP_NIGHT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "veille/store/v1/log.pb.h"

#include "common/base/random.h"
#include "services/domain/registry.h"

namespace veille::detector {

struct NightEntry {
  int64_t ms = 0;                      // When it was received.
  std::vector<std::string> envelopes;  // Serialized.
};

struct Night {
  std::shared_ptr<const domain::Registry> registry;
  std::vector<NightEntry> entries;
};

// `homes` homes, two emergencies each, in `length`; batches, heartbeats and ticks.
Night MakeNight(uint64_t seed, int homes, absl::Duration length);

// The same envelopes of each home in the same order, but the homes' among one another, and the
// entries that they share, as chance will have it. Ticks are for everybody and stay where they are.
Night Interleaved(const Night& night, SeededRandom& random);

store::v1::Envelope ParseEnvelope(const std::string& bytes);

}  // namespace veille::detector

#endif  // TESTS_UNIT_DETECTOR_APP_NIGHT_H_
