#include "services/notifier/core/acknowledge_link.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

#include "common/base/digest.h"
#include "common/crypto/base64.h"
#include "common/crypto/hmac.h"

namespace veille::notifier {
namespace {

constexpr std::size_t kMaxToken = 1024;
constexpr char kFormat[] = "1";
constexpr std::size_t kFields = 5;

// Ids hold no line's end.
std::string Payload(const AcknowledgeLink& link) {
  return std::string(kFormat) + '\n' + std::to_string(absl::ToUnixSeconds(link.expiry)) + '\n' +
         std::to_string(link.version) + '\n' + link.caregiver_id + '\n' + link.alert_id;
}

}  // namespace

std::string AcknowledgeLink::request_id() const {
  return "link-" + Sha256Hex16(std::to_string(version) + '\n' + caregiver_id + '\n' + alert_id);
}

std::string SignLink(const AcknowledgeLink& link, std::string_view key) {
  const std::string payload = Payload(link);
  return Base64Url(payload) + "." + Base64Url(HmacSha256(key, payload));
}

absl::StatusOr<AcknowledgeLink> VerifyLink(std::string_view token, std::string_view key,
                                           absl::Time now) {
  const absl::Status wrong = absl::InvalidArgumentError("the link is not one of ours");
  const std::size_t dot = token.find('.');
  if (token.size() > kMaxToken || dot == std::string_view::npos) return wrong;
  const auto payload = FromBase64(token.substr(0, dot));
  const auto mac = FromBase64(token.substr(dot + 1));
  if (!payload || !mac || !EqualInConstantTime(*mac, HmacSha256(key, *payload))) return wrong;
  const std::vector<std::string> fields = absl::StrSplit(*payload, '\n');
  AcknowledgeLink link;
  int64_t expiry = 0;
  if (fields.size() != kFields || fields[0] != kFormat || !absl::SimpleAtoi(fields[1], &expiry) ||
      !absl::SimpleAtoi(fields[2], &link.version)) {
    return wrong;
  }
  link.expiry = absl::FromUnixSeconds(expiry);
  link.caregiver_id = fields[3];
  link.alert_id = fields[4];
  if (now >= link.expiry) return absl::FailedPreconditionError("the link has expired");
  return link;
}

}  // namespace veille::notifier
