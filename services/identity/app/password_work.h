// How many passwords are hashed at once: each takes 32 MiB and a third of a second, and anybody may
// ask for one. Thread safe.

#ifndef SERVICES_IDENTITY_APP_PASSWORD_WORK_H_
#define SERVICES_IDENTITY_APP_PASSWORD_WORK_H_

#include "absl/status/status.h"

#include "common/sync/mutex.h"

namespace veille::identity {

class PasswordWork {
 public:
  // Runs `hash` when it is its turn. RESOURCE_EXHAUSTED when too many wait.
  template <typename Hash>
  absl::Status Run(Hash hash) {
    if (!Enter())
      return absl::ResourceExhaustedError("too many people sign in at once: try again in seconds");
    hash();
    Leave();
    return absl::OkStatus();
  }

 private:
  static constexpr int kAtOnce = 2, kMostWaiting = 16;

  bool Enter() {
    MutexLock lock(mu_);
    if (waiting_ >= kMostWaiting) return false;
    ++waiting_;
    while (running_ >= kAtOnce) free_.Wait(mu_);
    --waiting_;
    ++running_;
    return true;
  }
  void Leave() {
    MutexLock lock(mu_);
    --running_;
    free_.NotifyAll();
  }

  Mutex mu_;
  CondVar free_;
  int running_ ABSL_GUARDED_BY(mu_) = 0;
  int waiting_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace veille::identity

#endif  // SERVICES_IDENTITY_APP_PASSWORD_WORK_H_
