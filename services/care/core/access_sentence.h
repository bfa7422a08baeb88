// An entry of the audit log as a sentence that the person can read. Pure; thread safe.

#ifndef SERVICES_CARE_CORE_ACCESS_SENTENCE_H_
#define SERVICES_CARE_CORE_ACCESS_SENTENCE_H_

#include "veille/rights/v1/rights_service.pb.h"
#include "veille/store/v1/audit.pb.h"

namespace veille::care {

// Who, what, why as far as the entry knows, and whether it was refused; in French and in English.
rights::v1::Access AccessOf(const store::v1::AuditEntry& entry);

}  // namespace veille::care

#endif  // SERVICES_CARE_CORE_ACCESS_SENTENCE_H_
