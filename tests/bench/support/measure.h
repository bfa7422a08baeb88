// What a bench measures of other processes, and of many numbers.

#ifndef TESTS_BENCH_SUPPORT_MEASURE_H_
#define TESTS_BENCH_SUPPORT_MEASURE_H_

#include <cstdint>
#include <vector>

#include <sys/types.h>

namespace veille::bench {

// Seconds of processor that a process has used, its threads together.
double CpuOf(pid_t pid);

// Bytes of memory that a process has.
int64_t ResidentBytesOf(pid_t pid);

// The value that `part` of them do not exceed; 0 of none.
double Percentile(std::vector<double> values, double part);

}  // namespace veille::bench

#endif  // TESTS_BENCH_SUPPORT_MEASURE_H_
