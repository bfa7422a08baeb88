// Gradient boosting of small decision trees with a logistic loss. Deterministic; pure.

#ifndef TESTS_EVAL_BOOSTING_H_
#define TESTS_EVAL_BOOSTING_H_

#include <array>
#include <cstdint>
#include <vector>

#include "services/detector/core/rules/fall_score.h"

namespace veille::eval {

struct BoostRow {
  const detector::FallFeatures* features = nullptr;
  bool positive = false;
  float weight = 1;
};

struct BoostOptions {
  int trees = 120;
  float rate = 0.08F;
  float l2 = 4;            // Against large leaves.
  float least_weight = 4;  // Of a leaf's curvature.
  float feature_share = 0.4F;
  uint64_t seed = 1;
  // 1: the score never falls when the feature grows; −1: never rises; 0: either.
  std::array<int8_t, detector::kFallFeatures> signs{};
};

// A tree of depth 3, as in fall_score.cc.
struct BoostTree {
  std::array<uint8_t, 7> feature{};
  std::array<float, 7> threshold{};
  std::array<float, 8> leaf{};
};

struct BoostModel {
  float bias = 0;
  std::vector<BoostTree> trees;
  float Score(const detector::FallFeatures& features) const;
};

BoostModel Boost(const std::vector<BoostRow>& rows, const BoostOptions& options);

}  // namespace veille::eval

#endif  // TESTS_EVAL_BOOSTING_H_
