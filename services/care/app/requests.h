// Requests of CareService as messages: read, checked, handed to the desk, answered.
//
// The methods of a kind of resource differ in names only, which the descriptors know; so there is
// one function for all of them, which fuzzers and tests call without a server. Thread safe.

#ifndef SERVICES_CARE_APP_REQUESTS_H_
#define SERVICES_CARE_APP_REQUESTS_H_

#include "absl/status/status.h"
#include "google/protobuf/message.h"

#include "services/care/app/care_desk.h"

namespace veille::care {

// `call.method` is a method of CareService, and the messages are its own. UNIMPLEMENTED for a
// method that nobody has written.
absl::Status Handle(CareDesk& desk, const Call& call, const google::protobuf::Message& request,
                    google::protobuf::Message& response);

}  // namespace veille::care

#endif  // SERVICES_CARE_APP_REQUESTS_H_
