#include "services/notifier/adapters/send_results.h"

#include "services/notifier/core/scaip_message.h"

namespace veille::notifier {
namespace {

// A provider that asks for more is asked again all the same.
constexpr absl::Duration kMaxRetryAfter = absl::Minutes(15);

std::optional<absl::Duration> AtMost(const std::optional<absl::Duration>& retry_after) {
  if (!retry_after) return std::nullopt;
  return std::min(*retry_after, kMaxRetryAfter);
}

SendResult NoAnswer(const absl::Status& status) {
  const bool never = absl::IsInvalidArgument(status);
  return {never ? SendResult::Kind::kPermanent : SendResult::Kind::kTemporary,
          std::string(status.message())};
}

// What another time, or another state of the centre, may mend.
bool IsTemporarySip(int code) {
  // 501: the method is not known; 505: the version; 513: the message is too large.
  if (code >= 500 && code < 600) return code != 501 && code != 505 && code != 513;
  return code == 408 || code == 413 || code == 480 || code == 486 || code == 491 || code == 600;
}

}  // namespace

SendResult OfHttp(const transfer::Outcome& outcome) {
  if (!outcome.status.ok()) return NoAnswer(outcome.status);
  const int code = outcome.code;
  const std::string reason = "HTTP " + std::to_string(code);
  if (code >= 200 && code < 300) return {SendResult::Kind::kSent, reason};
  if (code == 408 || code == 425 || code == 429 || code >= 500)
    return {SendResult::Kind::kTemporary, reason, AtMost(outcome.retry_after)};
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
  SendResult result = NoAnswer(outcome.status);
  if (outcome.code > 0) result.reason += ", " + reason;
  return result;
}

SendResult OfScaip(const sip::Outcome& outcome) {
  if (!outcome.status.ok()) return NoAnswer(outcome.status);
  const std::string reason = "SIP " + std::to_string(outcome.code);
  const auto answer = ReadScaipAnswer(outcome.body);
  if (outcome.code >= 200 && outcome.code < 300) {
    if (!answer.ok()) return {SendResult::Kind::kSent, reason};
    const std::string said = reason + ", the centre's status " + std::to_string(answer->status);
    switch (JudgeScaip(answer->status)) {
      case ScaipVerdict::kTaken:
        return {SendResult::Kind::kDelivered, said};
      case ScaipVerdict::kLater:
        return {SendResult::Kind::kTemporary, said, AtMost(outcome.retry_after)};
      case ScaipVerdict::kRefused:
        return {SendResult::Kind::kPermanent, said};
    }
  }
  if (IsTemporarySip(outcome.code))
    return {SendResult::Kind::kTemporary, reason, AtMost(outcome.retry_after)};
  return {SendResult::Kind::kPermanent, reason};
}

}  // namespace veille::notifier
