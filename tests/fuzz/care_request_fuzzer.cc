// Arbitrary requests of CareService: the method's name, a line break, the request in text format.
// Refused with reasons or carried out; whatever is kept afterwards is a sound home.

#include <cstdint>
#include <memory>
#include <string>

#include "veille/care/v1/care_service.pb.h"

#include "common/base/check.h"
#include "services/care/app/requests.h"
#include "services/care/core/home_change.h"
#include "services/domain/home_check.h"
#include "tests/fuzz/request_text.h"
#include "tests/unit/care/fake_home_store.h"

namespace {

using google::protobuf::Message;

std::unique_ptr<Message> New(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto input = veille::fuzz::SplitRequest(data, size);
  if (!input.has_value()) return 0;
  const auto* service =
      veille::care::v1::GetHomeRequest::descriptor()->file()->FindServiceByName("CareService");
  const auto* method = service->FindMethodByName(input->method);
  if (method == nullptr) return 0;
  const std::unique_ptr<Message> request = New(method->input_type());
  if (!veille::fuzz::ParseRequest(input->text, *request)) return 0;

  veille::testing::FakeHomeStore store;
  veille::testing::FakeCareTrail trail;
  veille::care::CareDesk desk(
      store, trail, std::make_shared<veille::VirtualClock>(absl::FromUnixSeconds(1800000000)));
  const veille::care::Caller caller{veille::care::Caller::Kind::kOperator, "olga", ""};
  veille::care::v1::CreateHomeRequest create;
  *create.mutable_home() = veille::testing::SmallHome("h");
  veille::care::v1::CreateHomeResponse created;
  VEILLE_CHECK(veille::care::Handle(desk, {caller, "CreateHome"}, create, created).ok());

  const std::unique_ptr<Message> response = New(method->output_type());
  veille::care::Handle(desk, {caller, method->name().c_str()}, *request, *response).IgnoreError();
  const auto ids = store.ListIds();
  for (const std::string& id : *ids) {
    const auto stored = store.Get(id);
    VEILLE_CHECK(stored->home().home_id() == id);
    VEILLE_CHECK(stored->home().ByteSizeLong() <= veille::care::kMaxHomeBytes);
    VEILLE_CHECK(veille::domain::CheckHomeRecord(stored->home()).empty());
  }
  return 0;
}
