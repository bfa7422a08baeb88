// What the recordings of a play promised, and what came of it. Prints it; json: as objects.

#ifndef SERVICES_VEILLE_PLAY_VERDICT_H_
#define SERVICES_VEILLE_PLAY_VERDICT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"

#include "veille/alert/v1/alert.pb.h"

#include "services/domain/recordings/recording.h"

namespace veille {

struct PlayVerdict {
  std::size_t recordings = 0, expected = 0, alerts = 0;
  int untold = 0;   // Expected, and told to nobody.
  int stopped = 0;  // Escalations that an acknowledgement stopped.
  int extra = 0;    // Of MEDIUM or more, where nothing such was expected.
  uint64_t events = 0;
  // Nothing that was expected is untold, and where there was something, a chain was stopped.
  bool good() const { return untold == 0 && (expected == 0 || stopped > 0); }
};

// Adds what `alerts` say of one recording, which is where it was played in time. What it expects
// after `reached` was not played, and is not untold.
void JudgeRecording(const domain::Recording& recording, const std::vector<alert::v1::Alert>& alerts,
                    absl::Time reached, bool json, PlayVerdict& verdict);

void PrintVerdict(const PlayVerdict& verdict, bool good, bool json);

}  // namespace veille

#endif  // SERVICES_VEILLE_PLAY_VERDICT_H_
