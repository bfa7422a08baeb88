// Confidence intervals of counted things. Pure.

#ifndef TESTS_EVAL_STATISTICS_H_
#define TESTS_EVAL_STATISTICS_H_

#include <cstdint>
#include <vector>

namespace veille::eval {

struct Interval {
  double low = 0, high = 1;
};

// Wilson's 95 % interval of a proportion; 0 to 1 when nothing was tried.
Interval Wilson(int64_t successes, int64_t trials);

// The one-sided upper 95 % bound of a Poisson mean of which `count` were seen: 3.0 for none.
double PoissonUpper(int64_t count);

// The value below which this share lies; 0 for no values.
double Quantile(std::vector<double> values, double share);

}  // namespace veille::eval

#endif  // TESTS_EVAL_STATISTICS_H_
