// How like a fall a blow was: what was measured around it, and one number out of that.
//
// The score is a sum of small decision trees, fitted by tests/eval/fit_falls on recordings of falls
// and daily activities per view (fall_trees.inc); 0 means as likely as not in that balanced set.
// Pure.

#ifndef SERVICES_DETECTOR_CORE_RULES_FALL_SCORE_H_
#define SERVICES_DETECTOR_CORE_RULES_FALL_SCORE_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "services/detector/core/rules/fall_windows.h"

namespace veille::detector {

// When a blow is looked at, and with whose eyes. The wrist is looked at twice: many who fell move
// the arm within two seconds, which hides the fall, and many recordings of falls end there; what
// only begins like a fall shows by the later look.
enum class FallView : uint8_t { kTrunk, kWristEarly, kWrist };

// A blow is looked at when so many windows after it are known.
inline constexpr int64_t kWindowsAfterBlow = 26;
inline constexpr int64_t kWindowsEarly = 16;
inline constexpr int64_t WindowsAfter(FallView view) {
  return view == FallView::kWristEarly ? kWindowsEarly : kWindowsAfterBlow;
}

// In the order of the trees' indexes. Times are from the blow, the strongest window so far; those
// 1 s and more after it are of the look 2.6 s after. The early look ends a second earlier.
enum class FallFeature : std::size_t {
  kPeak,           // The largest magnitude, g.
  kTurn,           // Direction 1 to 2.5 s after against 2 to 1 s before, degrees.
  kUnrest,         // Deviation of the magnitude 1 to 2.5 s after, g.
  kFreeFall,       // The least mean magnitude of 100 ms in the second before, g.
  kRolling,        // Mean change of direction between windows 1 to 2.5 s after, degrees.
  kUnrestBefore,   // Deviation of the magnitude 2 to 1 s before, g.
  kViolence,       // Deviation of the magnitude from 0.5 s before to 0.8 s after, g.
  kLength,         // Windows in motion from 1 s before to 1.5 s after.
  kSpread,         // Spread of the direction within 1 s, g.
  kWidestTurn,     // The largest turn of half a second after it, degrees.
  kRepeats,        // Other windows with 0.7 of the peak; at most 6.
  kRollingBefore,  // Mean change of direction between windows 2 to 1 s before, degrees.
  kUnrestLate,     // Deviation of the magnitude 1.8 to 2.6 s after, g.
  kTurnFromUsual,  // Direction after against that of the past minute, degrees.
  kLostWeight,     // What was missing to 1 g in the 1.2 s before, summed, g windows.
  kTurnFromNear,   // Direction after against that of 1 to 0.5 s before, degrees.
  kLastJerk,       // The largest deviation within a window 1.4 to 2.6 s after, g.
  kPath,           // The way of the direction from 1 s before to 1 s after, g.
  kSettling,       // Deviation of the magnitude 0.3 to 1 s after, g.
  kApproach,       // Deviation of the magnitude from 1.2 to 0.4 s before, g.
  kRhythmBefore,   // How well the magnitude repeats itself 2.5 to 0.3 s before.
  kRhythmAfter,    // The same from 0.4 to 2.6 s after.
  kSecondBlow,     // The largest magnitude more than 0.4 s from it against its own.
  kQuietWindows,   // Windows at rest and at 1 g from 0.8 to 2.6 s after.
  kLeastSample,    // The least magnitude in the second before, g.
  kFallTime,       // Windows from the least mean magnitude to the blow.
  kTurningAfter,   // Direction 1.8 to 2.6 s after against 0.8 to 1.6 s after, degrees.
  kTurningBefore,  // Direction 2.5 to 1.5 s before against 1.2 to 0.5 s before, degrees.
  kImpulse,        // What exceeded 1 g from 0.2 s before to 0.6 s after, summed, g windows.
  kSharpness,      // The blow's peak against the mean of its window.
  kUnrestSince,    // Deviation of the magnitude 0.4 to 2.6 s after, g.
  kUnrestUntil,    // Deviation of the magnitude from 2.5 to 0.5 s before, g.
  kNetWeight,      // What was beyond 1 g in the 1.2 s before less what was missing, summed.
  kEarlyShare,     // Of the motion around the blow, what came more than 0.3 s before it.
  kSteadiness,     // How far the blow's window keeps to one direction: 0 to 1.
  kCount
};
inline constexpr std::size_t kFallFeatures = static_cast<std::size_t>(FallFeature::kCount);
using FallFeatures = std::array<float, kFallFeatures>;

// Around the blow in the window `blow`; `usual` is the direction of the past minute.
FallFeatures MeasureBlow(FallView view, const FallWindows& windows, int64_t blow,
                         const Vector3& usual);

// False for most blows of walking, clapping, sitting down: nothing like a fall, by a fraction of
// the measuring. Of the recordings that the score was fitted on it refuses 0.63 of all looks, and 3
// of the 7,971 that score 0 or more, none of them above 0.5. Where less than kGateScore is asked
// for, it must not be asked.
bool MayBeFall(FallView view, const FallWindows& windows, int64_t blow);
inline constexpr float kGateScore = 0;

// Log-odds.
float FallScore(FallView view, const FallFeatures& features);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_FALL_SCORE_H_
