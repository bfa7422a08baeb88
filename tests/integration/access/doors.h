// Every door of the service with real TLS on a real Redis, and callers of every kind.
//
//   home h1: anne, rita and olga are in the circle, with every grant   home h2: bruno, then
//   clara

#ifndef TESTS_INTEGRATION_ACCESS_DOORS_H_
#define TESTS_INTEGRATION_ACCESS_DOORS_H_

#include <map>
#include <memory>
#include <string>

#include "google/protobuf/descriptor.h"

#include "common/metrics/metrics.h"
#include "services/care/role.h"
#include "services/domain/access/access.h"
#include "services/gateway/role.h"
#include "services/identity/role.h"
#include "services/notifier/role.h"
#include "tests/support/process.h"
#include "tests/support/redis_server.h"

namespace grpc {
class Channel;
}

namespace veille::testing {

struct Answer {
  absl::Status status;
  std::string bytes;  // Of the first message.
};

class Doors {
 public:
  explicit Doors(bool local_terminals);
  ~Doors();

  // A call of any method, by a caller of that kind: with its certificate, or signed in anew.
  Answer Call(const google::protobuf::MethodDescriptor& method, domain::Principal principal,
              const google::protobuf::Message& request);
  // The same with this certificate ("svc/gateway"; empty: none) and token.
  Answer CallAs(const google::protobuf::MethodDescriptor& method, const std::string& certificate,
                const std::string& token, const google::protobuf::Message& request);
  // A sign-in as the store has it; returns the token.
  std::string SignIn(const std::string& account_id, account::v1::Role role,
                     bool second_factor = true);
  // To the door of that service, with or without a certificate.
  std::shared_ptr<grpc::Channel> ChannelTo(const std::string& service,
                                           const std::string& certificate);

  // Of the open alert in that home.
  static std::string AlertIn(const std::string& home);
  redis::Client& redis() { return redis_.client(); }

 private:
  void StartRoles(bool local_terminals);
  void PutHomes();
  void RaiseAlerts();

  const TempFolder folder_;
  RedisServer redis_;
  metrics::Registry metrics_;
  domain::LiveRegistry registry_;
  std::shared_ptr<const domain::Access> access_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::unique_ptr<notifier::Notifier> notifier_;
  std::unique_ptr<care::Care> care_;
  std::unique_ptr<identity::IdentityRole> identity_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;
  int signed_in_ = 0;
};

}  // namespace veille::testing

#endif  // TESTS_INTEGRATION_ACCESS_DOORS_H_
