// A connection to CareService that goes by names of methods and fields, as the command line does.
//
// One thread.

#ifndef SERVICES_CLIENT_CARE_CLIENT_H_
#define SERVICES_CLIENT_CARE_CLIENT_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"

#include "common/rpc/credentials.h"

namespace grpc {
class Channel;
}

namespace veille::client {

class CareClient {
 public:
  struct Options {
    std::string address;
    std::string actor;  // For the audit log.
    rpc::TlsFiles tls = {};
    absl::Duration call_timeout = absl::Seconds(10);
  };
  static absl::StatusOr<std::unique_ptr<CareClient>> Create(Options options);

  // An empty request of a method: "GetHome".
  static std::unique_ptr<google::protobuf::Message> NewRequest(const std::string& method);
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Call(
      const std::string& method, const google::protobuf::Message& request);
  // The same for messages whose types are known.
  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(const std::string& method, const Request& request) {
    Response response;
    const absl::Status status = CallInto(method, request, response);
    if (!status.ok()) return status;
    return response;
  }

  const Options& options() const { return options_; }

 private:
  explicit CareClient(Options options) : options_(std::move(options)) {}
  absl::Status CallInto(const std::string& method, const google::protobuf::Message& request,
                        google::protobuf::Message& response);

  const Options options_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace veille::client

#endif  // SERVICES_CLIENT_CARE_CLIENT_H_
