// Accounts from invitation to revocation, over real TLS on a real Redis.

#include <atomic>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <grpcpp/grpcpp.h>

#include "veille/account/v1/account_service.grpc.pb.h"
#include "veille/alert/v1/alert_service.grpc.pb.h"

#include "common/crypto/totp.h"
#include "common/rpc/bearer.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/domain/identity/enrollment_code.h"
#include "services/domain/keys.h"
#include "tests/integration/access/doors.h"
#include "tests/support/base32.h"

namespace veille::testing {
namespace {

using account::v1::AccountService;
using alert::v1::AlertService;
using ::testing::HasSubstr;

constexpr char kPassword[] = "une phrase bien longue";

class SignIn : public ::testing::Test {
 protected:
  template <typename Response, typename Stub, typename Method, typename Request>
  static absl::StatusOr<Response> Call(Stub& stub, Method method, const Request& request,
                                       const std::string& token = "") {
    grpc::ClientContext context;
    context.set_deadline(rpc::DeadlineAfter(absl::Seconds(30)));
    rpc::ShowBearer(token, context);
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }

  std::string Invite(const std::string& id, account::v1::Role role) {
    account::v1::InviteRequest request;
    request.set_account_id(id);
    request.set_role(role);
    const auto made =
        Call<account::v1::InviteResponse>(*operator_, &AccountService::Stub::Invite, request);
    EXPECT_TRUE(made.ok()) << made.status();
    return domain::ParseEnrollmentCode(made->code())->secret;
  }
  account::v1::SignedIn Accept(const std::string& secret) {
    account::v1::AcceptInvitationRequest request;
    request.set_secret(secret);
    request.set_password(kPassword);
    request.set_device("Anne's phone");
    const auto accepted = Call<account::v1::AcceptInvitationResponse>(
        *stranger_, &AccountService::Stub::AcceptInvitation, request);
    EXPECT_TRUE(accepted.ok()) << accepted.status();
    return accepted->signed_in();
  }
  account::v1::SignedIn Open(const std::string& id,
                             account::v1::Role role = account::v1::ROLE_CAREGIVER) {
    return Accept(Invite(id, role));
  }
  absl::StatusOr<account::v1::SignInResponse> SignInAs(const std::string& id,
                                                       const std::string& password = kPassword) {
    account::v1::SignInRequest request;
    request.set_account_id(id);
    request.set_password(password);
    return Call<account::v1::SignInResponse>(*stranger_, &AccountService::Stub::SignIn, request);
  }
  absl::Status Get(const std::string& token, const std::string& home = "h1") {
    alert::v1::GetAlertRequest request;
    request.set_alert_id(Doors::AlertIn(home));
    return Call<alert::v1::GetAlertResponse>(*alerts_, &AlertService::Stub::GetAlert, request,
                                             token)
        .status();
  }
  // What is known of sign-ins is read about once a second.
  template <typename Condition>
  static absl::Duration UntilItHolds(Condition condition) {
    const absl::Duration start = MonotonicNow();
    while (!condition() && MonotonicNow() - start < absl::Seconds(30))
      SleepReally(absl::Milliseconds(50));
    return MonotonicNow() - start;
  }

  Doors doors_{false};
  const std::unique_ptr<AccountService::Stub> operator_ =
      AccountService::NewStub(doors_.ChannelTo("AccountService", "svc/operator"));
  const std::unique_ptr<AccountService::Stub> stranger_ =
      AccountService::NewStub(doors_.ChannelTo("AccountService", ""));
  const std::unique_ptr<AlertService::Stub> alerts_ =
      AlertService::NewStub(doors_.ChannelTo("AlertService", ""));
};

TEST_F(SignIn, LeadsToOnesAlertsAndToNobodyElses) {
  EXPECT_TRUE(absl::IsUnauthenticated(Get("")));
  EXPECT_TRUE(absl::IsUnauthenticated(Get("guessed")));
  const account::v1::SignedIn anne = Open("anne");
  EXPECT_TRUE(Get(anne.token()).ok());
  EXPECT_TRUE(absl::IsNotFound(Get(anne.token(), "h2")));
  const auto again = SignInAs("anne");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_NE(again->signed_in().token(), anne.token());
  EXPECT_TRUE(Get(again->signed_in().token()).ok());
  EXPECT_TRUE(absl::IsUnauthenticated(SignInAs("anne", "une autre phrase").status()));
}

TEST_F(SignIn, EndsStreamsWithinFiveSecondsOfItsRevocation) {
  const account::v1::SignedIn phone = Open("anne");
  const account::v1::SignedIn tablet = SignInAs("anne")->signed_in();
  const auto watch = [this](grpc::ClientContext& context, const std::string& token) {
    context.set_deadline(rpc::DeadlineAfter(absl::Seconds(60)));
    rpc::ShowBearer(token, context);
    return alerts_->WatchAlerts(&context, alert::v1::WatchAlertsRequest());
  };
  grpc::ClientContext lost_context, kept_context;
  const auto lost = watch(lost_context, phone.token());
  const auto kept = watch(kept_context, tablet.token());
  alert::v1::WatchAlertsResponse message;
  ASSERT_TRUE(lost->Read(&message));
  ASSERT_TRUE(kept->Read(&message));

  account::v1::RevokeSessionsRequest request;
  request.set_session_id(phone.session_id());
  const absl::Duration start = MonotonicNow();
  const auto revoked = Call<account::v1::RevokeSessionsResponse>(
      *stranger_, &AccountService::Stub::RevokeSessions, request, tablet.token());
  ASSERT_TRUE(revoked.ok()) << revoked.status();
  EXPECT_EQ(revoked->revoked(), 1);
  while (lost->Read(&message)) {
  }
  EXPECT_EQ(lost->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_LT(MonotonicNow() - start, absl::Seconds(5));
  EXPECT_TRUE(absl::IsUnauthenticated(Get(phone.token())));
  EXPECT_TRUE(Get(tablet.token()).ok());
  kept_context.TryCancel();
  while (kept->Read(&message)) {
  }
  EXPECT_EQ(kept->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(SignIn, IsEndedByAnOperatorWhoRecoversTheAccount) {
  const account::v1::SignedIn anne = Open("anne");
  ASSERT_TRUE(Get(anne.token()).ok());
  account::v1::ResetAccountRequest request;
  request.set_account_id("anne");
  const auto reset = Call<account::v1::ResetAccountResponse>(
      *operator_, &AccountService::Stub::ResetAccount, request);
  ASSERT_TRUE(reset.ok()) << reset.status();
  EXPECT_LT(UntilItHolds([&] { return absl::IsUnauthenticated(Get(anne.token())); }),
            absl::Seconds(5));
  EXPECT_TRUE(absl::IsUnauthenticated(SignInAs("anne").status()));
  Accept(domain::ParseEnrollmentCode(reset->code())->secret);
  EXPECT_TRUE(SignInAs("anne").ok());
}

TEST_F(SignIn, OfAnOperatorDoesNothingBeforeItHasASecondFactor) {
  const account::v1::SignedIn olga = Open("olga", account::v1::ROLE_OPERATOR);
  EXPECT_TRUE(olga.must_enroll_totp());
  const auto list = [&] {
    return Call<account::v1::ListAccountsResponse>(*stranger_, &AccountService::Stub::ListAccounts,
                                                   account::v1::ListAccountsRequest(), olga.token())
        .status();
  };
  const absl::Status refused = list();
  EXPECT_TRUE(absl::IsPermissionDenied(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("veille account totp on"));
  EXPECT_TRUE(absl::IsPermissionDenied(Get(olga.token())));

  account::v1::EnableTotpRequest enable;
  enable.set_password(kPassword);
  const auto enabled = Call<account::v1::EnableTotpResponse>(
      *stranger_, &AccountService::Stub::EnableTotp, enable, olga.token());
  ASSERT_TRUE(enabled.ok()) << enabled.status();
  EXPECT_TRUE(absl::IsPermissionDenied(list()));
  account::v1::ConfirmTotpRequest confirm;
  confirm.set_totp_code(Hotp(FromBase32(enabled->secret()), TotpStep(SystemClock().Now())));
  const auto confirmed = Call<account::v1::ConfirmTotpResponse>(
      *stranger_, &AccountService::Stub::ConfirmTotp, confirm, olga.token());
  ASSERT_TRUE(confirmed.ok()) << confirmed.status();
  EXPECT_LT(UntilItHolds([&] { return list().ok() && Get(olga.token()).ok(); }), absl::Seconds(5));
  // From now on a password is not enough, and an operator's certificate was another way in.
  EXPECT_THAT(std::string(SignInAs("olga").status().message()), HasSubstr("one-time code"));
}

TEST_F(SignIn, RacesForACodeHaveOneWinner) {
  const std::string secret = Invite("anne", account::v1::ROLE_CAREGIVER);
  account::v1::AcceptInvitationRequest request;
  request.set_secret(secret);
  request.set_password(kPassword);
  std::atomic<int> won{0};
  {
    std::vector<Worker> racers;
    racers.reserve(3);
    for (int i = 0; i < 3; ++i) {
      racers.emplace_back("racer", [&] {
        const auto accepted = Call<account::v1::AcceptInvitationResponse>(
            *stranger_, &AccountService::Stub::AcceptInvitation, request);
        won += accepted.ok() ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(won, 1);
}

TEST_F(SignIn, KeepsNoSecretInRedis) {
  const account::v1::SignedIn anne = Open("anne");
  const auto keys = doors_.redis().CommandSync({"KEYS", "veille:{account}:*"});
  ASSERT_TRUE(keys.ok());
  int seen = 0;
  for (const redis::ReplyView key : keys->elements()) {
    const auto dump = doors_.redis().CommandSync({"HGETALL", std::string(key.str())});
    if (!dump.ok()) continue;
    for (const redis::ReplyView value : dump->elements()) {
      ++seen;
      EXPECT_EQ(value.str().find(anne.token()), std::string_view::npos);
      EXPECT_EQ(value.str().find(kPassword), std::string_view::npos);
    }
  }
  EXPECT_GE(seen, 6);
}

TEST_F(SignIn, BreaksTheGlassAndTellsTheCircleAtOnce) {
  const account::v1::SignedIn bruno = Open("bruno");
  const account::v1::SignedIn rita = Open("rita", account::v1::ROLE_RESPONDER);
  EXPECT_TRUE(absl::IsNotFound(Get(rita.token(), "h2")));
  account::v1::BreakGlassRequest request;
  request.set_patient_id("patient-h2");
  request.set_reason("The neighbour calls: nobody opens the door");
  const auto method = &AccountService::Stub::BreakGlass;
  EXPECT_TRUE(absl::IsPermissionDenied(
      Call<account::v1::BreakGlassResponse>(*stranger_, method, request, bruno.token()).status()));
  // The second whom the chain would call, a minute later.
  grpc::ClientContext context;
  context.set_deadline(rpc::DeadlineAfter(absl::Seconds(30)));
  rpc::ShowBearer(doors_.SignIn("clara", account::v1::ROLE_CAREGIVER), context);
  const auto watch = alerts_->WatchAlerts(&context, alert::v1::WatchAlertsRequest());
  alert::v1::WatchAlertsResponse heard;
  ASSERT_TRUE(watch->Read(&heard));
  const absl::Duration start = MonotonicNow();
  const auto opened =
      Call<account::v1::BreakGlassResponse>(*stranger_, method, request, rita.token());
  ASSERT_TRUE(opened.ok()) << opened.status();
  while (watch->Read(&heard) && heard.update().alert().rule() != domain::kBreakGlassRule) {
  }
  EXPECT_EQ(heard.update().reason(), alert::v1::Update::REASON_NOTIFY);
  EXPECT_LT(MonotonicNow() - start, absl::Seconds(5));
  EXPECT_LT(UntilItHolds([&] { return Get(rita.token(), "h2").ok(); }), absl::Seconds(5));
  // Only that person's, and only for whoever gave the reason.
  alert::v1::ListAlertsRequest list;
  list.set_patient_id("patient-h2");
  const auto hers = Call<alert::v1::ListAlertsResponse>(*alerts_, &AlertService::Stub::ListAlerts,
                                                        list, rita.token());
  ASSERT_TRUE(hers.ok()) << hers.status();
  EXPECT_GE(hers->alerts_size(), 1);

  const auto told = [&] {
    const auto listed = Call<alert::v1::ListAlertsResponse>(
        *alerts_, &AlertService::Stub::ListAlerts, list, bruno.token());
    for (const alert::v1::Alert& alert : listed->alerts()) {
      if (alert.rule() != domain::kBreakGlassRule) continue;
      EXPECT_THAT(alert.reason().en(), HasSubstr("The neighbour calls"));
      EXPECT_THAT(alert.reason().en(), HasSubstr("rita"));
      return true;
    }
    return false;
  };
  EXPECT_LT(UntilItHolds(told), absl::Seconds(5));
}

}  // namespace
}  // namespace veille::testing
