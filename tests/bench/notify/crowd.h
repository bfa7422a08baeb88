// A crowd of watchers on one notifier, in client processes of their own.

#ifndef TESTS_BENCH_NOTIFY_CROWD_H_
#define TESTS_BENCH_NOTIFY_CROWD_H_

#include <string>

namespace veille::bench {

// Connects so many, each on a connection of its own, tells one of them an alert, and prints memory
// a watcher and what heartbeats cost. False when one is not connected, or the alert did not come.
bool MeasureCrowd(int watchers, int seconds);

// In a client process: "ADDRESS FIRST COUNT". Prints "connected N", then "alert ID" for each; until
// it is killed.
int RunClients(const std::string& what);

}  // namespace veille::bench

#endif  // TESTS_BENCH_NOTIFY_CROWD_H_
