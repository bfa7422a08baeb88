#include "services/domain/access/access.h"

#include "common/base/status_macros.h"
#include "services/domain/keys.h"

namespace veille::domain {
namespace {

Principal PrincipalOf(account::v1::Role role) {
  switch (role) {
    case account::v1::ROLE_CAREGIVER:
      return Principal::kCaregiver;
    case account::v1::ROLE_RESPONDER:
      return Principal::kResponder;
    case account::v1::ROLE_OPERATOR:
      return Principal::kOperator;
    default:
      return Principal::kStranger;
  }
}

absl::Status NeedsSecondFactor() {
  return absl::PermissionDeniedError(
      "operators sign in with a second factor, and this sign-in has none, so it may not do this: "
      "'veille account totp on' sets one up; where it is set up, sign in again: 'veille account "
      "sign-in ID'");
}

}  // namespace

absl::StatusOr<Caller> Access::Identify(const rpc::Presented& caller) const {
  if (!caller.bearer.empty() && options_.sessions == nullptr)
    return absl::UnauthenticatedError("this service knows no sign-ins");
  if (!caller.bearer.empty()) {
    VEILLE_ASSIGN_OR_RETURN(const store::v1::StoredSession session,
                            options_.sessions->Find(caller.bearer));
    Principal principal = PrincipalOf(session.role());
    if (principal == Principal::kOperator && !session.second_factor() &&
        !options_.operators_without_second_factor) {
      principal = Principal::kEnrolling;
    }
    return Caller{principal, session.account_id(), session.session_id()};
  }
  if (!caller.peer.ok()) return caller.peer.status();
  const rpc::PeerIdentity& peer = *caller.peer;
  if (!peer.authenticated)
    return Caller{options_.plaintext ? Principal::kTerminal : Principal::kStranger, "", ""};
  if (peer.kind == "hub") return Caller{Principal::kHub, peer.id, ""};
  Principal principal = Principal::kService;
  if (peer.id == "operator") principal = Principal::kAdmin;
  if (peer.id == "exercise") principal = Principal::kExercise;
  if (peer.id == "terminal" && options_.local_terminals) principal = Principal::kTerminal;
  return Caller{principal, peer.id, ""};
}

absl::Status Access::MayCall(const rpc::Presented& caller) const {
  VEILLE_ASSIGN_OR_RETURN(const Caller who, Identify(caller));
  if (domain::MayCall(who.principal, caller.method)) return absl::OkStatus();
  if (who.principal == Principal::kStranger || who.id == "terminal")
    return absl::UnauthenticatedError("sign in first: veille account sign-in ID");
  if (who.principal == Principal::kEnrolling) return NeedsSecondFactor();
  return absl::PermissionDeniedError(std::string("a caller of the kind '") + NameOf(who.principal) +
                                     "' may not do this");
}

absl::Status Access::MayStay(const rpc::Presented& caller) const {
  const absl::StatusOr<Caller> who = Identify(caller);
  if (who.ok() && who->principal == Principal::kEnrolling) return NeedsSecondFactor();
  return absl::IsUnauthenticated(who.status()) ? who.status() : absl::OkStatus();
}

absl::StatusOr<std::string> Access::CaregiverOf(const rpc::Presented& caller,
                                                const std::string& named) const {
  VEILLE_ASSIGN_OR_RETURN(const Caller who, Identify(caller));
  if (who.principal == Principal::kTerminal) return named;
  std::string own;
  if (who.principal == Principal::kExercise) own = std::string(kExerciseHome);
  if (who.signed_in()) own = who.id;
  if (own.empty()) return absl::PermissionDeniedError("caregiver_id: you are no caregiver");
  if (!named.empty() && named != own)
    return absl::PermissionDeniedError("caregiver_id: must be your own, or empty");
  return own;
}

}  // namespace veille::domain
