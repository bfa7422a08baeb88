// Many caregivers' devices in one process, each on a connection of its own: they watch, and send a
// receipt for what they get, as the client library does.

#ifndef TESTS_BENCH_NOTIFY_WATCHERS_H_
#define TESTS_BENCH_NOTIFY_WATCHERS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"

#include "veille/alert/v1/alert.pb.h"

namespace veille::bench {

// The caregivers are "w0", "w1" and so on; each cares for the one person of the home "h0", "h1"…
std::string CaregiverId(int index);
std::string HomeId(int index);

class Watchers {
 public:
  struct Handlers {
    std::function<void(const alert::v1::Alert&)> on_alert = nullptr;  // On gRPC's threads.
    std::function<void(int receipts)> on_receipts = nullptr;  // The service has taken so many.
  };
  // The caregivers from `first` on, `count` of them.
  Watchers(const std::string& address, int first, int count, Handlers handlers);
  ~Watchers();

  // Waits until all of them have had their snapshots; how many have.
  int WaitConnected(absl::Duration timeout);
  int connected() const;
  // Streams that have ended.
  int lost() const;

 private:
  class Device;
  struct Shared;
  std::unique_ptr<Shared> shared_;
};

}  // namespace veille::bench

#endif  // TESTS_BENCH_NOTIFY_WATCHERS_H_
