#include "services/notifier/adapters/send_results.h"

namespace veille::notifier {
namespace {

// A provider that asks for more is asked again all the same.
constexpr absl::Duration kMaxRetryAfter = absl::Minutes(15);

std::optional<absl::Duration> RetryAfterOf(const transfer::Outcome& outcome) {
  if (!outcome.retry_after) return std::nullopt;
  return std::min(*outcome.retry_after, kMaxRetryAfter);
}

SendResult NoAnswer(const transfer::Outcome& outcome) {
  const bool never = absl::IsInvalidArgument(outcome.status);
  return {never ? SendResult::Kind::kPermanent : SendResult::Kind::kTemporary,
          std::string(outcome.status.message())};
}

}  // namespace

SendResult OfHttp(const transfer::Outcome& outcome) {
  if (!outcome.status.ok()) return NoAnswer(outcome);
  const int code = outcome.code;
  const std::string reason = "HTTP " + std::to_string(code);
  if (code >= 200 && code < 300) return {SendResult::Kind::kSent, reason};
  if (code == 408 || code == 425 || code == 429 || code >= 500)
    return {SendResult::Kind::kTemporary, reason, RetryAfterOf(outcome)};
  return {SendResult::Kind::kPermanent, reason};
}

SendResult OfPush(const transfer::Outcome& outcome) {
  SendResult result = OfHttp(outcome);
  if (outcome.status.ok() && (outcome.code == 404 || outcome.code == 410))
    result.kind = SendResult::Kind::kGone;
  return result;
}

SendResult OfMail(const transfer::Outcome& outcome) {
  const std::string reason = "SMTP " + std::to_string(outcome.code);
  if (outcome.status.ok()) return {SendResult::Kind::kSent, reason};
  if (absl::IsUnavailable(outcome.status) && outcome.code >= 500 && outcome.code < 600)
    return {SendResult::Kind::kPermanent, reason};
  SendResult result = NoAnswer(outcome);
  if (outcome.code > 0) result.reason += ", " + reason;
  return result;
}

}  // namespace veille::notifier
