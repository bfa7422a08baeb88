// What is wrong with a home, before anybody is watched over by it. Pure.

#ifndef SERVICES_DOMAIN_HOME_CHECK_H_
#define SERVICES_DOMAIN_HOME_CHECK_H_

#include <string>
#include <vector>

#include "veille/care/v1/home.pb.h"
#include "veille/care/v1/home_record.pb.h"

namespace veille::domain {

struct HomeFault {
  std::string field;  // From the home: "patients[0].care_plan.night_exit.window".
  std::string reason;
};

// Everything; empty when the home can be used. What several homes must agree on (a source speaks
// for one of them only) is not looked at here.
std::vector<HomeFault> CheckHome(const care::v1::Home& home);
// The same, and consents and grants.
std::vector<HomeFault> CheckHomeRecord(const care::v1::HomeRecord& record);

// What of a record rules and telling need.
care::v1::Home HomeOf(const care::v1::HomeRecord& record);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_HOME_CHECK_H_
