// The use cases of accounts on a virtual clock, with a store in memory.

#include "services/identity/app/account_desk.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "common/base/timestamp.h"
#include "common/crypto/totp.h"
#include "services/domain/identity/enrollment_code.h"
#include "services/domain/recordings/recording.h"
#include "services/identity/core/glass.h"
#include "services/identity/core/passwords.h"
#include "services/identity/core/throttle.h"
#include "tests/support/base32.h"
#include "tests/unit/identity/fake_account_store.h"

namespace veille::identity {
namespace {

using ::testing::HasSubstr;
using veille::testing::FromBase32;

constexpr char kPassword[] = "une phrase bien longue";
constexpr char kHome[] = "192.0.2.1";

class AccountDeskTest : public ::testing::Test {
 protected:
  AccountDeskTest() : desk_(Options(), store_) {}

  AccountOptions Options() {
    AccountOptions options;
    care::v1::Home home = domain::MakeHome("h", "Europe/Paris");
    home.mutable_patients(0)->set_display_name("Marguerite Vandenbroucke");
    care::v1::Member& member = *home.mutable_patients(0)->mutable_circle()->add_members();
    member.set_caregiver_id("anne-marie");
    member.set_display_name("Anne-Marie Quesnoy");
    options.registry = *domain::Registry::Make({std::move(home)});
    options.clock = options.service_clock = clock_;
    options.random = &random_;
    options.cost = {16, 8, 1};
    options.pin = [] { return std::string(domain::kSecretCharacters, '0'); };
    options.record = [this](const store::v1::AuditEntry& entry) {
      book_.push_back(entry.action());
      return recorded_;
    };
    options.tell = [this](const store::v1::Finding& finding) {
      told_.push_back(finding);
      return absl::OkStatus();
    };
    return options;
  }

  static domain::Caller Admin() { return {domain::Principal::kAdmin, "operator", ""}; }
  static domain::Caller CallerOf(const account::v1::SignedIn& signed_in) {
    return {domain::Principal::kCaregiver, signed_in.account_id(), signed_in.session_id()};
  }

  std::string InviteSecret(const std::string& id,
                           account::v1::Role role = account::v1::ROLE_CAREGIVER) {
    const auto code = desk_.Invite(Admin(), id, role, absl::ZeroDuration());
    EXPECT_TRUE(code.ok()) << code.status();
    return domain::ParseEnrollmentCode(code->text)->secret;
  }
  absl::StatusOr<account::v1::SignedIn> Accept(const std::string& secret,
                                               const std::string& password = kPassword) {
    account::v1::AcceptInvitationRequest request;
    request.set_secret(secret);
    request.set_password(password);
    request.set_device("phone");
    return desk_.Accept(request, kHome);
  }
  account::v1::SignedIn Open(const std::string& id) {
    const auto signed_in = Accept(InviteSecret(id));
    EXPECT_TRUE(signed_in.ok()) << signed_in.status();
    return *signed_in;
  }
  absl::StatusOr<account::v1::SignedIn> SignIn(const std::string& id,
                                               const std::string& password = kPassword,
                                               const std::string& code = "",
                                               const std::string& address = kHome) {
    account::v1::SignInRequest request;
    request.set_account_id(id);
    request.set_password(password);
    request.set_totp_code(code);
    request.set_device("tablet");
    return desk_.SignIn(request, address);
  }
  bool IsSignedIn(const account::v1::SignedIn& signed_in) const {
    return store_.Session(signed_in.token()) != nullptr;
  }

  // Whether a one-time code was seen with it.
  bool IsProved(const account::v1::SignedIn& signed_in) const {
    const auto* session = store_.Session(signed_in.token());
    return session != nullptr && session->second_factor();
  }

  std::shared_ptr<VirtualClock> clock_ =
      std::make_shared<VirtualClock>(absl::FromUnixSeconds(1'800'000'000));
  SeededRandom random_{7};
  testing::FakeAccountStore store_{clock_};
  std::vector<std::string> book_;
  std::vector<store::v1::Finding> told_;
  absl::Status recorded_;
  AccountDesk desk_;
};

TEST_F(AccountDeskTest, OpensAnAccountWithACodeOnce) {
  const std::string secret = InviteSecret("anne");
  const auto signed_in = Accept(secret);
  ASSERT_TRUE(signed_in.ok()) << signed_in.status();
  EXPECT_EQ(signed_in->account_id(), "anne");
  EXPECT_TRUE(IsSignedIn(*signed_in));
  EXPECT_TRUE(absl::IsPermissionDenied(Accept(secret).status()));
  EXPECT_THAT(book_, ::testing::ElementsAre("account.invite", "account.accept", "account.sign_in"));
}

TEST_F(AccountDeskTest, KeepsADigestOfTheTokenOnly) {
  const account::v1::SignedIn signed_in = Open("anne");
  EXPECT_GE(signed_in.token().size(), 43U);  // 256 bits.
  for (const auto& [digest, session] : store_.sessions())
    EXPECT_EQ((digest + session.SerializeAsString()).find(signed_in.token()), std::string::npos);
}

TEST_F(AccountDeskTest, OpensAnAccountWithItsNewestCodeOnly) {
  const std::string first = InviteSecret("anne");
  const std::string second = InviteSecret("anne", account::v1::ROLE_OPERATOR);
  EXPECT_TRUE(absl::IsPermissionDenied(Accept(first).status()));
  EXPECT_EQ(Accept(second)->role(), account::v1::ROLE_OPERATOR);
}

TEST_F(AccountDeskTest, TakesNoCodeAfterItsTime) {
  const std::string secret = InviteSecret("anne");
  clock_->Advance(absl::Hours(73));
  EXPECT_TRUE(absl::IsPermissionDenied(Accept(secret).status()));
}

TEST_F(AccountDeskTest, DoesNotUseUpACodeForAWeakPassword) {
  const std::string secret = InviteSecret("anne-marie");
  for (const char* weak : {"short", "aaaaaaaaaaaaaaa", "motdepasse123", "Anne-Marie for ever"})
    EXPECT_TRUE(absl::IsInvalidArgument(Accept(secret, weak).status())) << weak;
  clock_->Advance(absl::Minutes(2));
  EXPECT_TRUE(Accept(secret).ok());
}

TEST_F(AccountDeskTest, TakesNoNamesOfTheCircleForAPassword) {
  for (const char* known : {"Vandenbroucke1950", "quesnoymarguerite"}) {
    EXPECT_TRUE(Accept(InviteSecret("somebody"), known).ok()) << known;
    EXPECT_TRUE(absl::IsInvalidArgument(Accept(InviteSecret("anne-marie"), known).status()))
        << known;
    ASSERT_TRUE(desk_.Remove(Admin(), "somebody").ok());
  }
}

TEST_F(AccountDeskTest, SaysTheSameOfEverythingThatIsWrong) {
  Open("anne");
  const absl::Status wrong = SignIn("anne", "une autre phrase").status();
  EXPECT_TRUE(absl::IsUnauthenticated(wrong));
  EXPECT_EQ(SignIn("nobody").status(), wrong);
  InviteSecret("marc");
  EXPECT_EQ(SignIn("marc").status(), wrong);
}

TEST_F(AccountDeskTest, MakesGuessersWaitForLongerAndNobodyForEver) {
  Open("anne");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(absl::IsUnauthenticated(SignIn("anne", "x").status()));
  EXPECT_TRUE(absl::IsResourceExhausted(SignIn("anne").status()));
  clock_->Advance(absl::Seconds(1));
  EXPECT_TRUE(absl::IsUnauthenticated(SignIn("anne", "x").status()));
  clock_->Advance(absl::Seconds(1));
  const absl::Status waits = SignIn("anne").status();
  EXPECT_THAT(std::string(waits.message()), HasSubstr("wait for 1 s"));
  for (int i = 0; i < 8; ++i) {
    clock_->Advance(absl::Minutes(1));
    EXPECT_TRUE(absl::IsUnauthenticated(
        SignIn("anne", "x", "", "192.0.2." + std::to_string(10 + i)).status()));
  }
  // However often somebody guessed, its owner waits for a minute.
  EXPECT_TRUE(absl::IsResourceExhausted(SignIn("anne").status()));
  clock_->Advance(absl::Minutes(1));
  EXPECT_TRUE(SignIn("anne").ok());
  // And then begins anew.
  EXPECT_TRUE(absl::IsUnauthenticated(SignIn("anne", "x").status()));
  EXPECT_TRUE(SignIn("anne").ok());
}

// Devices ask for the code once they are told that it is wanted.
TEST_F(AccountDeskTest, AsksForACodeWithoutCountingAWrongTry) {
  const account::v1::SignedIn anne = Open("anne");
  const auto enabled = desk_.EnableTotp(CallerOf(anne), kPassword, kHome);
  ASSERT_TRUE(enabled.ok()) << enabled.status();
  const std::string secret = FromBase32(enabled->secret());
  const auto code = [&] { return Hotp(secret, TotpStep(clock_->Now())); };
  ASSERT_TRUE(desk_.ConfirmTotp(CallerOf(anne), code(), kHome).ok());
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(absl::IsUnauthenticated(SignIn("anne").status())) << i;
  clock_->Advance(absl::Seconds(30));
  EXPECT_TRUE(SignIn("anne", kPassword, code()).ok());
  // Wrong codes are wrong tries, whatever was asked between them.
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(absl::IsUnauthenticated(SignIn("anne").status()));
    EXPECT_TRUE(absl::IsUnauthenticated(SignIn("anne", kPassword, "000000").status()));
  }
  EXPECT_TRUE(absl::IsResourceExhausted(SignIn("anne", kPassword, "000000").status()));
  // After them the wait is one for both halves of a sign-in.
  clock_->Advance(absl::Minutes(1));
  EXPECT_TRUE(absl::IsUnauthenticated(SignIn("anne").status()));
  EXPECT_TRUE(SignIn("anne", kPassword, code()).ok());
}

TEST_F(AccountDeskTest, AsksForACodeWhereItIsWantedAndTakesItOnce) {
  const account::v1::SignedIn anne = Open("anne");
  const auto enabled = desk_.EnableTotp(CallerOf(anne), kPassword, kHome);
  ASSERT_TRUE(enabled.ok()) << enabled.status();
  const std::string secret = FromBase32(enabled->secret());
  const auto code = [&] { return Hotp(secret, TotpStep(clock_->Now())); };
  EXPECT_TRUE(SignIn("anne").ok());  // Not before the app is seen to work.
  EXPECT_TRUE(absl::IsUnauthenticated(desk_.ConfirmTotp(CallerOf(anne), "000000", kHome)));
  ASSERT_TRUE(desk_.ConfirmTotp(CallerOf(anne), code(), kHome).ok());
  EXPECT_THAT(std::string(SignIn("anne").status().message()), HasSubstr("one-time code"));
  // The step that confirmed is used up.
  EXPECT_TRUE(absl::IsUnauthenticated(SignIn("anne", kPassword, code()).status()));
  clock_->Advance(absl::Seconds(30));
  const std::string once = code();
  EXPECT_TRUE(SignIn("anne", kPassword, once).ok());
  EXPECT_TRUE(absl::IsUnauthenticated(SignIn("anne", kPassword, once).status()));
  clock_->Advance(absl::Seconds(30));
  EXPECT_TRUE(
      absl::IsUnauthenticated(desk_.DisableTotp(CallerOf(anne), "wrong password", code(), kHome)));
  ASSERT_TRUE(desk_.DisableTotp(CallerOf(anne), kPassword, code(), kHome).ok());
  EXPECT_TRUE(SignIn("anne").ok());
}

TEST_F(AccountDeskTest, WantsASecondFactorOfOperators) {
  const auto opened = Accept(InviteSecret("olga", account::v1::ROLE_OPERATOR));
  ASSERT_TRUE(opened.ok()) << opened.status();
  const domain::Caller olga = CallerOf(*opened);
  const account::v1::SignedIn other = *SignIn("olga");
  EXPECT_TRUE(opened->must_enroll_totp());
  EXPECT_FALSE(IsProved(*opened));
  const std::string secret = FromBase32(desk_.EnableTotp(olga, kPassword, kHome)->secret());
  const auto code = [&] { return Hotp(secret, TotpStep(clock_->Now())); };
  EXPECT_FALSE(IsProved(*opened));
  ASSERT_TRUE(desk_.ConfirmTotp(olga, code(), kHome).ok());
  EXPECT_TRUE(IsProved(*opened));
  // Another device has shown none.
  EXPECT_FALSE(IsProved(other));
  clock_->Advance(absl::Minutes(1));
  const auto again = SignIn("olga", kPassword, code());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_FALSE(again->must_enroll_totp());
  EXPECT_TRUE(IsProved(*again));
  // Another app: by what is left nothing can be done but to set it up.
  clock_->Advance(absl::Minutes(1));
  ASSERT_TRUE(desk_.DisableTotp(olga, kPassword, code(), kHome).ok());
  EXPECT_FALSE(IsProved(*opened));
  EXPECT_FALSE(IsSignedIn(*again));
}

TEST_F(AccountDeskTest, WantsASecondFactorOfNobodyElse) {
  EXPECT_FALSE(Open("anne").must_enroll_totp());
  AccountOptions options = Options();
  options.operators_without_second_factor = true;
  AccountDesk without(options, store_);
  account::v1::AcceptInvitationRequest request;
  request.set_secret(InviteSecret("olga", account::v1::ROLE_OPERATOR));
  request.set_password(kPassword);
  EXPECT_FALSE(without.Accept(request, kHome)->must_enroll_totp());
}

TEST_F(AccountDeskTest, SignsALostPhoneOutInOneAction) {
  const account::v1::SignedIn phone = Open("anne");
  const account::v1::SignedIn tablet = *SignIn("anne");
  EXPECT_EQ(desk_.Sessions(CallerOf(tablet), "")->size(), 2U);
  EXPECT_EQ(*desk_.Revoke(CallerOf(tablet), "", phone.session_id()), 1);
  EXPECT_FALSE(IsSignedIn(phone));
  EXPECT_TRUE(IsSignedIn(tablet));
  EXPECT_TRUE(absl::IsNotFound(desk_.Revoke(CallerOf(tablet), "", phone.session_id()).status()));
}

TEST_F(AccountDeskTest, SignsEverythingElseOutAtOnce) {
  const account::v1::SignedIn first = Open("anne");
  const account::v1::SignedIn second = *SignIn("anne"), third = *SignIn("anne");
  EXPECT_EQ(*desk_.Revoke(CallerOf(third), "", ""), 2);
  EXPECT_FALSE(IsSignedIn(first));
  EXPECT_FALSE(IsSignedIn(second));
  EXPECT_TRUE(IsSignedIn(third));
}

TEST_F(AccountDeskTest, LetsNobodyButOperatorsTouchAnotherAccount) {
  const account::v1::SignedIn anne = Open("anne"), marc = Open("marc");
  EXPECT_TRUE(absl::IsNotFound(desk_.Sessions(CallerOf(marc), "anne").status()));
  EXPECT_TRUE(absl::IsNotFound(desk_.Revoke(CallerOf(marc), "anne", anne.session_id()).status()));
  EXPECT_TRUE(absl::IsNotFound(desk_.Revoke(CallerOf(marc), "", anne.session_id()).status()));
  EXPECT_TRUE(IsSignedIn(anne));
  EXPECT_EQ(*desk_.Revoke(Admin(), "anne", ""), 1);
  EXPECT_TRUE(absl::IsNotFound(desk_.Revoke(Admin(), "nobody", "").status()));
  EXPECT_FALSE(IsSignedIn(anne));
}

TEST_F(AccountDeskTest, SignsOutTheOthersWhenThePasswordChanges) {
  const account::v1::SignedIn phone = Open("anne");
  const account::v1::SignedIn tablet = *SignIn("anne");
  account::v1::ChangePasswordRequest request;
  request.set_password("not that one");
  request.set_new_password("une phrase toute neuve");
  EXPECT_TRUE(absl::IsUnauthenticated(desk_.ChangePassword(CallerOf(tablet), request, kHome)));
  request.set_password(kPassword);
  ASSERT_TRUE(desk_.ChangePassword(CallerOf(tablet), request, kHome).ok());
  EXPECT_FALSE(IsSignedIn(phone));
  EXPECT_TRUE(IsSignedIn(tablet));
  EXPECT_TRUE(absl::IsUnauthenticated(SignIn("anne").status()));
  EXPECT_TRUE(SignIn("anne", "une phrase toute neuve").ok());
}

TEST_F(AccountDeskTest, RecoversAnAccountWithANewCode) {
  const account::v1::SignedIn lost = Open("anne");
  const auto code = desk_.Reset(Admin(), "anne");
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_FALSE(IsSignedIn(lost));
  EXPECT_TRUE(absl::IsUnauthenticated(SignIn("anne").status()));
  EXPECT_TRUE(Accept(domain::ParseEnrollmentCode(code->text)->secret, "encore une phrase").ok());
  EXPECT_TRUE(absl::IsNotFound(desk_.Reset(Admin(), "nobody").status()));
}

TEST_F(AccountDeskTest, RemovesAnAccountWithItsDevices) {
  const account::v1::SignedIn anne = Open("anne");
  ASSERT_TRUE(desk_.Remove(Admin(), "anne").ok());
  EXPECT_FALSE(IsSignedIn(anne));
  EXPECT_TRUE(absl::IsUnauthenticated(SignIn("anne").status()));
  EXPECT_TRUE(desk_.List()->empty());
}

TEST_F(AccountDeskTest, MakesRoomForADeviceInPlaceOfTheOldest) {
  const account::v1::SignedIn oldest = Open("anne");
  for (int i = 0; i < 20; ++i) {
    clock_->Advance(absl::Seconds(1));
    ASSERT_TRUE(SignIn("anne").ok());
  }
  EXPECT_EQ(store_.sessions().size(), 20U);
  EXPECT_FALSE(IsSignedIn(oldest));
}

TEST_F(AccountDeskTest, DoesNotInviteWhoHasAnAccount) {
  Open("anne");
  EXPECT_TRUE(absl::IsAlreadyExists(
      desk_.Invite(Admin(), "anne", account::v1::ROLE_OPERATOR, absl::ZeroDuration()).status()));
  for (const char* id : {"", "a b", "../x"})
    EXPECT_TRUE(absl::IsInvalidArgument(
        desk_.Invite(Admin(), id, account::v1::ROLE_CAREGIVER, absl::ZeroDuration()).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      desk_.Invite(Admin(), "b", account::v1::ROLE_UNSPECIFIED, absl::ZeroDuration()).status()));
}

TEST_F(AccountDeskTest, TellsTheCircleBeforeTheGlassIsBroken) {
  const domain::Caller responder{domain::Principal::kResponder, "rita", "s"};
  const auto until =
      desk_.BreakGlass(responder, "person-h", "Voisine au téléphone : elle ne répond pas");
  ASSERT_TRUE(until.ok()) << until.status();
  EXPECT_EQ(*until, clock_->Now() + absl::Hours(1));
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0].rule_key(), "BREAK_GLASS");
  EXPECT_EQ(told_[0].home_id(), "h");
  EXPECT_THAT(told_[0].reason().en(), HasSubstr("Voisine"));
  EXPECT_THAT(book_, ::testing::ElementsAre("account.break_glass"));
  EXPECT_THAT(store_.glasses, ::testing::ElementsAre(std::pair("rita", "person-h")));
}

TEST_F(AccountDeskTest, BreaksNoGlassThatCannotBeRecorded) {
  recorded_ = absl::UnavailableError("no Redis");
  const domain::Caller responder{domain::Principal::kResponder, "rita", "s"};
  EXPECT_FALSE(desk_.BreakGlass(responder, "person-h", "a reason that will do").ok());
  EXPECT_TRUE(told_.empty());
  EXPECT_TRUE(store_.glasses.empty());
}

TEST_F(AccountDeskTest, WantsAReasonAndAPerson) {
  const domain::Caller responder{domain::Principal::kResponder, "rita", "s"};
  EXPECT_TRUE(absl::IsInvalidArgument(desk_.BreakGlass(responder, "person-h", "").status()));
  EXPECT_TRUE(
      absl::IsInvalidArgument(desk_.BreakGlass(responder, "person-h", "two\nlines here").status()));
  EXPECT_TRUE(
      absl::IsNotFound(desk_.BreakGlass(responder, "nobody", "a reason that will do").status()));
}

TEST(Throttle, GrowsUntilItsMostAndForgets) {
  const absl::Time start = absl::FromUnixSeconds(1'800'000'000);
  Tries tries;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(WaitOf(kOfAccount, tries, start), absl::ZeroDuration());
    tries = Tried(kOfAccount, tries, start);
  }
  for (const int seconds : {1, 2, 4, 8, 16, 32, 60, 60}) {
    EXPECT_EQ(WaitOf(kOfAccount, tries, start), absl::Seconds(seconds));
    tries = Tried(kOfAccount, tries, start);
  }
  EXPECT_EQ(WaitOf(kOfAccount, tries, start + absl::Minutes(1)), absl::ZeroDuration());
  EXPECT_EQ(Tried(kOfAccount, tries, start + absl::Minutes(30)).count, 1);
  // A clock that went back.
  EXPECT_EQ(WaitOf(kOfAccount, tries, start - absl::Hours(1)), absl::Minutes(1));
}

TEST(Glass, IsToldAsOneAlertEachTime) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const Glass glass{"h", "person-h", "rita", "The neighbour calls"};
  const store::v1::Finding first = GlassFinding(glass, now);
  EXPECT_EQ(first.patient_id(), "person-h");
  EXPECT_EQ(first.alert_id().substr(0, 2), "h.");
  EXPECT_EQ(first.alert_id(), GlassFinding(glass, now).alert_id());
  EXPECT_NE(first.alert_id(), GlassFinding(glass, now + absl::Seconds(1)).alert_id());
  EXPECT_THAT(first.reason().fr(), HasSubstr("The neighbour calls"));
}

TEST(Passwords, HaveTwelveCharactersOfAnyAlphabet) {
  EXPECT_TRUE(CheckNewPassword("où êtes-vous", "anne").ok());
  EXPECT_FALSE(CheckNewPassword("où êtes-vou", "anne").ok());
  EXPECT_FALSE(CheckNewPassword(std::string(129, 'x'), "anne").ok());
}

TEST(Passwords, AreTakenWholeAndAsTheyCome) {
  const std::string long_one =
      "  Seize tours d'horloge, Une lampe, et le chat du voisin qui rentre tard  ";
  ASSERT_GT(long_one.size(), 72U);
  EXPECT_TRUE(CheckNewPassword(long_one, "anne").ok());
  const ScryptCost cheap{.n = 16, .r = 8, .p = 1};
  const store::v1::PasswordHash hash = HashPassword(long_one, std::string(16, 's'), cheap);
  EXPECT_TRUE(IsPassword(long_one, hash));
  for (const std::string& other : {long_one.substr(2), long_one.substr(0, long_one.size() - 1),
                                   long_one + " ", absl::AsciiStrToLower(long_one)})
    EXPECT_FALSE(IsPassword(other, hash)) << other;
}

TEST(Passwords, AreNotWhatIsTriedFirst) {
  for (const char* common :
       {"123456789012", "password1234", "1qaz2wsx3edc", "administrator", "iloveyou1234",
        "P@ssw0rd2024!", "abcdefghijkl", "qwertyuiopasdf", "motdepasse1234", "azertyuiop123",
        "Azertyuiopqsdfghjklm", "&é\"'(-è_çàaz", "administrateur", "Septembre2026!", "Veille2026!!",
        "soleilsoleil", "marseille13000"}) {
    const absl::Status refused = CheckNewPassword(common, "somebody");
    EXPECT_TRUE(absl::IsInvalidArgument(refused)) << common;
    EXPECT_THAT(std::string(refused.message()), HasSubstr("too easy to guess")) << common;
  }
}

TEST(Passwords, AreNotNamesWithAYear) {
  const std::vector<std::string> names = {"Hélène Vandenbroucke", "Théo Quesnoy"};
  for (const char* personal : {"Helenevandenbroucke1950", "hélène-theo-1950", "Quesnoyquesnoy80"})
    EXPECT_FALSE(CheckNewPassword(personal, "h.v", names).ok()) << personal;
  EXPECT_TRUE(CheckNewPassword("Helenevandenbroucke1950", "somebody").ok());
}

TEST(Passwords, AreGoodAsAFewWordsOfOnesOwn) {
  for (const char* good :
       {"girafe souvent lundi citron", "quatre chevaux bleus dansent", "éléphant à Noël, ma tante",
        "tisane Verveine marteau", "correct horse battery staple", "hX7-qq2mB.ze9"})
    EXPECT_TRUE(CheckNewPassword(good, "anne", {"Anne Durand"}).ok()) << good;
}

}  // namespace
}  // namespace veille::identity
