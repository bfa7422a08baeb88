// What gRPC alone costs on the way to 1,000 watchers and back: a server that tells the same updates
// over the same streams and takes the same receipts, and keeps, decides and looks up nothing. No
// notifier on this transport can be cheaper.

#ifndef TESTS_BENCH_NOTIFY_BARE_H_
#define TESTS_BENCH_NOTIFY_BARE_H_

#include <string>

namespace veille::bench {

// Prints what an alert costs the bare server; how many of them in all, a tenth more to warm up.
bool MeasureBare(int watchers, int alerts);

// In the server's process: "WATCHERS ALERTS". Prints "port N", tells so many alerts in all once so
// many watchers are there, one under way for each of them; until it is killed.
int RunBareServer(const std::string& what);

}  // namespace veille::bench

#endif  // TESTS_BENCH_NOTIFY_BARE_H_
