// Whether a channel works at all: one that fails for everybody is the operators' business, one
// address that fails is not. Pure.

#ifndef SERVICES_NOTIFIER_CORE_CHANNEL_HEALTH_H_
#define SERVICES_NOTIFIER_CORE_CHANNEL_HEALTH_H_

#include "absl/time/time.h"

namespace veille::notifier {

class ChannelHealth {
 public:
  enum class Change { kNone, kDown, kUp };

  // A try ended. What an address alone is to blame for is not told here.
  Change Note(bool worked, absl::Time now);

  bool up() const { return !down_; }
  // When the failure began that holds on, or just ended.
  absl::Time since() const { return since_; }

 private:
  bool down_ = false;
  int failures_ = 0;  // Since it last worked.
  absl::Time since_ = absl::InfinitePast();
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_CHANNEL_HEALTH_H_
