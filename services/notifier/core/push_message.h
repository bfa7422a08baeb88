// What a browser or phone shows, and how a push service handles it (RFC 8030). Pure.

#ifndef SERVICES_NOTIFIER_CORE_PUSH_MESSAGE_H_
#define SERVICES_NOTIFIER_CORE_PUSH_MESSAGE_H_

#include <string>

#include "absl/time/time.h"

#include "services/notifier/core/telling.h"

namespace veille::notifier {

struct PushMessage {
  std::string text;     // JSON, to be encrypted: title, body, and which alert it is.
  std::string urgency;  // "high" wakes a device that saves its battery.
  std::string topic;   // What waits for a device under the same topic is replaced by what is newer.
  absl::Duration ttl;  // How long it waits for a device that is off.
};

PushMessage DescribePush(const Telling& telling);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_PUSH_MESSAGE_H_
