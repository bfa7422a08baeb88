#include "services/domain/identity/denials.h"

#include <utility>

#include "common/log/log.h"
#include "services/domain/keys.h"

namespace veille::domain {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(1);

std::unique_ptr<redis::PipelinedClient> Connect(const redis::Endpoint& endpoint) {
  redis::PipelinedClient::Options options;
  options.endpoint = endpoint;
  options.name = "veille-denials";
  return std::make_unique<redis::PipelinedClient>(std::move(options));
}

}  // namespace

std::string SerialSubject(const std::string& serial) { return "serial/" + serial; }

Denials::Denials(const redis::Endpoint& endpoint)
    : client_(Connect(endpoint)), reader_("denials", [this] { ReadUntilStopped(); }) {}

Denials::~Denials() {
  {
    MutexLock lock(mu_);
    stopped_ = true;
    changed_.NotifyAll();
  }
  reader_.Join();
}

absl::Status Denials::Check(const rpc::PeerIdentity& peer) const {
  MutexLock lock(mu_);
  if (denied_.count(peer.subject()) == 0 && denied_.count(SerialSubject(peer.serial)) == 0)
    return absl::OkStatus();
  return absl::PermissionDeniedError(
      "this certificate is denied; a hub is enrolled again with a new code");
}

void Denials::ReadUntilStopped() {
  while (true) {
    Read();
    MutexLock lock(mu_);
    if (!stopped_) changed_.WaitFor(mu_, kInterval);
    if (stopped_) return;
  }
}

// Subjects only: there are few, since those of certificates that have ended are dropped.
void Denials::Read() {
  if (!client_->connected()) return;
  const absl::StatusOr<redis::Reply> reply = client_->CommandSync({"HKEYS", DenialsKey()});
  if (!reply.ok()) return;
  std::set<std::string> denied;
  for (const redis::ReplyView subject : reply->elements()) denied.emplace(subject.str());
  MutexLock lock(mu_);
  if (denied.size() != denied_.size())
    VEILLE_LOG(kInfo, "the denied certificates have changed").Field("denied", denied.size());
  denied_ = std::move(denied);
}

}  // namespace veille::domain
