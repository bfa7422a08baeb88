// Tells the silence of homes from trouble of our own: when no gateway serves, or half of the homes
// that were heard fall quiet at once, it is not they who are silent. That is one operator alert,
// and while it lasts the time does not count as any home's silence.
//
// Each partition's owner reports what it hears; the judgement is of all partitions of this process,
// which are a random sample of all homes. Few homes are judged one by one. Thread safe.

#ifndef SERVICES_DETECTOR_APP_SILENCE_WATCH_H_
#define SERVICES_DETECTOR_APP_SILENCE_WATCH_H_

#include <functional>
#include <map>
#include <string>

#include "absl/time/time.h"

#include "veille/store/v1/finding.pb.h"

#include "common/sync/mutex.h"

namespace veille::detector {

// Homes of one partition.
struct Hearing {
  int heard = 0;  // Have been heard, and are not told as silent.
  int quiet = 0;  // Of these, not heard for half of the silence that is told.
};

class SilenceWatch {
 public:
  // `tell` is given findings for operators, without locks held.
  using Tell = std::function<void(const store::v1::Finding&)>;
  explicit SilenceWatch(Tell tell) : tell_(std::move(tell)) {}

  // Replaces what the partition reported before. True while the silence is ours. World time.
  bool Report(int partition, const Hearing& hearing, absl::Time now);
  // How long ago a gateway showed itself, asked about once a second; `now` is MonotonicNow(). None
  // serves when it is late for long while we look: who has just started, or has Redis back, waits.
  void OnGatewaySeen(absl::Duration ago, absl::Duration now);
  // The partition is another's now.
  void Forget(int partition);

 private:
  const Tell tell_;
  Mutex mu_;
  std::map<int, Hearing> hearings_ ABSL_GUARDED_BY(mu_);
  Hearing all_ ABSL_GUARDED_BY(mu_);
  absl::Duration late_from_ ABSL_GUARDED_BY(mu_) = absl::InfiniteDuration();
  bool deaf_ ABSL_GUARDED_BY(mu_) = false;
  bool mass_ ABSL_GUARDED_BY(mu_) = false;
  bool told_ ABSL_GUARDED_BY(mu_) = false;
  std::string alert_id_ ABSL_GUARDED_BY(mu_);
};

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_APP_SILENCE_WATCH_H_
