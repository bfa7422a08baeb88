// Arbitrary requests of AccountService: the method's name, a line break, the request in text
// format. Refused with a reason or carried out; nobody gets in, and what is kept can be read.

#include <cstdint>
#include <memory>
#include <string>

#include "veille/account/v1/account_service.pb.h"

#include "common/base/check.h"
#include "services/identity/app/account_desk.h"
#include "tests/fuzz/request_text.h"
#include "tests/unit/identity/fake_account_store.h"

namespace {

using veille::identity::AccountDesk;

template <typename Request, typename Ask>
void With(const std::string& text, Ask ask) {
  Request request;
  if (veille::fuzz::ParseRequest(text, request)) ask(request);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace v1 = veille::account::v1;
  const auto input = veille::fuzz::SplitRequest(data, size);
  if (!input.has_value()) return 0;
  const std::string &method = input->method, &text = input->text;

  const auto clock = std::make_shared<veille::VirtualClock>(absl::FromUnixSeconds(1'800'000'000));
  veille::testing::FakeAccountStore store(clock);
  veille::SeededRandom random(1);
  veille::identity::AccountOptions options;
  options.registry = *veille::domain::Registry::Make({});
  options.clock = options.service_clock = clock;
  options.random = &random;
  options.cost = {2, 1, 1};
  options.pin = [] { return std::string(16, '0'); };
  options.record = [](const veille::store::v1::AuditEntry&) { return absl::OkStatus(); };
  options.tell = [](const veille::store::v1::Finding&) { return absl::OkStatus(); };
  AccountDesk desk(options, store);
  const veille::domain::Caller admin{veille::domain::Principal::kAdmin, "operator", ""};
  const veille::domain::Caller anne{veille::domain::Principal::kCaregiver, "anne", "s"};
  VEILLE_CHECK(desk.Invite(admin, "anne", v1::ROLE_CAREGIVER, absl::ZeroDuration()).ok());

  if (method == "Invite")
    With<v1::InviteRequest>(text, [&](const auto& r) {
      desk.Invite(admin, r.account_id(), r.role(), absl::Seconds(r.lifetime().seconds()))
          .status()
          .IgnoreError();
    });
  if (method == "AcceptInvitation")
    With<v1::AcceptInvitationRequest>(
        text, [&](const auto& r) { VEILLE_CHECK(!desk.Accept(r, "address").ok()); });
  if (method == "SignIn")
    With<v1::SignInRequest>(text,
                            [&](const auto& r) { VEILLE_CHECK(!desk.SignIn(r, "address").ok()); });
  if (method == "RevokeSessions")
    With<v1::RevokeSessionsRequest>(text, [&](const auto& r) {
      desk.Revoke(anne, r.account_id(), r.session_id()).status().IgnoreError();
      desk.Revoke(admin, r.account_id(), r.session_id()).status().IgnoreError();
    });
  if (method == "ListSessions")
    With<v1::ListSessionsRequest>(
        text, [&](const auto& r) { desk.Sessions(anne, r.account_id()).status().IgnoreError(); });
  if (method == "ChangePassword")
    With<v1::ChangePasswordRequest>(
        text, [&](const auto& r) { VEILLE_CHECK(!desk.ChangePassword(anne, r, "address").ok()); });
  if (method == "SignOut")
    With<v1::SignOutRequest>(text, [&](const auto&) { desk.SignOut(anne).IgnoreError(); });
  if (method == "EnableTotp")
    With<v1::EnableTotpRequest>(text, [&](const auto& r) {
      VEILLE_CHECK(!desk.EnableTotp(anne, r.password(), "address").ok());
    });
  if (method == "DisableTotp")
    With<v1::DisableTotpRequest>(text, [&](const auto& r) {
      VEILLE_CHECK(!desk.DisableTotp(anne, r.password(), r.totp_code(), "address").ok());
    });
  if (method == "RemoveAccount")
    With<v1::RemoveAccountRequest>(
        text, [&](const auto& r) { desk.Remove(admin, r.account_id()).IgnoreError(); });
  if (method == "ListAccounts")
    With<v1::ListAccountsRequest>(text, [&](const auto&) { VEILLE_CHECK(desk.List().ok()); });
  if (method == "ConfirmTotp")
    With<v1::ConfirmTotpRequest>(text, [&](const auto& r) {
      VEILLE_CHECK(!desk.ConfirmTotp(anne, r.totp_code(), "address").ok());
    });
  if (method == "ResetAccount")
    With<v1::ResetAccountRequest>(
        text, [&](const auto& r) { desk.Reset(admin, r.account_id()).status().IgnoreError(); });
  if (method == "BreakGlass")
    With<v1::BreakGlassRequest>(text, [&](const auto& r) {
      VEILLE_CHECK(!desk.BreakGlass(anne, r.patient_id(), r.reason()).ok());
    });
  VEILLE_CHECK(store.sessions().empty());
  const auto accounts = desk.List();
  for (const auto& account : *accounts) VEILLE_CHECK(account.format() == 1);
  return 0;
}
