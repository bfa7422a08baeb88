// Web push (RFC 8030), encrypted for the browser (RFC 8291) and signed (RFC 8292).

#ifndef SERVICES_NOTIFIER_ADAPTERS_WEB_PUSH_CHANNEL_H_
#define SERVICES_NOTIFIER_ADAPTERS_WEB_PUSH_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "common/base/random.h"
#include "common/crypto/p256.h"
#include "common/time/clock.h"
#include "common/transfer/transfers.h"
#include "services/notifier/app/channel.h"

namespace veille::notifier {

class WebPushChannel final : public Channel {
 public:
  // `key` signs; `subject` is whom a push service may ask about us.
  WebPushChannel(P256Key key, std::string subject, std::shared_ptr<const Clock> clock,
                 transfer::Transfers::Options options);
  void Send(const Telling& telling, Done done) override;

 private:
  absl::StatusOr<transfer::HttpCall> CallFor(const Telling& telling);

  const P256Key key_;
  const std::string subject_;
  const std::shared_ptr<const Clock> clock_;
  SystemRandom random_;
  transfer::Transfers transfers_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ADAPTERS_WEB_PUSH_CHANNEL_H_
