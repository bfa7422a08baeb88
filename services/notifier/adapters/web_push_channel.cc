#include "services/notifier/adapters/web_push_channel.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/crypto/base64.h"
#include "common/crypto/vapid.h"
#include "common/crypto/web_push.h"
#include "services/notifier/adapters/send_results.h"
#include "services/notifier/core/push_message.h"

namespace veille::notifier {
namespace {

// Push services refuse more than a day (RFC 8292, section 2).
constexpr absl::Duration kSignedFor = absl::Hours(12);
constexpr int kSaltBytes = 16;

}  // namespace

WebPushChannel::WebPushChannel(P256Key key, std::string subject, std::shared_ptr<const Clock> clock,
                               transfer::Transfers::Options options)
    : key_(std::move(key)),
      subject_(std::move(subject)),
      clock_(std::move(clock)),
      transfers_(std::move(options)) {}

absl::StatusOr<transfer::HttpCall> WebPushChannel::CallFor(const Telling& telling) {
  const care::v1::WebPushSubscription& subscription = telling.channel.web_push();
  const PushMessage message = DescribePush(telling);
  // A key and a salt of this one message.
  VEILLE_ASSIGN_OR_RETURN(const P256Key sender, P256Key::Generate());
  std::string salt;
  while (salt.size() < kSaltBytes) salt += static_cast<char>(random_.UInt64() & 255U);
  const WebPushReceiver receiver = {FromBase64(subscription.p256dh()).value_or(""),
                                    FromBase64(subscription.auth()).value_or("")};
  transfer::HttpCall call;
  call.url = subscription.endpoint();
  VEILLE_ASSIGN_OR_RETURN(call.body, EncryptWebPush(message.text, receiver, sender, salt));
  VEILLE_ASSIGN_OR_RETURN(const std::string authorization,
                          VapidAuthorization(key_, call.url, subject_, clock_->Now() + kSignedFor));
  call.headers = {"Authorization: " + authorization,
                  "Content-Type: application/octet-stream",
                  "Content-Encoding: aes128gcm",
                  "TTL: " + std::to_string(absl::ToInt64Seconds(message.ttl)),
                  "Urgency: " + message.urgency,
                  "Topic: " + message.topic};
  return call;
}

void WebPushChannel::Send(const Telling& telling, Done done) {
  absl::StatusOr<transfer::HttpCall> call = CallFor(telling);
  if (!call.ok()) {
    return done({SendResult::Kind::kPermanent, std::string(call.status().message())});
  }
  const absl::Status started = transfers_.Start(
      *std::move(call), [done](const transfer::Outcome& outcome) { done(OfPush(outcome)); });
  if (!started.ok()) done({SendResult::Kind::kTemporary, std::string(started.message())});
}

}  // namespace veille::notifier
