#include "services/identity/adapters/account_service.h"

#include <utility>

#include "veille/account/v1/account_service.grpc.pb.h"

#include "common/base/digest.h"
#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/rpc/identity.h"
#include "common/rpc/status.h"

namespace veille::identity {
namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

constexpr int kMaxPage = 1000, kDefaultPage = 100;

template <typename Work>
Reactor* Answer(Context* context, Work work) {
  Reactor* reactor = context->DefaultReactor();
  reactor->Finish(rpc::ToGrpc(work()));
  return reactor;
}

// Of "ipv4:192.0.2.7:51234" without the port, which changes with each try; a digest, since it is
// kept.
std::string AddressOf(const Context& context) {
  const std::string peer = context.peer();
  return Sha256Hex16(peer.substr(0, peer.rfind(':')));
}

template <typename Response>
void SetCode(const AccountDesk::Code& code, Response& response) {
  response.set_code(code.text);
  SetTime(code.expire_time, *response.mutable_expire_time());
}

class AccountService final : public account::v1::AccountService::CallbackService {
 public:
  AccountService(AccountDesk& desk, const domain::Access& access) : desk_(desk), access_(access) {}

  Reactor* Invite(Context* context, const account::v1::InviteRequest* request,
                  account::v1::InviteResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_ASSIGN_OR_RETURN(const domain::Caller caller, CallerOf(*context));
      VEILLE_ASSIGN_OR_RETURN(const AccountDesk::Code code,
                              desk_.Invite(caller, request->account_id(), request->role(),
                                           absl::Seconds(request->lifetime().seconds())));
      SetCode(code, *response);
      return absl::OkStatus();
    });
  }

  Reactor* AcceptInvitation(Context* context, const account::v1::AcceptInvitationRequest* request,
                            account::v1::AcceptInvitationResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_ASSIGN_OR_RETURN(*response->mutable_signed_in(),
                              desk_.Accept(*request, AddressOf(*context)));
      return absl::OkStatus();
    });
  }

  Reactor* SignIn(Context* context, const account::v1::SignInRequest* request,
                  account::v1::SignInResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_ASSIGN_OR_RETURN(*response->mutable_signed_in(),
                              desk_.SignIn(*request, AddressOf(*context)));
      return absl::OkStatus();
    });
  }

  Reactor* SignOut(Context* context, const account::v1::SignOutRequest* /*request*/,
                   account::v1::SignOutResponse* /*response*/) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_ASSIGN_OR_RETURN(const domain::Caller caller, CallerOf(*context));
      return desk_.SignOut(caller);
    });
  }

  Reactor* ListSessions(Context* context, const account::v1::ListSessionsRequest* request,
                        account::v1::ListSessionsResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_ASSIGN_OR_RETURN(const domain::Caller caller, CallerOf(*context));
      VEILLE_ASSIGN_OR_RETURN(std::vector<account::v1::Session> sessions,
                              desk_.Sessions(caller, request->account_id()));
      for (account::v1::Session& session : sessions) *response->add_sessions() = std::move(session);
      return absl::OkStatus();
    });
  }

  Reactor* RevokeSessions(Context* context, const account::v1::RevokeSessionsRequest* request,
                          account::v1::RevokeSessionsResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_ASSIGN_OR_RETURN(const domain::Caller caller, CallerOf(*context));
      VEILLE_ASSIGN_OR_RETURN(const int revoked,
                              desk_.Revoke(caller, request->account_id(), request->session_id()));
      response->set_revoked(revoked);
      return absl::OkStatus();
    });
  }

  Reactor* ChangePassword(Context* context, const account::v1::ChangePasswordRequest* request,
                          account::v1::ChangePasswordResponse* /*response*/) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_ASSIGN_OR_RETURN(const domain::Caller caller, CallerOf(*context));
      return desk_.ChangePassword(caller, *request, AddressOf(*context));
    });
  }

  Reactor* EnableTotp(Context* context, const account::v1::EnableTotpRequest* request,
                      account::v1::EnableTotpResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_ASSIGN_OR_RETURN(const domain::Caller caller, CallerOf(*context));
      VEILLE_ASSIGN_OR_RETURN(*response,
                              desk_.EnableTotp(caller, request->password(), AddressOf(*context)));
      return absl::OkStatus();
    });
  }

  Reactor* ConfirmTotp(Context* context, const account::v1::ConfirmTotpRequest* request,
                       account::v1::ConfirmTotpResponse* /*response*/) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_ASSIGN_OR_RETURN(const domain::Caller caller, CallerOf(*context));
      return desk_.ConfirmTotp(caller, request->totp_code(), AddressOf(*context));
    });
  }

  Reactor* DisableTotp(Context* context, const account::v1::DisableTotpRequest* request,
                       account::v1::DisableTotpResponse* /*response*/) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_ASSIGN_OR_RETURN(const domain::Caller caller, CallerOf(*context));
      return desk_.DisableTotp(caller, request->password(), request->totp_code(),
                               AddressOf(*context));
    });
  }

  Reactor* ResetAccount(Context* context, const account::v1::ResetAccountRequest* request,
                        account::v1::ResetAccountResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_ASSIGN_OR_RETURN(const domain::Caller caller, CallerOf(*context));
      VEILLE_ASSIGN_OR_RETURN(const AccountDesk::Code code,
                              desk_.Reset(caller, request->account_id()));
      SetCode(code, *response);
      return absl::OkStatus();
    });
  }

  Reactor* RemoveAccount(Context* context, const account::v1::RemoveAccountRequest* request,
                         account::v1::RemoveAccountResponse* /*response*/) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_ASSIGN_OR_RETURN(const domain::Caller caller, CallerOf(*context));
      return desk_.Remove(caller, request->account_id());
    });
  }

  Reactor* ListAccounts(Context* context, const account::v1::ListAccountsRequest* request,
                        account::v1::ListAccountsResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      if (request->page_size() < 0 || request->page_size() > kMaxPage)
        return rpc::BadRequest({{"page_size", "must be 0 to 1000"}});
      const int limit = request->page_size() == 0 ? kDefaultPage : request->page_size();
      VEILLE_ASSIGN_OR_RETURN(const auto accounts, desk_.List());
      for (const store::v1::StoredAccount& stored : accounts) {
        if (stored.account_id() <= request->page_token()) continue;
        if (response->accounts_size() == limit) {
          response->set_next_page_token(response->accounts(limit - 1).account_id());
          break;
        }
        account::v1::Account& shown = *response->add_accounts();
        shown.set_account_id(stored.account_id());
        shown.set_role(stored.role());
        shown.set_active(stored.has_password());
        shown.set_totp(stored.totp().confirmed());
        *shown.mutable_create_time() = stored.create_time();
      }
      return absl::OkStatus();
    });
  }

  Reactor* BreakGlass(Context* context, const account::v1::BreakGlassRequest* request,
                      account::v1::BreakGlassResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_ASSIGN_OR_RETURN(const domain::Caller caller, CallerOf(*context));
      VEILLE_ASSIGN_OR_RETURN(const absl::Time until,
                              desk_.BreakGlass(caller, request->patient_id(), request->reason()));
      SetTime(until, *response->mutable_expire_time());
      return absl::OkStatus();
    });
  }

 private:
  absl::StatusOr<domain::Caller> CallerOf(const Context& context) const {
    return access_.Identify({rpc::IdentityOf(context), rpc::BearerOf(context)});
  }

  AccountDesk& desk_;
  const domain::Access& access_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeAccountService(AccountDesk& desk, const domain::Access& access) {
  return std::make_shared<AccountService>(desk, access);
}

}  // namespace veille::identity
