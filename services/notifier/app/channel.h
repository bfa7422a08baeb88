// A way to reach people beside the stream: the port that webhooks, e-mail, web push and SCAIP
// implement.

#ifndef SERVICES_NOTIFIER_APP_CHANNEL_H_
#define SERVICES_NOTIFIER_APP_CHANNEL_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/time/time.h"

#include "services/notifier/core/telling.h"

namespace veille::notifier {

// What came of one try.
struct SendResult {
  enum class Kind {
    kSent,       // The provider took it.
    kDelivered,  // Who is told has confirmed that it has arrived there: a receipt.
    kTemporary,  // It may work later; `retry_after` when the provider has said when.
    kPermanent,  // This will never work, for this telling.
    kGone,       // The address is no more: it is not tried again, for no telling.
  };
  Kind kind = Kind::kTemporary;
  std::string reason;  // For logs: names no person and no address.
  std::optional<absl::Duration> retry_after = std::nullopt;
};

class Channel {
 public:
  using Done = std::function<void(const SendResult&)>;

  virtual ~Channel() = default;
  // Sends one telling to its address. Returns at once; `done` is called exactly once, on any
  // thread, and before the channel's end. Thread safe.
  virtual void Send(const Telling& telling, Done done) = 0;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_APP_CHANNEL_H_
