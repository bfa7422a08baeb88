#include "services/care/core/rights.h"

#include <algorithm>
#include <iterator>

namespace veille::care {
namespace {

struct MethodRight {
  std::string_view method;
  Right right;
};

constexpr MethodRight kRights[] = {
    {"ListHomes", Right::kOperate},
    {"GetHome", Right::kOperate},
    {"CreateHome", Right::kOperate},
    {"UpdateHome", Right::kOperate},
    {"DeleteHome", Right::kOperate},
    {"ListSources", Right::kRead},
    {"GetSource", Right::kRead},
    {"CreateSource", Right::kInstallation},
    {"UpdateSource", Right::kInstallation},
    {"DeleteSource", Right::kInstallation},
    {"ListDevices", Right::kRead},
    {"GetDevice", Right::kRead},
    {"CreateDevice", Right::kInstallation},
    {"UpdateDevice", Right::kInstallation},
    {"DeleteDevice", Right::kInstallation},
    {"ListRooms", Right::kRead},
    {"GetRoom", Right::kRead},
    {"CreateRoom", Right::kInstallation},
    {"UpdateRoom", Right::kInstallation},
    {"DeleteRoom", Right::kInstallation},
    {"ListPatients", Right::kOperate},
    {"GetPatient", Right::kRead},
    {"CreatePatient", Right::kOperate},
    {"UpdatePatient", Right::kOperate},
    {"DeletePatient", Right::kOperate},
    {"ListZones", Right::kRead},
    {"GetZone", Right::kRead},
    {"CreateZone", Right::kInstallation},
    {"UpdateZone", Right::kInstallation},
    {"DeleteZone", Right::kInstallation},
    {"ListMembers", Right::kRead},
    {"GetMember", Right::kRead},
    {"CreateMember", Right::kCircle},
    {"UpdateMember", Right::kCircle},
    {"DeleteMember", Right::kCircle},
    {"ListConsents", Right::kRead},
    {"GetConsent", Right::kRead},
    {"CreateConsent", Right::kContext},
    {"UpdateConsent", Right::kContext},
    {"DeleteConsent", Right::kContext},
    {"ListGrants", Right::kOperate},
    {"GetGrant", Right::kOperate},
    {"CreateGrant", Right::kOperate},
    {"UpdateGrant", Right::kOperate},
    {"DeleteGrant", Right::kOperate},
    {"GetCircle", Right::kRead},
    {"UpdateCircle", Right::kCircle},
    {"GetCarePlan", Right::kRead},
    {"UpdateCarePlan", Right::kCarePlan},
    {"ListCarePlanRevisions", Right::kRead},
    {"RollbackCarePlan", Right::kCarePlan},
    {"GetContext", Right::kRead},
    {"UpdateContext", Right::kContext},
};

// What a circle grants by it; nothing for what operators alone do.
v1::MemberRight GrantOf(Right right) {
  switch (right) {
    case Right::kRead:
      return v1::MEMBER_RIGHT_READ;
    case Right::kInstallation:
      return v1::MEMBER_RIGHT_INSTALLATION;
    case Right::kCircle:
      return v1::MEMBER_RIGHT_CIRCLE;
    case Right::kCarePlan:
      return v1::MEMBER_RIGHT_CARE_PLAN;
    case Right::kContext:
      return v1::MEMBER_RIGHT_CONTEXT;
    case Right::kOperate:
      break;
  }
  return v1::MEMBER_RIGHT_UNSPECIFIED;
}

bool Grants(const v1::HomeRecord& home, const std::string& patient_id,
            const std::string& caregiver_id, Right right) {
  if (right == Right::kOperate) return false;
  return std::any_of(home.grants().begin(), home.grants().end(), [&](const v1::Grant& grant) {
    return grant.patient_id() == patient_id && grant.caregiver_id() == caregiver_id &&
           std::find(grant.rights().begin(), grant.rights().end(), GrantOf(right)) !=
               grant.rights().end();
  });
}

}  // namespace

std::optional<Right> RightOf(std::string_view method) {
  const auto* at = std::find_if(std::begin(kRights), std::end(kRights),
                                [method](const MethodRight& m) { return m.method == method; });
  if (at == std::end(kRights)) return std::nullopt;
  return at->right;
}

absl::Status Judge(const Caller& caller, Right right, const v1::HomeRecord& home,
                   const std::string& patient_id) {
  if (caller.kind == Caller::Kind::kOperator) return absl::OkStatus();
  if (caller.kind == Caller::Kind::kHub)
    return absl::PermissionDeniedError("a hub may not call the registry");
  bool member = false;
  for (const v1::Patient& patient : home.patients()) {
    if (!patient_id.empty() && patient.patient_id() != patient_id) continue;
    for (const v1::Member& one : patient.circle().members()) {
      if (one.caregiver_id() != caller.id) continue;
      member = true;
      if (Grants(home, patient.patient_id(), caller.id, right)) return absl::OkStatus();
    }
  }
  if (!member) return absl::NotFoundError("home_id: there is no home of this id");
  return absl::PermissionDeniedError(
      right == Right::kOperate ? "operators alone may do this"
                               : "you were not granted " + v1::MemberRight_Name(GrantOf(right)));
}

}  // namespace veille::care
