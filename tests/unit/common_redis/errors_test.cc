#include "common/redis/errors.h"

#include <gtest/gtest.h>

namespace veille::redis {
namespace {

TEST(Errors, OfRedisBecomeTheStatusThatTellsWhatToDo) {
  const struct {
    const char* reply;
    absl::StatusCode code;
    const char* word;
  } kCases[] = {
      {"READONLY You can't write against a read only replica.", absl::StatusCode::kUnavailable,
       "READONLY"},
      {"OOM command not allowed", absl::StatusCode::kResourceExhausted, "OOM"},
      {"LOADING Redis is loading", absl::StatusCode::kUnavailable, "LOADING"},
      {"BUSY Redis is busy", absl::StatusCode::kUnavailable, "BUSY"},
      {"MISCONF Errors writing to the AOF file", absl::StatusCode::kUnavailable, "MISCONF"},
      {"WRONGPASS invalid", absl::StatusCode::kPermissionDenied, "WRONGPASS"},
      {"NOAUTH Authentication required.", absl::StatusCode::kPermissionDenied, "NOAUTH"},
      {"NOGROUP No such key", absl::StatusCode::kNotFound, "NOGROUP"},
      {"BUSYGROUP exists", absl::StatusCode::kAlreadyExists, "BUSYGROUP"},
      {"WRONGTYPE Operation", absl::StatusCode::kDataLoss, "WRONGTYPE"},
      {"ERR max number of clients reached", absl::StatusCode::kUnavailable, "ERR"},
      {"ERR syntax error", absl::StatusCode::kInternal, "ERR"},
      {"VEILLE FENCED epoch 3", absl::StatusCode::kAborted, "FENCED"},
      {"VEILLE CONFLICT position", absl::StatusCode::kAborted, "CONFLICT"},
      {"VEILLE GAP want 4", absl::StatusCode::kFailedPrecondition, "GAP"},
      {"VEILLE INVALID lane", absl::StatusCode::kInvalidArgument, "INVALID"},
      {"VEILLE FORMAT version 9", absl::StatusCode::kDataLoss, "FORMAT"},
      {"VEILLE OTHER thing", absl::StatusCode::kFailedPrecondition, "OTHER"},
      {"", absl::StatusCode::kInternal, ""},
      {"VEILLE", absl::StatusCode::kInternal, "VEILLE"},
  };
  for (const auto& test : kCases) {
    const absl::Status status = StatusFromErrorReply(test.reply);
    EXPECT_EQ(status.code(), test.code) << test.reply;
    EXPECT_EQ(ErrorCode(status), test.word) << test.reply;
  }
}

TEST(Errors, OfAScriptKeepItsOwnWords) {
  EXPECT_EQ(StatusFromErrorReply("VEILLE GAP want 4, got 6").message(), "want 4, got 6");
}

TEST(Errors, WithAnUnknownOutcomeAreToldFromOtherOutages) {
  EXPECT_TRUE(IsOutcomeUnknown(OutcomeUnknownError("cut")));
  EXPECT_TRUE(absl::IsUnavailable(OutcomeUnknownError("cut")));
  EXPECT_FALSE(IsOutcomeUnknown(StatusFromErrorReply("LOADING")));
  EXPECT_FALSE(IsOutcomeUnknown(absl::OkStatus()));
}

}  // namespace
}  // namespace veille::redis
