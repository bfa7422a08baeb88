// Recordings as their hubs send them, judged in many ways: in one go, in random chunks with
// restarts between, with every batch sent twice, with hubs interleaved at random. The findings must
// be the same to the byte.
//
// The log is made by a real gateway on a real Redis, so what is sent twice goes the way that it
// goes in life; it is judged by the partition runner, whose restarts go through checkpoints. One
// thread.

#ifndef TESTS_REPLAY_SAME_LOG_H_
#define TESTS_REPLAY_SAME_LOG_H_

#include <map>
#include <string>
#include <vector>

#include "common/base/random.h"
#include "services/domain/recordings/recording.h"
#include "tests/unit/detector/app/night.h"

namespace veille::testing {

// By home, what is compared: who, what, when, evidence; receive times and log positions left out.
using ComparableFindings = std::map<std::string, std::string>;

class SameLog {
 public:
  // All begin on one day, at their own time of day, and are homes of one partition.
  explicit SameLog(std::vector<domain::Recording> recordings);

  ComparableFindings InOneGo() const;
  ComparableFindings OfEveryBatchTwice() const;
  // An owner dies after a random number of entries, with a random part of what it sent stored.
  ComparableFindings InChunksWithRestarts(SeededRandom& random) const;
  ComparableFindings Interleaved(SeededRandom& random) const;

  // How many batches were sent a second time.
  uint64_t duplicates() const { return duplicates_; }

 private:
  detector::Night once_, twice_;
  uint64_t duplicates_ = 0;
};

}  // namespace veille::testing

#endif  // TESTS_REPLAY_SAME_LOG_H_
