// Where a page of alerts ended, as a client hands it back: "<time>/<alert id>". Pure.

#ifndef SERVICES_NOTIFIER_APP_PAGE_TOKEN_H_
#define SERVICES_NOTIFIER_APP_PAGE_TOKEN_H_

#include <optional>
#include <string>

#include "services/notifier/app/alert_store.h"

namespace veille::notifier {

std::string ToToken(const ListPosition& position);
// Nothing for what ToToken() does not make.
std::optional<ListPosition> ParseToken(const std::string& token);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_APP_PAGE_TOKEN_H_
