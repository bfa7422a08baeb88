// veille account …: invitations, sign-ins, devices, passwords, one-time codes, recovery.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>

#include "absl/flags/flag.h"
#include <grpcpp/grpcpp.h>
#include <termios.h>
#include <unistd.h>

#include "veille/account/v1/account_service.grpc.pb.h"

#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/rpc/bearer.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "services/client/commands.h"
#include "services/client/flags.h"
#include "services/client/fresh_roots.h"
#include "services/client/sign_in.h"
#include "services/domain/identity/enrollment_code.h"
#include "services/hub/enrolled_hub.h"

ABSL_DECLARE_FLAG(std::string, identity);
ABSL_DECLARE_FLAG(absl::Duration, lifetime);
ABSL_DECLARE_FLAG(std::string, reason);
ABSL_DECLARE_FLAG(std::string, tls_ca);
ABSL_FLAG(std::string, device, "", "account accept, sign-in: what you call this device.");
ABSL_FLAG(std::string, account, "",
          "account sessions, revoke: of that account; for operators. Default: your own.");

namespace veille::client {
namespace {

using account::v1::AccountService;
using Words = std::vector<std::string>;

constexpr char kUsage[] =
    "usage: veille account WORD [--identity HOST:PORT] [--caregiver ID]\n"
    "  accept CODE        opens your account with the code that you were given, signs you in here\n"
    "  sign-in ID         signs this device in\n"
    "  sign-out           signs it out\n"
    "  sessions           the devices that are signed in\n"
    "  revoke SESSION     signs one of them out, a lost phone; revoke all: all but this one\n"
    "  password           changes the password, signs out every other device\n"
    "  totp on|off        one-time codes of an authenticator app; operators must have them\n"
    "  break-glass PATIENT --reason TEXT\n"
    "                     in an emergency: an hour's access to somebody's alerts and records;\n"
    "                     the circle is told at once (responders and operators)\n"
    "for operators:\n"
    "  invite ID [caregiver|responder|operator]   a code that opens an account, once\n"
    "  reset ID           recovery: no password, every device signed out, a new code\n"
    "  remove ID, list\n"
    "Passwords and codes are asked for, or read from standard input, a line each.";

constexpr absl::Duration kPatience = absl::Seconds(30);

SignIns OwnSignIns() { return SignIns(DataFolder() + "/account"); }

// Unseen at a terminal.
std::string Ask(const char* what) {
  const bool terminal = isatty(STDIN_FILENO) == 1;
  termios before = {};
  if (terminal && tcgetattr(STDIN_FILENO, &before) == 0) {
    std::fprintf(stderr, "%s: ", what);
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &silent);
  }
  std::string line;
  std::getline(std::cin, line);
  if (terminal) {
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    std::fputs("\n", stderr);
  }
  return line;
}

absl::StatusOr<std::string> AskNewPassword() {
  std::string password = Ask("new password, at least 12 characters");
  if (isatty(STDIN_FILENO) == 1 && Ask("again") != password)
    return absl::InvalidArgumentError("the passwords differ");
  return password;
}

// How we reach the service before we have a token: the roots of an earlier sign-in, of --tls_ca, or
// of the authority that is kept here.
absl::StatusOr<std::shared_ptr<grpc::Channel>> FirstChannel() {
  const SignIns own = OwnSignIns();
  if (!own.Tls("").any()) {
    std::string roots = absl::GetFlag(FLAGS_tls_ca);
    if (roots.empty()) roots = DataFolder() + "/identity/trusted.pem";
    const absl::StatusOr<std::string> pem = ReadFile(roots);
    if (!pem.ok()) {
      return absl::FailedPreconditionError(
          "the service's roots are not known here: name them with --tls_ca FILE");
    }
    VEILLE_RETURN_IF_ERROR(own.StoreRoots(*pem));
  }
  return rpc::MakeChannel(absl::GetFlag(FLAGS_identity), own.Tls("svc/identity"));
}

template <typename Response, typename Request, typename Method>
absl::StatusOr<Response> CallOver(const std::shared_ptr<grpc::Channel>& channel, Method method,
                                  const Request& request, const std::string& token = "") {
  const auto stub = AccountService::NewStub(channel);
  grpc::ClientContext context;
  rpc::ShowBearer(token, context);
  context.set_deadline(rpc::DeadlineAfter(kPatience));
  Response response;
  const absl::Status status = rpc::FromGrpc(((*stub).*method)(&context, request, &response));
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) {
    return absl::UnavailableError("the identity service at " + absl::GetFlag(FLAGS_identity) +
                                  " does not answer (" + std::string(status.message()) +
                                  "): --identity HOST:PORT names another");
  }
  if (!status.ok()) return status;
  return response;
}

// As whoever is signed in here.
template <typename Response, typename Request, typename Method>
absl::StatusOr<Response> Call(Method method, const Request& request) {
  const std::string id = absl::GetFlag(FLAGS_caregiver);
  const std::optional<account::v1::SignedIn> own = OwnSignIns().Find(id);
  if (!own.has_value()) {
    return absl::UnauthenticatedError(
        id.empty()
            ? "sign in first: veille account sign-in ID; of several sign-ins, --caregiver ID "
              "names one"
            : id + " is not signed in here: veille account sign-in " + id);
  }
  VEILLE_ASSIGN_OR_RETURN(const auto channel, FirstChannel());
  return CallOver<Response>(channel, method, request, own->token());
}

template <typename Response, typename Request, typename Method>
absl::StatusOr<Response> CallAsOperator(Method method, const Request& request) {
  VEILLE_ASSIGN_OR_RETURN(const Speaker speaker, OperatorFromFlags("svc/identity"));
  VEILLE_ASSIGN_OR_RETURN(const auto channel,
                          rpc::MakeChannel(absl::GetFlag(FLAGS_identity), speaker.tls));
  return CallOver<Response>(channel, method, request, speaker.token);
}

std::string Moment(const google::protobuf::Timestamp& stamp) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", ToTime(stamp), absl::UTCTimeZone());
}

void ShowCode(const std::string& code, const google::protobuf::Timestamp& expires) {
  if (JsonFromFlags()) {
    std::printf("{\"code\":%s,\"expire_time\":%s}\n", JsonString(code).c_str(),
                JsonString(Moment(expires)).c_str());
    return;
  }
  std::printf("%s\n", code.c_str());
  std::fprintf(stderr, "veille: once, until %s, where the person is: veille account accept CODE\n",
               Moment(expires).c_str());
}

absl::Status Keep(const account::v1::SignedIn& signed_in) {
  VEILLE_RETURN_IF_ERROR(OwnSignIns().Store(signed_in));
  std::fprintf(stderr, "veille: %s is signed in here, until %s at the latest\n",
               signed_in.account_id().c_str(), Moment(signed_in.expire_time()).c_str());
  if (signed_in.must_enroll_totp()) {
    std::fputs(
        "veille: operators sign in with a second factor: nothing else may be done here before "
        "'veille account totp on'\n",
        stderr);
  }
  return absl::OkStatus();
}

std::string DeviceName() {
  if (const std::string name = absl::GetFlag(FLAGS_device); !name.empty()) return name;
  char host[65] = {};
  return gethostname(host, sizeof(host) - 1) == 0 ? host : "terminal";
}

absl::StatusOr<account::v1::Role> RoleOf(const std::string& word) {
  if (word == "caregiver") return account::v1::ROLE_CAREGIVER;
  if (word == "responder") return account::v1::ROLE_RESPONDER;
  if (word == "operator") return account::v1::ROLE_OPERATOR;
  return absl::InvalidArgumentError("'" + word + "' is neither caregiver, responder nor operator");
}

const char* WordOf(account::v1::Role role) {
  switch (role) {
    case account::v1::ROLE_CAREGIVER:
      return "caregiver";
    case account::v1::ROLE_RESPONDER:
      return "responder";
    case account::v1::ROLE_OPERATOR:
      return "operator";
    default:
      return "?";
  }
}

absl::Status Invite(const Words& words) {
  account::v1::InviteRequest request;
  request.set_account_id(words[1]);
  VEILLE_ASSIGN_OR_RETURN(const account::v1::Role role,
                          RoleOf(words.size() > 2 ? words[2] : "caregiver"));
  request.set_role(role);
  request.mutable_lifetime()->set_seconds(absl::ToInt64Seconds(absl::GetFlag(FLAGS_lifetime)));
  VEILLE_ASSIGN_OR_RETURN(const auto made, CallAsOperator<account::v1::InviteResponse>(
                                               &AccountService::Stub::Invite, request));
  ShowCode(made.code(), made.expire_time());
  return absl::OkStatus();
}

// The code pins the roots: what it is for is told only to a server under them.
absl::Status Accept(const Words& words) {
  VEILLE_ASSIGN_OR_RETURN(const domain::EnrollmentCode code, domain::ParseEnrollmentCode(words[1]));
  VEILLE_RETURN_IF_ERROR(OwnSignIns().Prepare());
  const std::string address = absl::GetFlag(FLAGS_identity);
  VEILLE_ASSIGN_OR_RETURN(const std::string roots, hub::PinnedBundle(address, code.pin));
  account::v1::AcceptInvitationRequest request;
  request.set_secret(code.secret);
  VEILLE_ASSIGN_OR_RETURN(*request.mutable_password(), AskNewPassword());
  request.set_device(DeviceName());
  VEILLE_ASSIGN_OR_RETURN(
      const auto accepted,
      CallOver<account::v1::AcceptInvitationResponse>(
          rpc::MakeFirstContact(address, roots), &AccountService::Stub::AcceptInvitation, request));
  VEILLE_RETURN_IF_ERROR(OwnSignIns().StoreRoots(roots));
  return Keep(accepted.signed_in());
}

absl::Status SignIn(const Words& words) {
  account::v1::SignInRequest request;
  request.set_account_id(words[1]);
  request.set_password(Ask("password"));
  request.set_device(DeviceName());
  VEILLE_ASSIGN_OR_RETURN(const auto channel, FirstChannel());
  auto answer =
      CallOver<account::v1::SignInResponse>(channel, &AccountService::Stub::SignIn, request);
  const auto why = rpc::ErrorInfoOf(answer.status());
  if (why.has_value() && why->reason == "TOTP_REQUIRED") {
    request.set_totp_code(Ask("one-time code"));
    answer = CallOver<account::v1::SignInResponse>(channel, &AccountService::Stub::SignIn, request);
  }
  VEILLE_RETURN_IF_ERROR(answer.status());
  // The authority may have been rotated since the last time. What fails is tried again by `watch`.
  FreshenRoots(OwnSignIns(), absl::GetFlag(FLAGS_identity)).IgnoreError();
  return Keep(answer->signed_in());
}

absl::Status SignOut(const Words& /*words*/) {
  const SignIns own = OwnSignIns();
  const auto signed_in = own.Find(absl::GetFlag(FLAGS_caregiver));
  VEILLE_RETURN_IF_ERROR(Call<account::v1::SignOutResponse>(&AccountService::Stub::SignOut,
                                                            account::v1::SignOutRequest())
                             .status());
  if (signed_in.has_value()) own.Forget(signed_in->account_id());
  return absl::OkStatus();
}

absl::Status Sessions(const Words& /*words*/) {
  account::v1::ListSessionsRequest request;
  request.set_account_id(absl::GetFlag(FLAGS_account));
  const auto method = &AccountService::Stub::ListSessions;
  const auto listed = request.account_id().empty()
                          ? Call<account::v1::ListSessionsResponse>(method, request)
                          : CallAsOperator<account::v1::ListSessionsResponse>(method, request);
  VEILLE_RETURN_IF_ERROR(listed.status());
  for (const account::v1::Session& session : listed->sessions()) {
    if (JsonFromFlags()) {
      std::printf("%s\n", ToJson(session).c_str());
    } else {
      std::printf("%s  since %s  used %s  %s%s\n", session.session_id().c_str(),
                  Moment(session.create_time()).c_str(), Moment(session.last_use_time()).c_str(),
                  Printable(session.device()).c_str(), session.current() ? "  (this one)" : "");
    }
  }
  return absl::OkStatus();
}

absl::Status Revoke(const Words& words) {
  account::v1::RevokeSessionsRequest request;
  request.set_account_id(absl::GetFlag(FLAGS_account));
  if (words[1] != "all") request.set_session_id(words[1]);
  const auto method = &AccountService::Stub::RevokeSessions;
  const auto revoked = request.account_id().empty()
                           ? Call<account::v1::RevokeSessionsResponse>(method, request)
                           : CallAsOperator<account::v1::RevokeSessionsResponse>(method, request);
  VEILLE_RETURN_IF_ERROR(revoked.status());
  std::fprintf(stderr, "veille: signed out: %d\n", revoked->revoked());
  return absl::OkStatus();
}

absl::Status Password(const Words& /*words*/) {
  account::v1::ChangePasswordRequest request;
  request.set_password(Ask("password so far"));
  VEILLE_ASSIGN_OR_RETURN(*request.mutable_new_password(), AskNewPassword());
  auto changed =
      Call<account::v1::ChangePasswordResponse>(&AccountService::Stub::ChangePassword, request);
  const auto why = rpc::ErrorInfoOf(changed.status());
  if (why.has_value() && why->reason == "TOTP_REQUIRED") {
    request.set_totp_code(Ask("one-time code"));
    changed =
        Call<account::v1::ChangePasswordResponse>(&AccountService::Stub::ChangePassword, request);
  }
  return changed.status();
}

absl::Status Totp(const Words& words) {
  if (words[1] == "off") {
    account::v1::DisableTotpRequest request;
    request.set_password(Ask("password"));
    request.set_totp_code(Ask("one-time code"));
    return Call<account::v1::DisableTotpResponse>(&AccountService::Stub::DisableTotp, request)
        .status();
  }
  if (words[1] != "on") return absl::InvalidArgumentError("totp on, or totp off");
  account::v1::EnableTotpRequest request;
  request.set_password(Ask("password"));
  VEILLE_ASSIGN_OR_RETURN(const auto enabled, Call<account::v1::EnableTotpResponse>(
                                                  &AccountService::Stub::EnableTotp, request));
  std::printf("%s\n%s\n", enabled.secret().c_str(), enabled.uri().c_str());
  std::fflush(stdout);
  account::v1::ConfirmTotpRequest confirm;
  confirm.set_totp_code(Ask("a code that the app shows for it"));
  return Call<account::v1::ConfirmTotpResponse>(&AccountService::Stub::ConfirmTotp, confirm)
      .status();
}

absl::Status Reset(const Words& words) {
  account::v1::ResetAccountRequest request;
  request.set_account_id(words[1]);
  VEILLE_ASSIGN_OR_RETURN(const auto made, CallAsOperator<account::v1::ResetAccountResponse>(
                                               &AccountService::Stub::ResetAccount, request));
  ShowCode(made.code(), made.expire_time());
  return absl::OkStatus();
}

absl::Status Remove(const Words& words) {
  account::v1::RemoveAccountRequest request;
  request.set_account_id(words[1]);
  return CallAsOperator<account::v1::RemoveAccountResponse>(&AccountService::Stub::RemoveAccount,
                                                            request)
      .status();
}

absl::Status List(const Words& /*words*/) {
  account::v1::ListAccountsRequest request;
  do {
    VEILLE_ASSIGN_OR_RETURN(const auto page, CallAsOperator<account::v1::ListAccountsResponse>(
                                                 &AccountService::Stub::ListAccounts, request));
    for (const account::v1::Account& account : page.accounts()) {
      if (JsonFromFlags()) {
        std::printf("%s\n", ToJson(account).c_str());
      } else {
        std::printf("%s  %s%s%s\n", account.account_id().c_str(), WordOf(account.role()),
                    account.active() ? "" : "  (invited)",
                    account.totp() ? "  one-time codes" : "");
      }
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

absl::Status BreakGlass(const Words& words) {
  account::v1::BreakGlassRequest request;
  request.set_patient_id(words[1]);
  request.set_reason(absl::GetFlag(FLAGS_reason));
  VEILLE_ASSIGN_OR_RETURN(const auto opened, Call<account::v1::BreakGlassResponse>(
                                                 &AccountService::Stub::BreakGlass, request));
  std::fprintf(stderr,
               "veille: open until %s; the circle has been told. veille alerts list --patient %s\n",
               Moment(opened.expire_time()).c_str(), words[1].c_str());
  return absl::OkStatus();
}

struct Word {
  std::size_t least, most;
  absl::Status (*run)(const Words&);
};

}  // namespace

int RunAccount(const std::vector<std::string>& args) {
  static const std::map<std::string, Word> kWords = {
      {"invite", {2, 3, Invite}},     {"accept", {2, 2, Accept}},
      {"sign-in", {2, 2, SignIn}},    {"sign-out", {1, 1, SignOut}},
      {"sessions", {1, 1, Sessions}}, {"revoke", {2, 2, Revoke}},
      {"password", {1, 1, Password}}, {"totp", {2, 2, Totp}},
      {"reset", {2, 2, Reset}},       {"remove", {2, 2, Remove}},
      {"list", {1, 1, List}},         {"break-glass", {2, 2, BreakGlass}},
  };
  const auto word = kWords.find(args.empty() ? "" : args[0]);
  if (word == kWords.end() || args.size() < word->second.least || args.size() > word->second.most)
    return ComplainOfUsage(absl::InvalidArgumentError(kUsage));
  const absl::Status status = word->second.run(args);
  return status.ok() ? 0 : Complain(status);
}

}  // namespace veille::client
