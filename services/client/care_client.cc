#include "services/client/care_client.h"

#include <optional>

#include "veille/care/v1/care_service.pb.h"

#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "common/rpc/bearer.h"
#include "common/rpc/call_by_name.h"
#include "common/rpc/call_limits.h"
#include "common/time/clock.h"

namespace veille::client {
namespace {

using google::protobuf::Message;

constexpr char kService[] = "veille.care.v1.CareService";
// A call that is put off is made again for so long.
constexpr absl::Duration kPatience = absl::Minutes(1);

const google::protobuf::MethodDescriptor& MethodOf(const std::string& name) {
  const auto* service =
      care::v1::HomeRecord::descriptor()->file()->pool()->FindServiceByName(kService);
  const auto* method = service == nullptr ? nullptr : service->FindMethodByName(name);
  VEILLE_CHECK(method != nullptr);
  return *method;
}

std::unique_ptr<Message> New(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

}  // namespace

absl::StatusOr<std::unique_ptr<CareClient>> CareClient::Create(Options options) {
  std::unique_ptr<CareClient> client(new CareClient(std::move(options)));
  const Options& own = client->options_;
  VEILLE_ASSIGN_OR_RETURN(client->channel_, rpc::MakeChannel(own.address, own.tls));
  return client;
}

std::unique_ptr<Message> CareClient::NewRequest(const std::string& method) {
  return New(MethodOf(method).input_type());
}

absl::StatusOr<std::unique_ptr<Message>> CareClient::Call(const std::string& method,
                                                          const Message& request) {
  std::unique_ptr<Message> response = New(MethodOf(method).output_type());
  VEILLE_RETURN_IF_ERROR(CallInto(method, request, *response));
  return response;
}

absl::Status CareClient::CallInto(const std::string& method, const Message& request,
                                  Message& response) {
  std::map<std::string, std::string> metadata = {{"veille-client", "terminal"}};
  if (!options_.token.empty()) metadata[rpc::kAuthorization] = rpc::BearerHeader(options_.token);
  if (!options_.actor.empty()) metadata["veille-actor"] = options_.actor;
  const absl::Duration until = MonotonicNow() + kPatience;
  while (true) {
    absl::Status status = rpc::CallByName(channel_, std::string(kService) + "." + method, metadata,
                                          request, response, options_.call_timeout);
    // Nothing was carried out: the service is called too often, as by an import of many homes.
    const std::optional<absl::Duration> wait = rpc::PutOffFor(status);
    if (!wait || MonotonicNow() + *wait > until) return status;
    SleepReally(*wait);
  }
}

}  // namespace veille::client
