// Webhooks: signed calls over HTTP, for providers of SMS and voice and for telecare centres.

#ifndef SERVICES_NOTIFIER_ADAPTERS_WEBHOOK_CHANNEL_H_
#define SERVICES_NOTIFIER_ADAPTERS_WEBHOOK_CHANNEL_H_

#include <map>
#include <memory>
#include <string>

#include "common/time/clock.h"
#include "common/transfer/transfers.h"
#include "services/notifier/app/channel.h"

namespace veille::notifier {

class WebhookChannel final : public Channel {
 public:
  // `secrets` by their names.
  WebhookChannel(std::map<std::string, std::string> secrets, std::shared_ptr<const Clock> clock,
                 transfer::Transfers::Options options);
  void Send(const Telling& telling, Done done) override;

 private:
  const std::map<std::string, std::string> secrets_;
  const std::shared_ptr<const Clock> clock_;
  transfer::Transfers transfers_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ADAPTERS_WEBHOOK_CHANNEL_H_
