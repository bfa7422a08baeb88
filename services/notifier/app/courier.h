// Carries sends to their channels, and keeps book of what became of them.
//
// A send is a durable job. Who takes it puts a copy into the timers first, to come back after a
// lease: whoever dies while sending leaves it to another. A try that fails for now comes back later
// in the same way, until the telling's deadline; one that fails for good brings the person's next
// channel forward. Right before each try the alert is read again: what was taken meanwhile, by
// whomever, does not go out.
//
// In doubt (a lost connection, a death between sending and recording) a send goes out a second
// time, under the same key. Thread safe.

#ifndef SERVICES_NOTIFIER_APP_COURIER_H_
#define SERVICES_NOTIFIER_APP_COURIER_H_

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"

#include "common/base/random.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/notifier/app/alert_store.h"
#include "services/notifier/app/channel.h"
#include "services/notifier/app/latencies.h"
#include "services/notifier/core/channel_health.h"
#include "services/notifier/core/channels.h"

namespace veille::notifier {

struct CourierOptions {
  std::shared_ptr<const Clock> clock;
  // Real time after which a send whose courier has not come back is taken up by another: longer
  // than a try may take.
  absl::Duration lease = absl::Seconds(30);
};

class Courier {
 public:
  using Channels = std::map<care::v1::Channel::AddressCase, std::unique_ptr<Channel>>;

  Courier(CourierOptions options, Channels channels, AlertStore& store, metrics::Registry& metrics);
  // What is under way is cut off, and taken up again after its lease.
  ~Courier();

  // A send that is due, as the queue has it; OK when the entry is done with. Blocks for the store,
  // never for a channel.
  absl::Status Take(const store::v1::Job& job, const std::string& entry);

 private:
  using Kind = care::v1::Channel::AddressCase;
  struct Result {
    store::v1::Job job;  // As it waits in the timers.
    SendResult result;
    absl::Duration until;  // Real time at which the lease ends.
  };
  struct Meters;

  absl::Status SendNow(const store::v1::Job& job, const store::v1::AlertRecord& record,
                       const std::string& entry);
  void RunResults();
  // A moment; false when we are stopping.
  bool Pause();
  absl::Status Settle(const Result& result);
  absl::Status GiveUp(const store::v1::Job& job, const SendResult& result);
  absl::Status Record(const store::v1::Job& job, alert::v1::DeliveryState state,
                      const std::string& entry);
  void NoteAddress(const store::v1::Job& job, bool works);
  void NoteHealth(const Result& result);
  absl::Time In(absl::Duration real) const;
  void Post(Result result);

  const CourierOptions options_;
  AlertStore& store_;
  std::map<Kind, std::unique_ptr<Meters>> meters_;
  Latencies latencies_;
  std::map<Kind, ChannelHealth> health_;  // Of the results' thread.
  SystemRandom random_;
  log::OnChange failures_;

  Mutex mu_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<Result> results_ ABSL_GUARDED_BY(mu_);
  Worker thread_;
  // Last, so first to end: they call back into what is above.
  Channels channels_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_APP_COURIER_H_
