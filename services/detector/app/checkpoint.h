// A home's checkpoint: made for a commit, and read back from the two generations that are kept.
//
// Pure, thread safe. Damage (bytes that are not what was written) is found by a digest.

#ifndef SERVICES_DETECTOR_APP_CHECKPOINT_H_
#define SERVICES_DETECTOR_APP_CHECKPOINT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "services/detector/app/partition_store.h"
#include "services/detector/core/home_plan.h"
#include "services/detector/core/home_state.h"

namespace veille::detector {

// A serialized store.v1.Checkpoint.
std::string MakeCheckpoint(const std::string& home_id, uint64_t generation, const Position& judged,
                           std::string state);

struct LoadedCheckpoint {
  std::unique_ptr<HomeState> state;  // Null when nothing could be read.
  Position judged;                   // What the state contains.
  uint64_t generation = 0;
  std::string damage;  // What was found damaged, and what that means; empty when nothing was.
};

// The newest generation that is whole.
LoadedCheckpoint LoadCheckpoint(const StoredHome& stored, const std::string& home_id,
                                const HomePlan& plan);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_APP_CHECKPOINT_H_
