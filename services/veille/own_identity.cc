#include "services/veille/own_identity.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/log/log.h"
#include "common/pki/authority_folder.h"
#include "common/time/clock.h"
#include "services/domain/identity/local_tls.h"

namespace veille {
namespace {

absl::Duration LifetimeOf(const config::v1::Config& config) {
  return config.identity().has_service_lifetime()
             ? absl::Seconds(config.identity().service_lifetime().seconds())
             : domain::kServiceLifetime;
}

}  // namespace

absl::Status OwnIdentity::Check(const config::v1::Config& config) {
  if (config.rpc().plaintext() || config.rpc().has_tls() || !config.identity().folder().empty())
    return absl::OkStatus();
  return absl::InvalidArgumentError(
      "rpc.tls: is needed, the files of mutual TLS; or identity.folder, the folder of an "
      "authority; or 'plaintext: true' in a network that authenticates by itself");
}

absl::StatusOr<OwnIdentity> OwnIdentity::Open(const config::v1::Config& config,
                                              std::vector<std::string> roles, bool all) {
  OwnIdentity own;
  own.config_ = config;
  if (config.rpc().plaintext()) {
    VEILLE_LOG(kWarning, "rpc.plaintext: whoever reaches the ports is believed");
    return own;
  }
  if (all) {
    VEILLE_RETURN_IF_ERROR(
        pki::AuthorityFolder(config.identity().folder())
            .MakeIfMissing(config.identity().trust_domain(), SystemClock().Now()));
  }
  if (config.rpc().has_tls() || roles.empty()) return own;
  own.roles_ = std::move(roles);
  VEILLE_RETURN_IF_ERROR(own.Renew());
  return own;
}

absl::Status OwnIdentity::Renew() const {
  for (const std::string& role : roles_) {
    const pki::AuthorityFolder folder(config_.identity().folder());
    VEILLE_RETURN_IF_ERROR(
        folder.Ensure("svc/" + role, LifetimeOf(config_), SystemClock().Now()).status());
  }
  return absl::OkStatus();
}

config::v1::Config OwnIdentity::ConfigOf(const std::string& role) const {
  config::v1::Config config = config_;
  if (roles_.empty()) return config;
  const pki::AuthorityFolder folder(config_.identity().folder());
  config::v1::Tls& tls = *config.mutable_rpc()->mutable_tls();
  tls.set_ca_file(folder.trusted_file());
  tls.set_certificate_file(folder.FileOf("svc/" + role));
  tls.set_key_file(tls.certificate_file());
  return config;
}

}  // namespace veille
