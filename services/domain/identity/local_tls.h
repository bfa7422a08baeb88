// Certificates for processes that run beside the authority, under the user who owns it: the roles
// of `veille all`, a play's hubs, an operator's terminal. Others enrol.

#ifndef SERVICES_DOMAIN_IDENTITY_LOCAL_TLS_H_
#define SERVICES_DOMAIN_IDENTITY_LOCAL_TLS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "common/rpc/credentials.h"

namespace veille::domain {

inline constexpr absl::Duration kServiceLifetime = absl::Hours(7 * 24);
inline constexpr absl::Duration kHubLifetime = absl::Hours(30 * 24);

// The files of `id` ("svc/gateway", "hub/h1") in the authority's folder, made or renewed where they
// must be. No files where the folder has no authority.
absl::StatusOr<rpc::TlsFiles> LocalTls(const std::string& folder, const std::string& id,
                                       absl::Duration lifetime = kServiceLifetime);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_IDENTITY_LOCAL_TLS_H_
