#include "services/notifier/core/request_texts.h"

namespace veille::notifier {
namespace {

using google::protobuf::FieldDescriptor;

constexpr std::size_t kMaxText = 64, kMaxToken = 128, kMaxNote = 2000;
// An alert's is its home's, a dot, and some digits; see registry.h for the others.
constexpr std::size_t kMaxId = 160;

std::size_t MostOf(const std::string& field) {
  if (field == "note") return kMaxNote;
  if (field == "page_token") return kMaxToken;
  const bool names_something =
      field.size() > 3 && field.compare(field.size() - 3, 3, "_id") == 0 && field != "request_id";
  return names_something ? kMaxId : kMaxText;
}

}  // namespace

std::vector<OverlongText> OverlongTexts(const google::protobuf::Message& request) {
  std::vector<OverlongText> overlong;
  const auto& type = *request.GetDescriptor();
  std::string room;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_STRING || field->is_repeated()) continue;
    const std::size_t most = MostOf(field->name());
    if (request.GetReflection()->GetStringReference(request, field, &room).size() > most)
      overlong.push_back({field->name(), most});
  }
  return overlong;
}

}  // namespace veille::notifier
