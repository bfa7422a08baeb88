// Which services a certificate can be of: "svc/<role>".

#ifndef SERVICES_DOMAIN_IDENTITY_SERVICE_ROLES_H_
#define SERVICES_DOMAIN_IDENTITY_SERVICE_ROLES_H_

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

namespace veille::domain {

inline constexpr std::string_view kServiceRoles[] = {
    "care", "detector", "exercise", "gateway", "identity", "notifier", "operator", "terminal"};

inline bool IsServiceRole(std::string_view role) {
  return std::find(std::begin(kServiceRoles), std::end(kServiceRoles), role) !=
         std::end(kServiceRoles);
}

// "care, detector, …", for people.
inline std::string ServiceRoleNames() {
  std::string names;
  for (const std::string_view role : kServiceRoles)
    names.append(names.empty() ? "" : ", ").append(role);
  return names;
}

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_IDENTITY_SERVICE_ROLES_H_
