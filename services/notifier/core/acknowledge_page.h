// The page behind the link of an e-mail: a button, and what came of it. Pure.

#ifndef SERVICES_NOTIFIER_CORE_ACKNOWLEDGE_PAGE_H_
#define SERVICES_NOTIFIER_CORE_ACKNOWLEDGE_PAGE_H_

#include <string>

#include "services/notifier/core/telling.h"

namespace veille::notifier {

// In the reader's language: whose link it is. The page says whether it is that
// person who has taken the alert, and has a button only where there is something to take.
// `used` is a link whose button was pressed: it takes nothing any more, whatever the alert waits
// for.
std::string AcknowledgePage(const alert::v1::Alert& alert, const care::v1::Member& reader,
                            bool used);

// For a link that leads nowhere: in both languages, since nobody is known.
std::string NoSuchLinkPage(bool expired);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_ACKNOWLEDGE_PAGE_H_
