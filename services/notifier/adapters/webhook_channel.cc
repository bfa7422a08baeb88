#include "services/notifier/adapters/webhook_channel.h"

#include <utility>

#include "services/notifier/adapters/send_results.h"
#include "services/notifier/core/webhook_message.h"

namespace veille::notifier {

WebhookChannel::WebhookChannel(std::map<std::string, std::string> secrets,
                               std::shared_ptr<const Clock> clock,
                               transfer::Transfers::Options options)
    : secrets_(std::move(secrets)), clock_(std::move(clock)), transfers_(std::move(options)) {}

void WebhookChannel::Send(const Telling& telling, Done done) {
  const care::v1::WebhookAddress& address = telling.channel.webhook();
  const auto secret = secrets_.find(address.secret());
  if (secret == secrets_.end())
    return done({SendResult::Kind::kPermanent, "its secret is not configured"});
  transfer::HttpCall call;
  call.url = address.url();
  call.body = WebhookBody(telling);
  call.headers = {
      "Content-Type: application/cloudevents+json; charset=UTF-8",
      "Idempotency-Key: " + telling.key,
      "Veille-Signature: " + WebhookSignature(secret->second, clock_->Now(), *call.body)};
  const absl::Status started = transfers_.Start(
      std::move(call), [done](const transfer::Outcome& outcome) { done(OfHttp(outcome)); });
  if (!started.ok()) done({SendResult::Kind::kTemporary, std::string(started.message())});
}

}  // namespace veille::notifier
