#include "tests/eval/statistics.h"

#include <algorithm>
#include <cmath>

namespace veille::eval {

Interval Wilson(int64_t successes, int64_t trials) {
  if (trials <= 0) return {};
  constexpr double kZ = 1.959963984540054;
  const auto n = static_cast<double>(trials);
  const double p = static_cast<double>(successes) / n;
  const double centre = p + kZ * kZ / (2 * n);
  const double spread = kZ * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n));
  const double scale = 1 + kZ * kZ / n;
  return {std::max(0.0, (centre - spread) / scale), std::min(1.0, (centre + spread) / scale)};
}

double PoissonUpper(int64_t count) {
  // The mean at which `count` or fewer are seen in 5 % of cases, by bisection.
  const auto n = static_cast<double>(count);
  double low = n, high = n + 10 * std::sqrt(n + 1) + 10;
  for (int i = 0; i < 100; ++i) {
    const double mean = (low + high) / 2;
    double term = -mean, sum = 0;
    for (int64_t k = 0; k <= count; ++k) {
      sum += std::exp(term);
      term += std::log(mean) - std::log(static_cast<double>(k + 1));
    }
    (sum > 0.05 ? low : high) = mean;
  }
  return low;
}

double Quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  return values[at];
}

}  // namespace veille::eval
