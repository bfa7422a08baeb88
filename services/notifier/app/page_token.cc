#include "services/notifier/app/page_token.h"

#include "absl/strings/numbers.h"

namespace veille::notifier {

std::string ToToken(const ListPosition& position) {
  return std::to_string(position.create_ms) + "/" + position.alert_id;
}

std::optional<ListPosition> ParseToken(const std::string& token) {
  const std::size_t slash = token.find('/');
  ListPosition position;
  if (slash == std::string::npos || slash + 1 == token.size() ||
      !absl::SimpleAtoi(token.substr(0, slash), &position.create_ms)) {
    return std::nullopt;
  }
  position.alert_id = token.substr(slash + 1);
  return position;
}

}  // namespace veille::notifier
