// The identity service as a whole: configuration in, a serving role out. Needs the folder of an
// authority (config.identity), whoever hosts it.

#ifndef SERVICES_IDENTITY_ROLE_H_
#define SERVICES_IDENTITY_ROLE_H_

#include <memory>

#include "absl/status/statusor.h"

#include "veille/config/v1/config.pb.h"

#include "common/redis/endpoint.h"
#include "common/rpc/peer_gate.h"
#include "services/domain/live_registry.h"

namespace veille::identity {

struct IdentityOptions {
  config::v1::Config config;
  redis::Endpoint endpoint;
  domain::LiveRegistry registry;
  std::shared_ptr<const rpc::DenialList> denials;
};

class IdentityRole {
 public:
  static absl::StatusOr<std::unique_ptr<IdentityRole>> Start(IdentityOptions options);
  void Stop();
  ~IdentityRole();

  int port() const;
  // Whether others may be sent here.
  bool ready() const;

 private:
  class Parts;
  explicit IdentityRole(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace veille::identity

#endif  // SERVICES_IDENTITY_ROLE_H_
