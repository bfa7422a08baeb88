#include "common/rpc/identity.h"

#include <algorithm>

#include <grpcpp/grpcpp.h>

namespace veille::rpc {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr std::size_t kMaxUri = 2048;  // SPIFFE's own limit.

bool IsSegment(std::string_view text) {
  return !text.empty() && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

}  // namespace

absl::StatusOr<PeerIdentity> ParseSpiffe(std::string_view uri) {
  if (uri.size() > kMaxUri || uri.substr(0, kScheme.size()) != kScheme)
    return absl::InvalidArgumentError("the URI is not a SPIFFE id");
  uri.remove_prefix(kScheme.size());
  std::vector<std::string_view> parts;
  while (true) {
    const auto slash = uri.find('/');
    parts.push_back(uri.substr(0, slash));
    if (slash == std::string_view::npos) break;
    uri.remove_prefix(slash + 1);
  }
  if (parts.size() != 3 || !std::all_of(parts.begin(), parts.end(), IsSegment) ||
      (parts[1] != "hub" && parts[1] != "svc")) {
    return absl::InvalidArgumentError(
        "the SPIFFE id is not like spiffe://<domain>/hub/<id> or spiffe://<domain>/svc/<role>");
  }
  return PeerIdentity{true, std::string(parts[0]), std::string(parts[1]), std::string(parts[2])};
}

absl::StatusOr<PeerIdentity> IdentityOfUris(const std::vector<std::string>& uris) {
  if (uris.size() != 1) {
    return absl::UnauthenticatedError("the certificate must name exactly one SPIFFE URI; it has " +
                                      std::to_string(uris.size()));
  }
  absl::StatusOr<PeerIdentity> identity = ParseSpiffe(uris[0]);
  if (!identity.ok()) return absl::UnauthenticatedError(std::string(identity.status().message()));
  return identity;
}

absl::StatusOr<PeerIdentity> IdentityOf(const grpc::ServerContextBase& context) {
  const auto auth = context.auth_context();
  const auto security = auth == nullptr ? std::vector<grpc::string_ref>()
                                        : auth->FindPropertyValues("transport_security_type");
  const bool tls = !security.empty() && (security[0] == "ssl" || security[0] == "tls");
  if (!tls) return PeerIdentity{};
  std::vector<std::string> uris;
  for (const grpc::string_ref& uri : auth->FindPropertyValues("peer_uri"))
    uris.emplace_back(uri.data(), uri.size());
  return IdentityOfUris(uris);
}

}  // namespace veille::rpc
