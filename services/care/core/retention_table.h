// The classes of data that are stored of people, each with what ends it. Pure; thread safe.

#ifndef SERVICES_CARE_CORE_RETENTION_TABLE_H_
#define SERVICES_CARE_CORE_RETENTION_TABLE_H_

#include <vector>

#include "veille/config/v1/retention.pb.h"
#include "veille/rights/v1/rights_service.pb.h"

namespace veille::care {

// Every class, those that no age ends with `days` 0.
std::vector<rights::v1::RetentionRule> RetentionTable(const config::v1::Retention& config);

}  // namespace veille::care

#endif  // SERVICES_CARE_CORE_RETENTION_TABLE_H_
