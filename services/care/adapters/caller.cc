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

}  // namespace

absl::StatusOr<Caller> CallerOf(const grpc::ServerContextBase& context,
                                const domain::Access& access) {
  using domain::Principal;
  VEILLE_ASSIGN_OR_RETURN(const domain::Caller known,
                          access.Identify({rpc::IdentityOf(context), rpc::BearerOf(context)}));
  Caller caller;
  caller.client = Metadata(context, "veille-client");
  caller.id = known.id;
  switch (known.principal) {
    case Principal::kTerminal:
    case Principal::kAdmin: {
      caller.kind = Caller::Kind::kOperator;
      const std::string actor = Metadata(context, "veille-actor");
      caller.id = actor.empty() ? "operator" : actor;
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
