// The signed link with which a person takes an alert without a client. It names alert, person and
// expiry, and what signs it is an HMAC: nobody makes one for another person. Pure.
//
// It works once: who carries it out passes `request_id` on, and the alert remembers it. A link that
// is followed is not carried out: mail scanners follow every link.

#ifndef SERVICES_NOTIFIER_CORE_ACKNOWLEDGE_LINK_H_
#define SERVICES_NOTIFIER_CORE_ACKNOWLEDGE_LINK_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace veille::notifier {

struct AcknowledgeLink {
  std::string alert_id;
  std::string caregiver_id;
  uint64_t version = 0;  // That was told: each telling has a link of its own.
  absl::Time expiry;

  // Names the one use of it.
  std::string request_id() const;
};

// The token, of characters that an address may have.
std::string SignLink(const AcknowledgeLink& link, std::string_view key);

// INVALID_ARGUMENT when the key has not signed it; FAILED_PRECONDITION when it has expired.
absl::StatusOr<AcknowledgeLink> VerifyLink(std::string_view token, std::string_view key,
                                           absl::Time now);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_ACKNOWLEDGE_LINK_H_
