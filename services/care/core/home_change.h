// What a change of a home must keep to, and what follows from it. Pure; thread safe.

#ifndef SERVICES_CARE_CORE_HOME_CHANGE_H_
#define SERVICES_CARE_CORE_HOME_CHANGE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "google/protobuf/message.h"

#include "veille/care/v1/home_record.pb.h"

#include "services/care/core/resource.h"
#include "services/domain/home_check.h"

namespace veille::care {

// A home is read and written whole, and goes through the log whole. One with everything in it has
// some 10 KiB.
inline constexpr std::size_t kMaxHomeBytes = 256 << 10;
inline constexpr std::size_t kMaxText = 2048;
inline constexpr int kMaxListed = 500;

// What no message may have, whatever it says: texts that are too long or would rewrite a terminal,
// lists without end, times that are none. Fields are named from `item`.
std::vector<domain::HomeFault> CheckLimits(const google::protobuf::Message& item);

// Everything that is wrong with a home that is to be kept. Faults within `target` are named as its
// request names them ("device.room"), others from the home.
std::vector<domain::HomeFault> CheckChanged(const v1::HomeRecord& home, const Target& target);

// The position consent of each person whose consents about positions are others than before: the
// newest one's; without any left, none holds, so positions are not used.
void ApplyConsents(const v1::HomeRecord& before, v1::HomeRecord& after);

// A plan that is another than before and has its name yet would be named wrongly in alerts: it is
// named after the revision.
void NamePlan(const v1::CarePlan& before, uint64_t revision, v1::CarePlan& plan);

// People whose care plan is another than before: of a new home all.
std::vector<const v1::Patient*> ChangedPlans(const v1::HomeRecord& before,
                                             const v1::HomeRecord& after);

// Ids that one home of a deployment has at most: "source:hub-1", "patient:marie".
std::vector<std::string> UniqueIds(const v1::HomeRecord& home);

}  // namespace veille::care

#endif  // SERVICES_CARE_CORE_HOME_CHANGE_H_
