// An e-mail about an alert (RFC 5322, 2045 to 2047): a plain and an HTML part, in UTF-8. Pure.

#ifndef SERVICES_NOTIFIER_CORE_EMAIL_MESSAGE_H_
#define SERVICES_NOTIFIER_CORE_EMAIL_MESSAGE_H_

#include <string>

#include "absl/time/time.h"

#include "services/notifier/core/telling.h"

namespace veille::notifier {

struct EmailFrame {
  std::string sender;  // An address alone.
  std::string link;    // To take the alert; empty: none.
  absl::Time send_time;
};

// Header and body, lines ended by CR LF. Its Message-ID is a function of the telling: a mail that
// is sent twice is one mail.
std::string EmailMessage(const Telling& telling, const EmailFrame& frame);

// Text as it may stand in HTML.
std::string EscapeHtml(const std::string& text);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_EMAIL_MESSAGE_H_
