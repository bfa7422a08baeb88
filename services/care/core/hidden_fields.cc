#include "services/care/core/hidden_fields.h"

#include <vector>

#include "veille/care/v1/home.pb.h"

namespace veille::care {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// One's own telephone number is no secret to oneself.
bool Hides(const Caller& caller, const v1::Member& member) {
  return member.caregiver_id() != caller.id;
}

void Hide(const Caller& caller, Message& message) {
  if (message.GetDescriptor() == v1::Member::descriptor()) {
    auto& member = static_cast<v1::Member&>(message);
    if (Hides(caller, member)) member.clear_channels();
    return;
  }
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      Hide(caller, *reflection->MutableMessage(&message, field));
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i)
      Hide(caller, *reflection->MutableRepeatedMessage(&message, field, i));
  }
}

}  // namespace

void HideFields(const Caller& caller, const v1::HomeRecord& home, const std::string& patient_id,
                Message& message) {
  if (!Judge(caller, Right::kCircle, home, patient_id).ok()) Hide(caller, message);
}

}  // namespace veille::care
