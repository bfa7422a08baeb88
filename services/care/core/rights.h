// Who may do what to the registry: the one place where it is decided.
//
// Every method of CareService needs one right; a test holds the table against the service's
// descriptor, so that a method without an entry is found. Pure; thread safe.

#ifndef SERVICES_CARE_CORE_RIGHTS_H_
#define SERVICES_CARE_CORE_RIGHTS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "veille/care/v1/home_record.pb.h"

namespace veille::care {

// Who calls, as the edge has established it.
struct Caller {
  enum class Kind {
    kOperator,  // Runs the service.
    kMember,    // Is in people's circles.
    kHub,       // A hub or phone: it sends events, and nothing else.
  };
  Kind kind = Kind::kHub;
  std::string id;
  std::string client;  // Which device, as it names itself.
};

enum class Right { kOperate, kRead, kInstallation, kCircle, kCarePlan, kContext };

// Of a method: "UpdateDevice". Empty when there is no such method.
std::optional<Right> RightOf(std::string_view method);

// Operators may do everything. A member of a person's circle may do what was granted for
// that person; with a home, what was for anybody in it. NOT_FOUND for whoever is in no circle
// there, as if the home were not; PERMISSION_DENIED, with what is lacking, for who is.
absl::Status Judge(const Caller& caller, Right right, const v1::HomeRecord& home,
                   const std::string& patient_id);

}  // namespace veille::care

#endif  // SERVICES_CARE_CORE_RIGHTS_H_
