#include "services/domain/access/policy.h"

#include <algorithm>

namespace veille::domain {
namespace {

using P = Principal;
using Who = std::vector<Principal>;

const Who& Everybody() {
  static const auto* who = new Who(std::begin(kPrincipals), std::end(kPrincipals));
  return *who;
}
// Whoever has proved anything.
const Who& Known() {
  static const auto* who = new Who(std::begin(kPrincipals) + 1, std::end(kPrincipals));
  return *who;
}

// Who answers alerts. The exercise is its own caregiver, a terminal whoever it says that it is.
const Who kCarers = {P::kExercise, P::kTerminal, P::kCaregiver, P::kResponder, P::kOperator};
const Who kRegistry = {P::kTerminal, P::kAdmin, P::kCaregiver, P::kResponder, P::kOperator};
const Who kRegistryOperators = {P::kTerminal, P::kAdmin, P::kOperator};
const Who kSignedIn = {P::kCaregiver, P::kResponder, P::kOperator};
const Who kSignedInOrAdmin = {P::kAdmin, P::kCaregiver, P::kResponder, P::kOperator};
const Who kOperators = {P::kAdmin, P::kOperator};
const Who kCertified = {P::kHub, P::kService, P::kExercise, P::kTerminal, P::kAdmin};
const Who kBreakers = {P::kResponder, P::kOperator};
const Who kHubs = {P::kHub};

std::vector<MethodRule> Make() {
  std::vector<MethodRule> rules;
  const auto add = [&rules](const Who& who, Scope scope, std::vector<std::string_view> methods) {
    for (const std::string_view method : methods) rules.push_back({method, who, scope});
  };
  add(kCarers, Scope::kCircle,
      {"/veille.alert.v1.AlertService/AcknowledgeAlert",
       "/veille.alert.v1.AlertService/CancelSnooze", "/veille.alert.v1.AlertService/GetAlert",
       "/veille.alert.v1.AlertService/HandOverDuty", "/veille.alert.v1.AlertService/ListAlerts",
       "/veille.alert.v1.AlertService/ListDuty", "/veille.alert.v1.AlertService/ListSnoozes",
       "/veille.alert.v1.AlertService/ReportDeliveries",
       "/veille.alert.v1.AlertService/ResolveAlert", "/veille.alert.v1.AlertService/SnoozeAlerts",
       "/veille.alert.v1.AlertService/TakeDuty", "/veille.alert.v1.AlertService/WatchAlerts"});
  add(kHubs, Scope::kOwnHub,
      {"/veille.hub.v1.HubGatewayService/Connect", "/veille.hub.v1.HubGatewayService/SendEvents"});
  add(Everybody(), Scope::kNone,
      {"/veille.identity.v1.IdentityService/GetTrustBundle",
       "/veille.identity.v1.IdentityService/Enroll"});
  add(kCertified, Scope::kSelf, {"/veille.identity.v1.IdentityService/RenewCertificate"});
  add(kOperators, Scope::kAll,
      {"/veille.identity.v1.IdentityService/CreateEnrollmentCode",
       "/veille.identity.v1.IdentityService/DenyPeer",
       "/veille.identity.v1.IdentityService/AllowPeer",
       "/veille.identity.v1.IdentityService/ListDenials"});
  add(Everybody(), Scope::kNone,
      {"/veille.account.v1.AccountService/AcceptInvitation",
       "/veille.account.v1.AccountService/SignIn"});
  add(kSignedIn, Scope::kSelf,
      {"/veille.account.v1.AccountService/SignOut",
       "/veille.account.v1.AccountService/ChangePassword",
       "/veille.account.v1.AccountService/EnableTotp",
       "/veille.account.v1.AccountService/ConfirmTotp",
       "/veille.account.v1.AccountService/DisableTotp"});
  add(kSignedInOrAdmin, Scope::kSelf,
      {"/veille.account.v1.AccountService/ListSessions",
       "/veille.account.v1.AccountService/RevokeSessions"});
  add(kOperators, Scope::kAll,
      {"/veille.account.v1.AccountService/Invite", "/veille.account.v1.AccountService/ResetAccount",
       "/veille.account.v1.AccountService/RemoveAccount",
       "/veille.account.v1.AccountService/ListAccounts"});
  add(kRegistry, Scope::kGrant,
      {"/veille.care.v1.CareService/CreateConsent",
       "/veille.care.v1.CareService/CreateDevice",
       "/veille.care.v1.CareService/CreateMember",
       "/veille.care.v1.CareService/CreateRoom",
       "/veille.care.v1.CareService/CreateSource",
       "/veille.care.v1.CareService/CreateZone",
       "/veille.care.v1.CareService/DeleteConsent",
       "/veille.care.v1.CareService/DeleteDevice",
       "/veille.care.v1.CareService/DeleteMember",
       "/veille.care.v1.CareService/DeleteRoom",
       "/veille.care.v1.CareService/DeleteSource",
       "/veille.care.v1.CareService/DeleteZone",
       "/veille.care.v1.CareService/GetCarePlan",
       "/veille.care.v1.CareService/GetCircle",
       "/veille.care.v1.CareService/GetConsent",
       "/veille.care.v1.CareService/GetContext",
       "/veille.care.v1.CareService/GetDevice",
       "/veille.care.v1.CareService/GetMember",
       "/veille.care.v1.CareService/GetPatient",
       "/veille.care.v1.CareService/GetRoom",
       "/veille.care.v1.CareService/GetSource",
       "/veille.care.v1.CareService/GetZone",
       "/veille.care.v1.CareService/ListCarePlanRevisions",
       "/veille.care.v1.CareService/ListConsents",
       "/veille.care.v1.CareService/ListDevices",
       "/veille.care.v1.CareService/ListMembers",
       "/veille.care.v1.CareService/ListRooms",
       "/veille.care.v1.CareService/ListSources",
       "/veille.care.v1.CareService/ListZones",
       "/veille.care.v1.CareService/RollbackCarePlan",
       "/veille.care.v1.CareService/UpdateCarePlan",
       "/veille.care.v1.CareService/UpdateCircle",
       "/veille.care.v1.CareService/UpdateConsent",
       "/veille.care.v1.CareService/UpdateContext",
       "/veille.care.v1.CareService/UpdateDevice",
       "/veille.care.v1.CareService/UpdateMember",
       "/veille.care.v1.CareService/UpdateRoom",
       "/veille.care.v1.CareService/UpdateSource",
       "/veille.care.v1.CareService/UpdateZone"});
  add(kRegistryOperators, Scope::kAll,
      {"/veille.care.v1.CareService/CreateGrant", "/veille.care.v1.CareService/CreateHome",
       "/veille.care.v1.CareService/CreatePatient", "/veille.care.v1.CareService/DeleteGrant",
       "/veille.care.v1.CareService/DeleteHome", "/veille.care.v1.CareService/DeletePatient",
       "/veille.care.v1.CareService/GetGrant", "/veille.care.v1.CareService/GetHome",
       "/veille.care.v1.CareService/ListGrants", "/veille.care.v1.CareService/ListHomes",
       "/veille.care.v1.CareService/ListPatients", "/veille.care.v1.CareService/UpdateGrant",
       "/veille.care.v1.CareService/UpdateHome", "/veille.care.v1.CareService/UpdatePatient"});
  add(kBreakers, Scope::kAll, {"/veille.account.v1.AccountService/BreakGlass"});
  add(Everybody(), Scope::kNone, {"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"});
  add(Known(), Scope::kNone,
      {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
       "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"});
  std::sort(rules.begin(), rules.end(),
            [](const MethodRule& a, const MethodRule& b) { return a.method < b.method; });
  return rules;
}

}  // namespace

const char* NameOf(Principal principal) {
  switch (principal) {
    case P::kStranger:
      return "stranger";
    case P::kHub:
      return "hub";
    case P::kService:
      return "service";
    case P::kExercise:
      return "exercise";
    case P::kTerminal:
      return "terminal";
    case P::kAdmin:
      return "admin";
    case P::kCaregiver:
      return "caregiver";
    case P::kResponder:
      return "responder";
    case P::kOperator:
      return "operator";
  }
  return "";
}

const char* NameOf(Scope scope) {
  switch (scope) {
    case Scope::kNone:
      return "nobody's data";
    case Scope::kSelf:
      return "one's own";
    case Scope::kOwnHub:
      return "of one's home";
    case Scope::kCircle:
      return "by circle";
    case Scope::kGrant:
      return "by circle and grant";
    case Scope::kAll:
      return "everybody's";
  }
  return "";
}

const std::vector<MethodRule>& MethodRules() {
  static const auto* rules = new std::vector<MethodRule>(Make());
  return *rules;
}

const MethodRule* FindMethodRule(std::string_view method) {
  const auto& rules = MethodRules();
  const auto at = std::lower_bound(
      rules.begin(), rules.end(), method,
      [](const MethodRule& rule, std::string_view name) { return rule.method < name; });
  return at != rules.end() && at->method == method ? &*at : nullptr;
}

bool MayCall(Principal principal, std::string_view method) {
  const MethodRule* rule = FindMethodRule(method);
  return rule != nullptr &&
         std::find(rule->who.begin(), rule->who.end(), principal) != rule->who.end();
}

}  // namespace veille::domain
