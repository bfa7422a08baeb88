// From an SOS to the caregiver's stream, beside the sum of what it cannot do without, measured in
// the same run: two gRPC round trips and three durable Redis round trips.

#ifndef TESTS_BENCH_PIPELINE_LATENCY_H_
#define TESTS_BENCH_PIPELINE_LATENCY_H_

#include <string>
#include <vector>

namespace veille::bench {

struct Latency {
  std::string load;  // "idle" or "10000 events/s".
  int sent = 0, received = 0;
  double p50_ms = 0, p99_ms = 0, p999_ms = 0;
  double bare_sum_p50_ms = 0, bare_sum_p99_ms = 0;
};

// `presses` SOS, each of a home of its own, idle and then while `homes` homes send 10,000 events a
// second over `connections` connections.
std::vector<Latency> MeasureLatency(int presses, int homes, int connections);

}  // namespace veille::bench

#endif  // TESTS_BENCH_PIPELINE_LATENCY_H_
