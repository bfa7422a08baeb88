// What a provider's answer means for a send. Pure.

#ifndef SERVICES_NOTIFIER_ADAPTERS_SEND_RESULTS_H_
#define SERVICES_NOTIFIER_ADAPTERS_SEND_RESULTS_H_

#include "common/sip/client.h"
#include "common/transfer/transfers.h"
#include "services/notifier/app/channel.h"

namespace veille::notifier {

// 2xx is sent; 408, 425, 429, 5xx and no answer at all may work later; the rest never will.
SendResult OfHttp(const transfer::Outcome& outcome);
// A push service's: the same, and 404 and 410 say that the subscription is no more.
SendResult OfPush(const transfer::Outcome& outcome);
// A mail server's: 5xx for this message or mailbox is for good. That it does not let us in, or that
// its certificate is not believed, is not the mailbox's fault.
SendResult OfMail(const transfer::Outcome& outcome);
// An alarm centre's: a 2xx with the centre's "taken" is a receipt, without an answer it is sent
// only. What the centre holds or is too busy for, 408, 413, 480, 486, 491, 600 and most of 5xx may
// work later.
SendResult OfScaip(const sip::Outcome& outcome);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ADAPTERS_SEND_RESULTS_H_
