// Who may call what: the one table, which the servers ask of each call and a test walks with every
// service there is. A method that it does not name is nobody's. Pure; thread safe.

#ifndef SERVICES_DOMAIN_ACCESS_POLICY_H_
#define SERVICES_DOMAIN_ACCESS_POLICY_H_

#include <string>
#include <string_view>
#include <vector>

namespace veille::domain {

// What a caller has proved to be.
enum class Principal {
  kStranger,   // Nothing.
  kEnrolling,  // A sign-in of an operator without a second factor, where operators must have one.
  kHub,        // A hub's certificate.
  kService,    // A service's certificate.
  kExercise,   // That of the daily exercise.
  kTerminal,   // That of a terminal beside the authority, where the deployment believes those.
  kAdmin,      // That of an operator beside the authority.
  kCaregiver,  // A sign-in of an account of that role.
  kResponder,
  kOperator,
};
inline constexpr Principal kPrincipals[] = {
    Principal::kStranger,  Principal::kEnrolling, Principal::kHub,   Principal::kService,
    Principal::kExercise,  Principal::kTerminal,  Principal::kAdmin, Principal::kCaregiver,
    Principal::kResponder, Principal::kOperator,
};
const char* NameOf(Principal principal);

// Whose data a call that is allowed gets.
enum class Scope {
  kNone,    // Nobody's.
  kSelf,    // The caller's own account; operators name any.
  kOwnHub,  // The home's whose hub it is.
  kCircle,  // People's in whose circle the caller is; of others, NOT_FOUND.
  kGrant,   // The same, and what was granted in the circle; operators' are all homes.
  kAll,     // The deployment's.
};
const char* NameOf(Scope scope);

struct MethodRule {
  std::string method;  // "/veille.alert.v1.AlertService/GetAlert"
  std::vector<Principal> who;
  Scope scope = Scope::kNone;
};

// In order of method.
const std::vector<MethodRule>& MethodRules();

// Null where there is none.
const MethodRule* FindMethodRule(std::string_view method);

bool MayCall(Principal principal, std::string_view method);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_ACCESS_POLICY_H_
