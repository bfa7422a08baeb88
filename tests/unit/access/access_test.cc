// Who a caller is, by certificate or token, and whom they may speak for.

#include "services/domain/access/access.h"

#include <map>
#include <set>

#include "gtest/gtest.h"

#include "services/domain/keys.h"

namespace veille::domain {
namespace {

using account::v1::ROLE_CAREGIVER;
using account::v1::ROLE_OPERATOR;

constexpr char kGetAlert[] = "/veille.alert.v1.AlertService/GetAlert";

class FakeBook final : public SessionBook {
 public:
  absl::StatusOr<store::v1::StoredSession> Find(const std::string& token) const override {
    if (away) return absl::UnavailableError("no Redis");
    const auto at = roles.find(token);
    if (at == roles.end()) return absl::UnauthenticatedError("unknown");
    store::v1::StoredSession session;
    session.set_account_id("of-" + token);
    session.set_session_id("s-" + token);
    session.set_role(at->second);
    session.set_second_factor(codes.count(token) > 0);
    return session;
  }
  bool HasBroken(const std::string& account_id, const std::string& patient_id) const override {
    return account_id == "rita" && patient_id == "p";
  }
  std::vector<OpenGlass> OpenGlasses() const override { return {{"rita", "p"}}; }

  std::map<std::string, account::v1::Role> roles = {{"anne", ROLE_CAREGIVER},
                                                    {"olga", ROLE_OPERATOR}};
  std::set<std::string> codes = {"olga"};
  bool away = false;
};

rpc::Presented Token(const std::string& token, const std::string& method = kGetAlert) {
  return {rpc::PeerIdentity{}, token, method};
}
rpc::Presented Certificate(const std::string& subject, const std::string& method = kGetAlert) {
  return {rpc::ParseSpiffe("spiffe://d/" + subject), "", method};
}

class AccessTest : public ::testing::Test {
 protected:
  std::shared_ptr<FakeBook> book_ = std::make_shared<FakeBook>();
  const Access cluster_{{book_, false, false}};
  const Access local_{{book_, true, false}};
};

TEST_F(AccessTest, KnowsPeopleByTheirTokens) {
  EXPECT_TRUE(cluster_.MayCall(Token("anne")).ok());
  EXPECT_TRUE(absl::IsUnauthenticated(cluster_.MayCall(Token("guess"))));
  EXPECT_TRUE(absl::IsUnauthenticated(cluster_.MayCall(Token(""))));
  EXPECT_TRUE(absl::IsPermissionDenied(
      cluster_.MayCall(Token("anne", "/veille.account.v1.AccountService/Invite"))));
  EXPECT_TRUE(cluster_.MayCall(Token("olga", "/veille.account.v1.AccountService/Invite")).ok());
}

TEST_F(AccessTest, LetsAnOperatorWithoutASecondFactorSetOneUpAndNothingElse) {
  const std::string service = "/veille.account.v1.AccountService/";
  book_->codes.clear();
  EXPECT_TRUE(cluster_.MayCall(Token("olga", service + "EnableTotp")).ok());
  EXPECT_TRUE(cluster_.MayCall(Token("olga", service + "ConfirmTotp")).ok());
  const absl::Status refused = cluster_.MayCall(Token("olga", service + "Invite"));
  EXPECT_TRUE(absl::IsPermissionDenied(refused));
  EXPECT_NE(refused.message().find("veille account totp on"), absl::string_view::npos);
  EXPECT_TRUE(absl::IsPermissionDenied(cluster_.MayCall(Token("olga"))));
  EXPECT_TRUE(absl::IsPermissionDenied(cluster_.MayStay(Token("olga", ""))));
  // It is asked of operators only, and not where a deployment does without.
  EXPECT_TRUE(cluster_.MayCall(Token("anne")).ok());
  const Access without({book_, false, false, true});
  EXPECT_TRUE(without.MayCall(Token("olga", service + "Invite")).ok());
}

TEST_F(AccessTest, BelievesNoCertificateBesideABadToken) {
  rpc::Presented both = Certificate("svc/operator", "/veille.account.v1.AccountService/Invite");
  EXPECT_TRUE(cluster_.MayCall(both).ok());
  both.bearer = "guess";
  EXPECT_TRUE(absl::IsUnauthenticated(cluster_.MayCall(both)));
}

TEST_F(AccessTest, KnowsServicesByTheirCertificates) {
  EXPECT_TRUE(absl::IsPermissionDenied(cluster_.MayCall(Certificate("svc/gateway"))));
  EXPECT_TRUE(absl::IsPermissionDenied(cluster_.MayCall(Certificate("hub/h"))));
  EXPECT_TRUE(cluster_.MayCall(Certificate("svc/exercise")).ok());
}

TEST_F(AccessTest, BelievesTerminalsOnTheirOwnMachineOnly) {
  EXPECT_TRUE(local_.MayCall(Certificate("svc/terminal")).ok());
  EXPECT_TRUE(absl::IsUnauthenticated(cluster_.MayCall(Certificate("svc/terminal"))));
}

TEST_F(AccessTest, LetsEverybodySpeakForThemselvesOnly) {
  EXPECT_EQ(*cluster_.CaregiverOf(Token("anne"), ""), "of-anne");
  EXPECT_EQ(*cluster_.CaregiverOf(Token("anne"), "of-anne"), "of-anne");
  EXPECT_TRUE(absl::IsPermissionDenied(cluster_.CaregiverOf(Token("anne"), "marc").status()));
  EXPECT_TRUE(absl::IsPermissionDenied(cluster_.CaregiverOf(Token("olga"), "marc").status()));
  EXPECT_TRUE(
      absl::IsPermissionDenied(cluster_.CaregiverOf(Certificate("svc/exercise"), "marc").status()));
  EXPECT_EQ(*cluster_.CaregiverOf(Certificate("svc/exercise"), ""), kExerciseHome);
  EXPECT_EQ(*local_.CaregiverOf(Certificate("svc/terminal"), "marc"), "marc");
}

TEST_F(AccessTest, EndsStreamsOfWhoIsSignedOutAndNoOthers) {
  EXPECT_TRUE(cluster_.MayStay(Token("anne", "")).ok());
  book_->away = true;
  EXPECT_TRUE(cluster_.MayStay(Token("anne", "")).ok());
  EXPECT_TRUE(absl::IsUnavailable(cluster_.MayCall(Token("anne"))));
  book_->away = false;
  book_->roles.clear();
  EXPECT_TRUE(absl::IsUnauthenticated(cluster_.MayStay(Token("anne", ""))));
}

TEST_F(AccessTest, BelievesEverybodyOnlyWithoutTls) {
  const Access plain({nullptr, true, true});
  EXPECT_EQ(*plain.CaregiverOf({}, "marc"), "marc");
  EXPECT_TRUE(absl::IsUnauthenticated(plain.Identify(Token("anne")).status()));
  EXPECT_FALSE(cluster_.CaregiverOf({}, "marc").ok());
}

}  // namespace
}  // namespace veille::domain
