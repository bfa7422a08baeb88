// Who is denied, as Redis has it, in the memory of a server. Read about once a second, so that a
// denial holds everywhere within two. While Redis is away the last that was read stays in force:
// a hub must be able to call for help.
//
// Thread safe.

#ifndef SERVICES_DOMAIN_IDENTITY_DENIALS_H_
#define SERVICES_DOMAIN_IDENTITY_DENIALS_H_

#include <memory>
#include <set>
#include <string>

#include "common/redis/endpoint.h"
#include "common/redis/pipelined_client.h"
#include "common/rpc/peer_gate.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"

namespace veille::domain {

// "serial/4a…": one certificate.
std::string SerialSubject(const std::string& serial);

class Denials final : public rpc::DenialList {
 public:
  explicit Denials(const redis::Endpoint& endpoint);
  ~Denials() override;

  absl::Status Check(const rpc::PeerIdentity& peer) const override;

 private:
  void ReadUntilStopped();
  void Read();

  const std::unique_ptr<redis::PipelinedClient> client_;
  mutable Mutex mu_;
  CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  std::set<std::string> denied_ ABSL_GUARDED_BY(mu_);
  Worker reader_;
};

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_IDENTITY_DENIALS_H_
