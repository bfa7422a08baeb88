// What a webhook gets. Pure.

#ifndef SERVICES_NOTIFIER_CORE_WEBHOOK_MESSAGE_H_
#define SERVICES_NOTIFIER_CORE_WEBHOOK_MESSAGE_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"

#include "services/notifier/core/telling.h"

namespace veille::notifier {

// veille.alert.v1.NotificationEvent in JSON.
std::string WebhookBody(const Telling& telling);

// The value of the header Veille-Signature: "t=<unix seconds>,v1=<HMAC-SHA-256 in hexadecimal>" of
// "<unix seconds>.<body>". Who is called takes it only when `t` is of the last minutes.
std::string WebhookSignature(std::string_view secret, absl::Time now, std::string_view body);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_WEBHOOK_MESSAGE_H_
