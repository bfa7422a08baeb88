// Our services, as their descriptors have them: for tables that must name every method.

#ifndef TESTS_UNIT_ACCESS_CONTRACTS_H_
#define TESTS_UNIT_ACCESS_CONTRACTS_H_

#include <string>
#include <vector>

#include "veille/account/v1/account_service.pb.h"
#include "veille/alert/v1/alert_service.pb.h"
#include "veille/care/v1/care_service.pb.h"
#include "veille/hub/v1/hub_gateway_service.pb.h"
#include "veille/identity/v1/identity_service.pb.h"
#include "veille/rights/v1/rights_service.pb.h"

namespace veille::testing {

// Every file with a service; Policy.KnowsEveryServiceOfTheContracts finds one that is missing here.
inline std::vector<const google::protobuf::FileDescriptor*> Files() {
  return {account::v1::SignInRequest::descriptor()->file(),
          alert::v1::GetAlertRequest::descriptor()->file(),
          care::v1::GetHomeRequest::descriptor()->file(),
          hub::v1::ConnectRequest::descriptor()->file(),
          identity::v1::EnrollRequest::descriptor()->file(),
          rights::v1::ErasePatientRequest::descriptor()->file()};
}

inline std::vector<const google::protobuf::MethodDescriptor*> MethodDescriptors() {
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  for (const google::protobuf::FileDescriptor* file : Files())
    for (int s = 0; s < file->service_count(); ++s)
      for (int m = 0; m < file->service(s)->method_count(); ++m)
        methods.push_back(file->service(s)->method(m));
  return methods;
}

// "/veille.alert.v1.AlertService/GetAlert".
inline std::string NameOf(const google::protobuf::MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

inline std::vector<std::string> Methods() {
  std::vector<std::string> names;
  const auto methods = MethodDescriptors();
  names.reserve(methods.size());
  for (const google::protobuf::MethodDescriptor* method : methods) names.push_back(NameOf(*method));
  return names;
}

}  // namespace veille::testing

#endif  // TESTS_UNIT_ACCESS_CONTRACTS_H_
