#include "common/crypto/vapid.h"

#include <algorithm>

#include "common/base/status_macros.h"
#include "common/crypto/base64.h"

namespace veille {

std::string OriginOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos || scheme == 0) return "";
  const std::size_t end = url.find_first_of("/?#", scheme + 3);
  return std::string(url.substr(0, end));
}

absl::StatusOr<std::string> VapidAuthorization(const P256Key& key, std::string_view endpoint,
                                               std::string_view subject, absl::Time expiry) {
  const std::string origin = OriginOf(endpoint);
  const auto plain = [](std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return c == '"' || c == '\\' || c < ' '; });
  };
  if (origin.empty() || !plain(origin) || !plain(subject))
    return absl::InvalidArgumentError("endpoint or subject is no address");
  const std::string claims = R"({"aud":")" + origin + R"(","exp":)" +
                             std::to_string(absl::ToUnixSeconds(expiry)) + R"(,"sub":")" +
                             std::string(subject) + "\"}";
  const std::string token = Base64Url(R"({"typ":"JWT","alg":"ES256"})") + "." + Base64Url(claims);
  VEILLE_ASSIGN_OR_RETURN(const std::string signature, key.Sign(token));
  return "vapid t=" + token + "." + Base64Url(signature) + ", k=" + Base64Url(key.public_point());
}

}  // namespace veille
