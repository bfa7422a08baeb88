// Statuses keep their codes, words and details over the wire.

#include "common/rpc/status.h"

#include "gtest/gtest.h"

namespace veille::rpc {
namespace {

TEST(Status, GoesOverTheWireAndBackUnchanged) {
  for (int code = 0; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), code == 0 ? "" : "why");
    EXPECT_EQ(FromGrpc(ToGrpc(status)), status);
  }
}

TEST(Status, HasWordsWhereGrpcHasNone) {
  EXPECT_EQ(FromGrpc({grpc::StatusCode::UNIMPLEMENTED, ""}).message(),
            "no reason was given (UNIMPLEMENTED)");
}

TEST(Status, CarriesFieldViolations) {
  const absl::Status status =
      FromGrpc(ToGrpc(BadRequest({{"hello.source_id", "is empty"}, {"lane", "is unknown"}})));
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(status.message(), "hello.source_id: is empty (and 1 more)");
  const auto violations = ViolationsOf(status);
  ASSERT_EQ(violations.size(), 2U);
  EXPECT_EQ(violations[1].field, "lane");
  EXPECT_EQ(violations[1].description, "is unknown");
}

TEST(Status, CarriesRetryDelayAndErrorInfoTogether) {
  absl::Status status = WithRetryDelay(absl::UnavailableError("later"), absl::Milliseconds(1500));
  status = WithErrorInfo(status, {"LOG_BEHIND", "hub.veille", {{"bytes", "7"}}});
  status = FromGrpc(ToGrpc(status));
  EXPECT_EQ(RetryDelayOf(status), absl::Milliseconds(1500));
  ASSERT_TRUE(ErrorInfoOf(status).has_value());
  EXPECT_EQ(ErrorInfoOf(status)->reason, "LOG_BEHIND");
  EXPECT_EQ(ErrorInfoOf(status)->metadata.at("bytes"), "7");
}

TEST(Status, KeepsOurOwnNotesAtHome) {
  absl::Status status = absl::UnavailableError("gone");
  status.SetPayload("veille/note", absl::Cord("internal"));
  EXPECT_FALSE(FromGrpc(ToGrpc(status)).GetPayload("veille/note").has_value());
}

TEST(Status, WithoutDetailsHasNone) {
  EXPECT_FALSE(RetryDelayOf(absl::UnavailableError("x")).has_value());
  EXPECT_TRUE(ViolationsOf(absl::OkStatus()).empty());
  EXPECT_TRUE(FromGrpc(grpc::Status(grpc::StatusCode::INTERNAL, "x", "no message")).message() ==
              "x");
}

}  // namespace
}  // namespace veille::rpc
