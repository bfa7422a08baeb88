// What pending escalation timers cost.

#ifndef TESTS_BENCH_NOTIFY_TIMERS_H_
#define TESTS_BENCH_NOTIFY_TIMERS_H_

namespace veille::bench {

// Prints what a tick costs with 1,000 pending timers and with 100,000, and their ratio; then how
// late the steps of `alerts` alerts run with 100,000 pending beside them. False when one is more
// than 200 ms late or missing.
bool MeasureTimers(int alerts);

}  // namespace veille::bench

#endif  // TESTS_BENCH_NOTIFY_TIMERS_H_
