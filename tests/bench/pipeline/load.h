// Many homes' streams against one address: each keeps up to 64 batches unacknowledged, or all of
// them together send at a given rate.

#ifndef TESTS_BENCH_PIPELINE_LOAD_H_
#define TESTS_BENCH_PIPELINE_LOAD_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "veille/event/v1/event.pb.h"

#include "tests/bench/pipeline/trust.h"
#include "tests/e2e/deployment.h"
#include "tests/support/process.h"

namespace veille::bench {

struct Shape {
  std::string name;  // "motion x 50"
  bool acceleration = false;
  int events_per_batch = 1;
  double target = 0.5;  // Of Veille's rate over the bare stream's.
};

class Load {
 public:
  // Connects `homes` streams over `connections` channels and begins to send: as fast as they are
  // acknowledged, or, when `batches_per_s` is not 0, so many batches a second over all homes.
  // With TLS each home has a connection of its own, whatever `connections` says.
  Load(const std::string& address, int homes, int connections, const Shape& shape,
       int batches_per_s = 0, const Trust& trust = Trust());
  ~Load();

  uint64_t acknowledged_events() const;
  int failed_streams() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// One stream that asks and waits for the answer: what a round trip takes.
class Caller {
 public:
  // Sends urgent batches of the source; opens the stream.
  Caller(const std::string& address, const std::string& source_id);
  ~Caller();

  // Sends the events as one urgent batch; returns at once.
  void Send(const event::v1::EventBatch& batch);
  // The same, and waits until it is acknowledged. False when the stream has failed.
  bool SendAndWait(const event::v1::EventBatch& batch);

 private:
  class Stream;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Serves the same contract, parses each batch, and discards it: what a stream costs at the least.
class BareServer {
 public:
  BareServer(const std::string& address, const Trust& trust);
  ~BareServer();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// The same in a process of its own (this executable with --bare_server), on a unix socket in
// `folder`.
class ServedBare {
 public:
  explicit ServedBare(const std::string& folder, const Trust& trust = Trust());
  const std::string& address() const { return address_; }
  pid_t pid() const { return process_.pid(); }

 private:
  const std::string address_;
  testing::Process process_;
};

// Returns when a server answers there.
void WaitUntilServing(const std::string& address, const Trust& trust = Trust());

// Returns when the detector has all its partitions: what is sent before waits for it.
void WaitUntilJudging(testing::Deployment& deployment);

}  // namespace veille::bench

#endif  // TESTS_BENCH_PIPELINE_LOAD_H_
