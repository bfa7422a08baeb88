#include "services/domain/access/policy.h"

#include <algorithm>

namespace veille::domain {
namespace {

using P = Principal;
using Who = std::vector<Principal>;

const Who kEverybody(std::begin(kPrincipals), std::end(kPrincipals));
// Whoever has proved anything, and all that must be: not the first two.
const Who kKnown(std::begin(kPrincipals) + 2, std::end(kPrincipals));

// Who answers alerts. The exercise is its own caregiver, a terminal whoever it says that it is.
const Who kCarers = {P::kExercise, P::kTerminal, P::kCaregiver, P::kResponder, P::kOperator};
const Who kRegistry = {P::kTerminal, P::kAdmin, P::kCaregiver, P::kResponder, P::kOperator};
const Who kRegistryOperators = {P::kTerminal, P::kAdmin, P::kOperator};
const Who kSignedIn = {P::kCaregiver, P::kResponder, P::kOperator};
const Who kEnrollers = {P::kEnrolling, P::kCaregiver, P::kResponder, P::kOperator};
const Who kSignedInOrAdmin = {P::kAdmin, P::kCaregiver, P::kResponder, P::kOperator};
const Who kOperators = {P::kAdmin, P::kOperator};
const Who kCertified = {P::kHub, P::kService, P::kExercise, P::kTerminal, P::kAdmin};
const Who kBreakers = {P::kResponder, P::kOperator};
const Who kHubs = {P::kHub};

// Methods of a service that are the same callers' business.
struct Group {
  const Who& who;
  Scope scope;
  const char* service;
  std::vector<const char*> methods;
};

const Group kGroups[] = {
    {kCarers,
     Scope::kCircle,
     "veille.alert.v1.AlertService",
     {"AcknowledgeAlert", "CancelSnooze", "GetAlert", "HandOverDuty", "ListAlerts", "ListDuty",
      "ListSnoozes", "ReportDeliveries", "ResolveAlert", "SnoozeAlerts", "TakeDuty",
      "WatchAlerts"}},
    {kHubs, Scope::kOwnHub, "veille.hub.v1.HubGatewayService", {"Connect", "SendEvents"}},
    {kEverybody, Scope::kNone, "veille.identity.v1.IdentityService", {"GetTrustBundle", "Enroll"}},
    {kCertified, Scope::kSelf, "veille.identity.v1.IdentityService", {"RenewCertificate"}},
    {kOperators,
     Scope::kAll,
     "veille.identity.v1.IdentityService",
     {"CreateEnrollmentCode", "DenyPeer", "AllowPeer", "ListDenials"}},
    {kEverybody, Scope::kNone, "veille.account.v1.AccountService", {"AcceptInvitation", "SignIn"}},
    {kEnrollers,
     Scope::kSelf,
     "veille.account.v1.AccountService",
     {"SignOut", "EnableTotp", "ConfirmTotp"}},
    {kSignedIn,
     Scope::kSelf,
     "veille.account.v1.AccountService",
     {"ChangePassword", "DisableTotp"}},
    {kSignedInOrAdmin,
     Scope::kSelf,
     "veille.account.v1.AccountService",
     {"ListSessions", "RevokeSessions"}},
    {kOperators,
     Scope::kAll,
     "veille.account.v1.AccountService",
     {"Invite", "ResetAccount", "RemoveAccount", "ListAccounts"}},
    {kRegistry,
     Scope::kGrant,
     "veille.care.v1.CareService",
     {"CreateConsent",
      "CreateDevice",
      "CreateMember",
      "CreateRoom",
      "CreateSource",
      "CreateZone",
      "DeleteConsent",
      "DeleteDevice",
      "DeleteMember",
      "DeleteRoom",
      "DeleteSource",
      "DeleteZone",
      "GetCarePlan",
      "GetCircle",
      "GetConsent",
      "GetContext",
      "GetDevice",
      "GetMember",
      "GetPatient",
      "GetRoom",
      "GetSource",
      "GetZone",
      "ListCarePlanRevisions",
      "ListConsents",
      "ListDevices",
      "ListMembers",
      "ListRooms",
      "ListSources",
      "ListZones",
      "RollbackCarePlan",
      "UpdateCarePlan",
      "UpdateCircle",
      "UpdateConsent",
      "UpdateContext",
      "UpdateDevice",
      "UpdateMember",
      "UpdateRoom",
      "UpdateSource",
      "UpdateZone"}},
    {kRegistryOperators,
     Scope::kAll,
     "veille.care.v1.CareService",
     {"CreateGrant", "CreateHome", "CreatePatient", "DeleteGrant", "DeleteHome", "DeletePatient",
      "GetGrant", "GetHome", "ListGrants", "ListHomes", "ListPatients", "UpdateGrant", "UpdateHome",
      "UpdatePatient"}},
    {kRegistryOperators,
     Scope::kAll,
     "veille.rights.v1.RightsService",
     {"ErasePatient", "ExportPatient", "GetErasure", "ListAccesses", "ListRetention"}},
    {kBreakers, Scope::kAll, "veille.account.v1.AccountService", {"BreakGlass"}},
    {kEverybody, Scope::kNone, "grpc.health.v1.Health", {"Check", "Watch"}},
    {kKnown, Scope::kNone, "grpc.reflection.v1alpha.ServerReflection", {"ServerReflectionInfo"}},
    {kKnown, Scope::kNone, "grpc.reflection.v1.ServerReflection", {"ServerReflectionInfo"}},
};

std::vector<MethodRule> Make() {
  std::vector<MethodRule> rules;
  for (const Group& group : kGroups)
    for (const char* method : group.methods)
      rules.push_back({std::string("/") + group.service + "/" + method, group.who, group.scope});
  std::sort(rules.begin(), rules.end(),
            [](const MethodRule& a, const MethodRule& b) { return a.method < b.method; });
  return rules;
}

}  // namespace

const char* NameOf(Principal principal) {
  switch (principal) {
    case P::kStranger:
      return "stranger";
    case P::kEnrolling:
      return "enrolling";
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
