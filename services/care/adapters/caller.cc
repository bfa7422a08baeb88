#include "services/care/adapters/caller.h"

#include <algorithm>
#include <string>

#include <grpcpp/grpcpp.h>

#include "common/base/status_macros.h"
#include "common/rpc/identity.h"

namespace veille::care {
namespace {

constexpr std::size_t kMaxName = 64;

// Empty when it is absent, too long, or anything but the characters of an id.
std::string Metadata(const grpc::ServerContextBase& context, const char* key) {
  const auto& all = context.client_metadata();
  const auto at = all.find(key);
  if (at == all.end() || at->second.size() > kMaxName) return "";
  const std::string text(at->second.data(), at->second.size());
  const bool sound = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '@' || c == '-';
  });
  return sound ? text : "";
}

bool IsEncrypted(const grpc::ServerContextBase& context) {
  const auto auth = context.auth_context();
  if (auth == nullptr) return false;
  for (const grpc::string_ref& type : auth->FindPropertyValues("transport_security_type"))
    if (type == "ssl") return true;
  return false;
}

}  // namespace

absl::StatusOr<Caller> CallerOf(const grpc::ServerContextBase& context) {
  VEILLE_ASSIGN_OR_RETURN(const rpc::PeerIdentity peer, rpc::IdentityOf(context));
  // A server that takes peers without a certificate takes them for other services than this one.
  if (!peer.authenticated && IsEncrypted(context))
    return absl::UnauthenticatedError("the registry is open to services with a certificate only");
  Caller caller;
  caller.client = Metadata(context, "veille-client");
  if (peer.authenticated && peer.kind != "svc") {
    caller.kind = Caller::Kind::kHub;
    caller.id = peer.id;
    return caller;
  }
  caller.kind = Caller::Kind::kOperator;
  const std::string actor = Metadata(context, "veille-actor");
  caller.id = actor.empty() ? "operator" : actor;
  if (peer.authenticated) caller.id = peer.id + "/" + caller.id;
  return caller;
}

}  // namespace veille::care
