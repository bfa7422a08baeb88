#include "common/rpc/identity.h"

#include <algorithm>

#include <grpcpp/grpcpp.h>

#include "common/pki/certificate.h"
#include "common/rpc/bearer.h"

namespace veille::rpc {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr std::size_t kMaxUri = 2048;  // SPIFFE's own limit.
constexpr std::size_t kMaxBearer = 128;

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
  PeerIdentity identity;
  identity.authenticated = true;
  identity.trust_domain = parts[0];
  identity.kind = parts[1];
  identity.id = parts[2];
  return identity;
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

absl::StatusOr<PeerIdentity> IdentityOfCertificate(std::string_view pem) {
  const absl::StatusOr<pki::CertificateInfo> info = pki::Inspect(pem);
  if (!info.ok()) return absl::UnauthenticatedError(std::string(info.status().message()));
  absl::StatusOr<PeerIdentity> identity = IdentityOfUris(info->uris);
  if (!identity.ok()) return identity;
  identity->serial = info->serial;
  identity->not_after = info->not_after;
  return identity;
}

absl::StatusOr<PeerIdentity> IdentityOf(const grpc::AuthContext* auth) {
  const auto property = [auth](const char* name) {
    return auth == nullptr ? std::vector<grpc::string_ref>() : auth->FindPropertyValues(name);
  };
  const std::vector<grpc::string_ref> security = property("transport_security_type");
  if (security.empty() || (security[0] != "ssl" && security[0] != "tls")) return PeerIdentity{};
  const std::vector<grpc::string_ref> pem = property("x509_pem_cert");
  if (pem.empty()) return PeerIdentity{};
  return IdentityOfCertificate({pem[0].data(), pem[0].size()});
}

absl::StatusOr<PeerIdentity> IdentityOf(const grpc::ServerContextBase& context) {
  return IdentityOf(context.auth_context().get());
}

std::string BearerOf(std::string_view authorization) {
  constexpr std::string_view kPrefix = kBearer;
  if (authorization.substr(0, kPrefix.size()) != kPrefix) return "";
  authorization.remove_prefix(kPrefix.size());
  return authorization.size() <= kMaxBearer ? std::string(authorization) : "";
}

std::string BearerOf(const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto at = metadata.find(kAuthorization);
  if (at == metadata.end()) return "";
  return BearerOf(std::string_view(at->second.data(), at->second.size()));
}

}  // namespace veille::rpc
