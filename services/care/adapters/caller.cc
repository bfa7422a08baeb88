#include "services/care/adapters/caller.h"

#include <algorithm>
#include <string>

#include <grpcpp/grpcpp.h>

#include "common/base/status_macros.h"
#include "common/rpc/identity.h"

namespace veille::care {
namespace {

constexpr std::size_t kMaxName = 64;

// Absent: empty.
std::string Metadata(const grpc::ServerContextBase& context, const char* key) {
  const auto& all = context.client_metadata();
  const auto at = all.find(key);
  return at == all.end() ? "" : std::string(at->second.data(), at->second.size());
}

// What may stand in the audit log: not too long, and of the characters of an id.
bool IsName(const std::string& text) {
  return text.size() <= kMaxName && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '@' || c == '-';
         });
}

// Whoever says who they are is written down as that, or not served: never as somebody else.
absl::StatusOr<std::string> ActorOf(const grpc::ServerContextBase& context) {
  std::string actor = Metadata(context, "veille-actor");
  if (IsName(actor)) return actor.empty() ? "operator" : actor;
  return absl::InvalidArgumentError(
      "veille-actor (--actor): at most 64 letters of a to z, digits and . _ @ -, so that the audit "
      "log can say who it was");
}

}  // namespace

absl::StatusOr<Caller> CallerOf(const grpc::ServerContextBase& context,
                                const domain::Access& access) {
  using domain::Principal;
  VEILLE_ASSIGN_OR_RETURN(const domain::Caller known,
                          access.Identify({rpc::IdentityOf(context), rpc::BearerOf(context)}));
  Caller caller;
  if (const std::string client = Metadata(context, "veille-client"); IsName(client))
    caller.client = client;
  caller.id = known.id;
  switch (known.principal) {
    case Principal::kTerminal:
    case Principal::kAdmin: {
      caller.kind = Caller::Kind::kOperator;
      VEILLE_ASSIGN_OR_RETURN(caller.id, ActorOf(context));
      if (!known.id.empty()) caller.id = known.id + "/" + caller.id;
      return caller;
    }
    case Principal::kOperator:
      caller.kind = Caller::Kind::kOperator;
      return caller;
    case Principal::kCaregiver:
    case Principal::kResponder:
      caller.kind = Caller::Kind::kMember;
      caller.has_broken = [&access, id = known.id](const std::string& patient_id) {
        return access.HasBroken(id, patient_id);
      };
      return caller;
    case Principal::kHub:
      caller.kind = Caller::Kind::kHub;
      return caller;
    case Principal::kStranger:
    case Principal::kEnrolling:
    case Principal::kService:
    case Principal::kExercise:
      break;
  }
  return absl::PermissionDeniedError("the registry is for operators and for circles");
}

}  // namespace veille::care
