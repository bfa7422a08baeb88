#include "tests/eval/boosting.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/random.h"

namespace veille::eval {
namespace {

using detector::kFallFeatures;

constexpr std::size_t kBins = 48;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Sum {
  double gradient = 0, curvature = 0;
};

struct Split {
  double gain = 0;
  std::size_t feature = 0;
  std::size_t bin = kBins;  // Values of lower bins go left.
};

class Booster {
 public:
  Booster(const std::vector<BoostRow>& rows, const BoostOptions& options)
      : rows_(rows), options_(options), random_(options.seed) {
    MakeBins();
  }

  BoostModel Run() {
    double positive = 0, all = 0;
    for (const BoostRow& row : rows_) {
      positive += row.positive ? static_cast<double>(row.weight) : 0;
      all += static_cast<double>(row.weight);
    }
    BoostModel model;
    model.bias = static_cast<float>(std::log(positive / (all - positive)));
    scores_.assign(rows_.size(), model.bias);
    for (int i = 0; i < options_.trees; ++i) model.trees.push_back(Grow());
    return model;
  }

 private:
  void MakeBins() {
    bins_.resize(kFallFeatures);
    for (std::size_t f = 0; f < kFallFeatures; ++f) {
      std::vector<float> values;
      for (const BoostRow& row : rows_) values.push_back((*row.features)[f]);
      std::sort(values.begin(), values.end());
      std::vector<float>& edges = edges_[f];
      for (std::size_t i = 1; i < kBins; ++i) {
        const float edge = values[i * values.size() / kBins];
        if (edge > (edges.empty() ? values.front() : edges.back())) edges.push_back(edge);
      }
      for (const BoostRow& row : rows_) {
        const auto above = std::upper_bound(edges.begin(), edges.end(), (*row.features)[f]);
        bins_[f].push_back(static_cast<uint8_t>(above - edges.begin()));
      }
    }
  }

  float Leaf(const Sum& sum, float low, float high) const {
    const auto value =
        static_cast<float>(-sum.gradient / (sum.curvature + static_cast<double>(options_.l2)));
    return std::clamp(value, low, high);
  }
  double Gain(const Sum& sum, float leaf) const {
    const auto value = static_cast<double>(leaf);
    return -(sum.gradient * value +
             0.5 * (sum.curvature + static_cast<double>(options_.l2)) * value * value);
  }

  Split Best(const std::vector<uint32_t>& members, const std::vector<std::size_t>& features,
             float low, float high) const {
    Split best;
    Sum all;
    for (const uint32_t row : members) {
      all.gradient += gradients_[row].gradient;
      all.curvature += gradients_[row].curvature;
    }
    const double before = Gain(all, Leaf(all, low, high));
    for (const std::size_t f : features) {
      std::array<Sum, kBins> histogram{};
      for (const uint32_t row : members) {
        Sum& bin = histogram[bins_[f][row]];
        bin.gradient += gradients_[row].gradient;
        bin.curvature += gradients_[row].curvature;
      }
      Sum left;
      for (std::size_t bin = 1; bin <= edges_[f].size(); ++bin) {
        left.gradient += histogram[bin - 1].gradient;
        left.curvature += histogram[bin - 1].curvature;
        const Sum right{all.gradient - left.gradient, all.curvature - left.curvature};
        const auto least = static_cast<double>(options_.least_weight);
        if (left.curvature < least || right.curvature < least) continue;
        const float left_leaf = Leaf(left, low, high), right_leaf = Leaf(right, low, high);
        const float sign = options_.signs[f];
        if (sign * (right_leaf - left_leaf) < 0) continue;
        const double gain = Gain(left, left_leaf) + Gain(right, right_leaf) - before;
        if (gain > best.gain) best = {gain, f, bin};
      }
    }
    return best;
  }

  BoostTree Grow() {
    gradients_.resize(rows_.size());
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const double p = 1 / (1 + std::exp(-static_cast<double>(scores_[i])));
      const auto weight = static_cast<double>(rows_[i].weight);
      gradients_[i] = {weight * (p - (rows_[i].positive ? 1 : 0)), weight * p * (1 - p)};
    }
    std::vector<std::size_t> features;
    while (features.empty()) {
      for (std::size_t f = 0; f < kFallFeatures; ++f)
        if (random_.Unit() < static_cast<double>(options_.feature_share)) features.push_back(f);
    }
    BoostTree tree;
    std::array<std::vector<uint32_t>, 15> members;
    std::array<float, 15> low{}, high{};
    low[0] = -kInfinity;
    high[0] = kInfinity;
    members[0].resize(rows_.size());
    for (std::size_t i = 0; i < rows_.size(); ++i) members[0][i] = static_cast<uint32_t>(i);
    for (std::size_t node = 0; node < 7; ++node) {
      const std::size_t left = 2 * node + 1, right = 2 * node + 2;
      const Split split = Best(members[node], features, low[node], high[node]);
      const bool none = split.bin == kBins;
      tree.feature[node] = static_cast<uint8_t>(split.feature);
      // Where no question helps, all go left.
      tree.threshold[node] = none ? kInfinity : edges_[split.feature][split.bin - 1];
      for (const uint32_t row : members[node])
        members[none || bins_[split.feature][row] < split.bin ? left : right].push_back(row);
      low[left] = low[right] = low[node];
      high[left] = high[right] = high[node];
      if (none) continue;
      const int sign = options_.signs[split.feature];
      if (sign == 0) continue;
      // What is on either side of a question whose answer has a direction stays on it.
      const float middle = (LeafOf(members[left], low[node], high[node]) +
                            LeafOf(members[right], low[node], high[node])) /
                           2;
      (sign > 0 ? high[left] : low[left]) = middle;
      (sign > 0 ? low[right] : high[right]) = middle;
    }
    for (std::size_t leaf = 0; leaf < 8; ++leaf) {
      const std::size_t node = leaf + 7;
      tree.leaf[leaf] = options_.rate * LeafOf(members[node], low[node], high[node]);
      for (const uint32_t row : members[node]) scores_[row] += tree.leaf[leaf];
    }
    return tree;
  }

  float LeafOf(const std::vector<uint32_t>& members, float low, float high) const {
    Sum sum;
    for (const uint32_t row : members) {
      sum.gradient += gradients_[row].gradient;
      sum.curvature += gradients_[row].curvature;
    }
    return members.empty() ? std::clamp(0.0F, low, high) : Leaf(sum, low, high);
  }

  const std::vector<BoostRow>& rows_;
  const BoostOptions& options_;
  SeededRandom random_;
  std::array<std::vector<float>, kFallFeatures> edges_;
  std::vector<std::vector<uint8_t>> bins_;
  std::vector<float> scores_;
  std::vector<Sum> gradients_;
};

}  // namespace

float BoostModel::Score(const detector::FallFeatures& features) const {
  float score = bias;
  for (const BoostTree& tree : trees) {
    std::size_t node = 0;
    for (int level = 0; level < 3; ++level)
      node = 2 * node + (features[tree.feature[node]] < tree.threshold[node] ? 1 : 2);
    score += tree.leaf[node - 7];
  }
  return score;
}

BoostModel Boost(const std::vector<BoostRow>& rows, const BoostOptions& options) {
  return Booster(rows, options).Run();
}

}  // namespace veille::eval
