// How like a fall a blow was: what was measured around it, and one number out of that.
//
// The weights are a logistic regression's, fitted on recordings of falls and daily activities per
// place on the body; 0 means as likely as not in that balanced set. Pure.

#ifndef SERVICES_DETECTOR_CORE_RULES_FALL_SCORE_H_
#define SERVICES_DETECTOR_CORE_RULES_FALL_SCORE_H_

#include <array>
#include <cstddef>

namespace veille::detector {

// In the order of the weights. Times are from the blow.
enum class FallFeature : std::size_t {
  kPeak,           // ln of the magnitude, g.
  kTurn,           // Direction 1 to 2.5 s after against 2 to 1 s before, 60°.
  kUnrest,         // ln of the magnitude's deviation from 1 to 2.5 s after, g.
  kFreeFall,       // The least mean magnitude of 100 ms in the second before, g; at most 1.
  kRolling,        // ln of the mean change of direction between windows, 1 to 2.5 s after, °.
  kUnrestBefore,   // ln of the magnitude's deviation 2 to 1 s before, g.
  kViolence,       // ln of the magnitude's deviation from 0.5 s before to 0.8 s after, g.
  kLength,         // Windows in motion from 1 s before to 1.5 s after, tens.
  kSpread,         // ln of the spread of the direction within 1 s, g.
  kWidestTurn,     // The largest turn of half a second after it, 60°.
  kRepeats,        // Other windows with 0.7 of the peak, threes; at most 2.
  kRollingBefore,  // ln of the mean change of direction 2 to 1 s before, °.
  kUnrestLate,     // ln of the magnitude's deviation from 1.8 to 2.6 s after, g.
  kTurnFromUsual,  // Direction after against that of the past minute, 60°.
  kLostWeight,     // What was missing to 1 g in the 1.2 s before, summed: g·s, halves.
  kTurnFromNear,   // Direction after against that of 1 to 0.5 s before, 60°.
  kLastJerk,       // ln of the largest deviation in a window from 1.4 to 2.6 s after, g.
  kPath,           // ln of the way of the direction from 1 s before to 1 s after, g.
  kSettling,       // ln of the magnitude's deviation from 0.3 to 1 s after, g.
  kApproach,       // ln of the magnitude's deviation from 1.2 to 0.4 s before, g.
  kCount
};
inline constexpr std::size_t kFallFeatures = static_cast<std::size_t>(FallFeature::kCount);
using FallFeatures = std::array<float, kFallFeatures>;

enum class WornAt { kTrunk, kWrist };

float FallScore(WornAt place, const FallFeatures& features);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_FALL_SCORE_H_
