// The one place where what Redis says becomes a Status.
//
// The first word of an error reply (READONLY, OOM, NOAUTH…), or for a script's own refusal
// "VEILLE <CODE> text" the CODE, travels with the Status; ErrorCode() gives it back.
//   script CODE: FENCED, CONFLICT → ABORTED · GAP → FAILED_PRECONDITION · INVALID →
//   INVALID_ARGUMENT · FORMAT → DATA_LOSS · ABSENT → NOT_FOUND · EXISTS → ALREADY_EXISTS · DENIED →
//   PERMISSION_DENIED · FULL → RESOURCE_EXHAUSTED · any other → FAILED_PRECONDITION
#ifndef COMMON_REDIS_ERRORS_H_
#define COMMON_REDIS_ERRORS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace veille::redis {

// `error` is an error reply without its leading "-".
absl::Status StatusFromErrorReply(std::string_view error);

// The code word of a Status made here, or "" of any other Status.
std::string ErrorCode(const absl::Status& status);

// The connection went away, or the deadline came, with the command sent and unanswered: it may or
// may not have been executed. Only what is idempotent may be sent again.
absl::Status OutcomeUnknownError(std::string_view why);
bool IsOutcomeUnknown(const absl::Status& status);

}  // namespace veille::redis

#endif  // COMMON_REDIS_ERRORS_H_
