// Every method of every service × every kind of caller × one's own and another's person, over real
// TLS. The methods come from the descriptors, what is expected from the one table: a method that it
// does not name fails here, too.

#include "gtest/gtest.h"

#include "veille/account/v1/account_service.pb.h"
#include "veille/alert/v1/alert_service.pb.h"
#include "veille/care/v1/care_service.pb.h"
#include "veille/hub/v1/hub_gateway_service.pb.h"
#include "veille/identity/v1/identity_service.pb.h"
#include "veille/rights/v1/rights_service.pb.h"

#include "tests/integration/access/doors.h"

namespace veille::testing {
namespace {

using domain::kPrincipals;
using domain::Principal;
using domain::Scope;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

std::vector<const MethodDescriptor*> Methods() {
  std::vector<const MethodDescriptor*> methods;
  for (const auto* file : {account::v1::SignInRequest::descriptor()->file(),
                           alert::v1::GetAlertRequest::descriptor()->file(),
                           care::v1::GetHomeRequest::descriptor()->file(),
                           hub::v1::ConnectRequest::descriptor()->file(),
                           identity::v1::EnrollRequest::descriptor()->file(),
                           rights::v1::ErasePatientRequest::descriptor()->file()})
    for (int s = 0; s < file->service_count(); ++s)
      for (int m = 0; m < file->service(s)->method_count(); ++m)
        methods.push_back(file->service(s)->method(m));
  return methods;
}

std::string NameOf(const MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

void SetText(Message& message, const char* field, const std::string& text) {
  const FieldDescriptor* at = message.GetDescriptor()->FindFieldByName(field);
  if (at == nullptr || at->is_repeated()) return;
  if (at->cpp_type() == FieldDescriptor::CPPTYPE_STRING)
    message.GetReflection()->SetString(&message, at, text);
}

// A request about that home and whoever lives there, with what is asked for otherwise.
std::unique_ptr<Message> RequestFor(const MethodDescriptor& method, const std::string& home,
                                    const std::string& caregiver) {
  std::unique_ptr<Message> request(google::protobuf::MessageFactory::generated_factory()
                                       ->GetPrototype(method.input_type())
                                       ->New());
  SetText(*request, "caregiver_id", caregiver);
  SetText(*request, "home_id", home);
  SetText(*request, "patient_id", "patient-" + home);
  SetText(*request, "alert_id", Doors::AlertIn(home));
  SetText(*request, "window", "22:00-07:00");
  if (const auto* outcome = method.input_type()->FindFieldByName("outcome"))
    request->GetReflection()->SetEnumValue(request.get(), outcome, alert::v1::OUTCOME_REAL);
  // What is created or updated must be there, and have an id.
  const std::string verb = method.name().substr(0, 6);
  if (method.service()->name() != "CareService" || (verb != "Create" && verb != "Update"))
    return request;
  const std::string field = method.name() == "UpdateCarePlan" ? "care_plan" : "";
  for (int i = 0; i < method.input_type()->field_count(); ++i) {
    const FieldDescriptor* at = method.input_type()->field(i);
    if (at->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || at->is_repeated() ||
        at->name() == "update_mask" || (!field.empty() && at->name() != field))
      continue;
    Message& item = *request->GetReflection()->MutableMessage(request.get(), at);
    for (const char* id : {"source_id", "device_id", "name", "caregiver_id", "consent_id"})
      SetText(item, id, "x");
  }
  return request;
}

bool IsRefused(const absl::Status& status) {
  return absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status);
}

// Before a service saw it: by the gate, or in the handshake, where the gateway wants a certificate.
bool IsTurnedAway(const absl::Status& status) {
  if (absl::IsUnavailable(status)) return true;
  const std::string message(status.message());
  return IsRefused(status) && (message.find("may not do this") != std::string::npos ||
                               message.find("sign in first") != std::string::npos ||
                               message.find("this port is") != std::string::npos);
}

// As it answers of people who do not exist.
bool HidesIt(const Answer& answer) {
  if (absl::IsNotFound(answer.status)) return true;
  return answer.status.ok() && answer.bytes.find("Madame h2") == std::string::npos &&
         answer.bytes.find(Doors::AlertIn("h2")) == std::string::npos;
}

bool IsPerson(Principal principal) {
  return principal == Principal::kCaregiver || principal == Principal::kResponder ||
         principal == Principal::kOperator;
}

class Matrix : public ::testing::Test {
 protected:
  static std::string CaregiverOf(Principal principal) {
    return principal == Principal::kTerminal ? "anne" : "";
  }
  Answer Ask(const MethodDescriptor& method, Principal principal, const std::string& home) {
    return doors_.Call(method, principal, *RequestFor(method, home, CaregiverOf(principal)));
  }

  Doors doors_{true};
};

TEST_F(Matrix, LetsThoseCallWhomTheTableNamesAndNobodyElse) {
  for (const MethodDescriptor* method : Methods()) {
    for (const Principal principal : kPrincipals) {
      // A home that there is not: nothing is deleted.
      const Answer answer = Ask(*method, principal, "h9");
      const bool may = domain::MayCall(principal, NameOf(*method));
      EXPECT_EQ(!IsTurnedAway(answer.status), may)
          << NameOf(*method) << " by " << domain::NameOf(principal) << ": " << answer.status;
    }
  }
}

TEST_F(Matrix, ShowsOnesOwnPeopleAndHidesOthers) {
  for (const MethodDescriptor* method : Methods()) {
    const domain::MethodRule* rule = domain::FindMethodRule(NameOf(*method));
    ASSERT_NE(rule, nullptr) << NameOf(*method) << " stands in no table";
    if (rule->scope != Scope::kCircle && rule->scope != Scope::kGrant) continue;
    // Whose name is not asked for, only their own things are.
    const auto* type = method->input_type();
    const bool names_somebody = type->FindFieldByName("patient_id") != nullptr ||
                                type->FindFieldByName("home_id") != nullptr ||
                                type->FindFieldByName("alert_id") != nullptr;
    for (const Principal principal : kPrincipals) {
      if (!domain::MayCall(principal, NameOf(*method))) continue;
      const bool all_homes = rule->scope == Scope::kGrant &&
                             (principal == Principal::kTerminal || principal == Principal::kAdmin ||
                              principal == Principal::kOperator);
      const Answer other = Ask(*method, principal, "h2");
      if (!all_homes) {
        EXPECT_TRUE(HidesIt(other)) << NameOf(*method) << " by " << domain::NameOf(principal)
                                    << " of another: " << other.status;
      }
      if (!IsPerson(principal) || !names_somebody) continue;
      const Answer own = Ask(*method, principal, "h1");
      const std::string message(own.status.message());
      EXPECT_FALSE(IsRefused(own.status) || message.find("home of this id") != std::string::npos ||
                   message.find("no such alert") != std::string::npos ||
                   message.find("nobody of this id") != std::string::npos)
          << NameOf(*method) << " by " << domain::NameOf(principal) << ": " << own.status;
    }
  }
}

TEST_F(Matrix, LetsNobodySpeakForAnother) {
  const auto* file = alert::v1::GetAlertRequest::descriptor()->file();
  const auto* service = file->FindServiceByName("AlertService");
  for (int m = 0; m < service->method_count(); ++m) {
    const MethodDescriptor& method = *service->method(m);
    for (const Principal principal : {Principal::kCaregiver, Principal::kResponder,
                                      Principal::kOperator, Principal::kExercise}) {
      const Answer answer = doors_.Call(method, principal, *RequestFor(method, "h2", "bruno"));
      EXPECT_TRUE(absl::IsPermissionDenied(answer.status))
          << NameOf(method) << " by " << domain::NameOf(principal) << ": " << answer.status;
    }
  }
}

TEST_F(Matrix, BelievesNoTokenThatItDidNotGive) {
  for (const MethodDescriptor* method : Methods()) {
    for (const char* certificate : {"", "svc/operator", "hub/hub-h1"}) {
      const Answer answer =
          doors_.CallAs(*method, certificate, "guessed", *RequestFor(*method, "h9", ""));
      const bool hub_door = method->service()->name() == "HubGatewayService";
      if (hub_door) continue;  // It knows no tokens, and nobody by them.
      EXPECT_TRUE(IsRefused(answer.status)) << NameOf(*method) << ": " << answer.status;
    }
  }
}

}  // namespace
}  // namespace veille::testing
