#include "services/detector/core/rules/fall_score.h"

namespace veille::detector {
namespace {

// Measures that tell more together than alone: at the wrist a turn of the hand or a blow on a table
// is everyday, both at once after a long way are not.
constexpr std::array<FallFeature, 7> kCrossed = {
    FallFeature::kPeak, FallFeature::kTurn,     FallFeature::kViolence,  FallFeature::kRolling,
    FallFeature::kPath, FallFeature::kApproach, FallFeature::kLostWeight};

struct Weights {
  float bias = 0;
  FallFeatures linear{};
  // Of the products of kCrossed, each pair once, squares included.
  std::array<float, kCrossed.size() * (kCrossed.size() + 1) / 2> crossed{};
};

// Logistic regressions with an L2 penalty of 0.001, the likeliest blow of each recording, as
// recorded and at lower rates, clipped and softened. Trunk: SisFall, 20 people. Wrist: WEDA-FALL
// and WISDM, 38 people.
constexpr Weights kTrunkWeights = {
    -10.22F,
    {1.79F,    1.005F,  -0.585F,  -1.033F, -0.5671F, -0.2548F, 1.474F, 0.2722F, 0.7213F, 2.037F,
     -0.7472F, 0.7254F, -0.4006F, 2.648F,  0,        0,        0,      0,       0,       0},
    {}};
constexpr Weights kWristWeights = {
    -4.201F,
    {-0.1495F, 0.7078F, -0.5593F, 1.669F, -0.2889F, 0.1715F, 0.1085F, -1.67F, -2.466F, -0.06792F,
     -1.805F,  -1.156F, -0.3432F, 0,      -0.291F,  1.159F,  0.3992F, 1.098F, 1.716F,  -0.3227F},
    {-0.09825F, 1.5F,     1.687F,    0.4052F, 0.3912F,   0.3042F,  -0.2112F,
     -0.4722F,  0.1007F,  -0.02045F, 0.1636F, -0.07036F, 0.6279F,  0.0746F,
     0.5786F,   -0.1182F, -0.0471F,  -2.406F, -0.2621F,  -0.1534F, 0.1833F,
     0.1694F,   0.1067F,  -0.2914F,  0.3937F, -0.105F,   -1.56F,   -1.684F}};

}  // namespace

float FallScore(WornAt place, const FallFeatures& features) {
  const Weights& weights = place == WornAt::kWrist ? kWristWeights : kTrunkWeights;
  float score = weights.bias;
  for (std::size_t i = 0; i < kFallFeatures; ++i) score += weights.linear[i] * features[i];
  std::size_t product = 0;
  for (std::size_t i = 0; i < kCrossed.size(); ++i) {
    for (std::size_t j = i; j < kCrossed.size(); ++j) {
      score += weights.crossed[product++] * features[static_cast<std::size_t>(kCrossed[i])] *
               features[static_cast<std::size_t>(kCrossed[j])];
    }
  }
  return score;
}

}  // namespace veille::detector
