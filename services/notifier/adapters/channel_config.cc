#include "services/notifier/adapters/channel_config.h"

#include <map>
#include <utility>

#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/crypto/p256.h"
#include "services/notifier/adapters/email_channel.h"
#include "services/notifier/adapters/scaip_channel.h"
#include "services/notifier/adapters/web_push_channel.h"
#include "services/notifier/adapters/webhook_channel.h"

namespace veille::notifier {
namespace {

using config::v1::Email;

constexpr std::size_t kMinWebhookSecret = 16, kMinLinkKey = 32;
constexpr absl::Duration kMaxTimeout = absl::Seconds(60);

absl::Status Wrong(const std::string& field, const std::string& why) {
  return absl::InvalidArgumentError("notifier.channels." + field + ": " + why);
}

// What a file holds, without the line's end that editors leave there.
absl::StatusOr<std::string> ReadSecret(const std::string& field, const std::string& path,
                                       std::size_t min_bytes) {
  if (path.empty()) return Wrong(field, "is required");
  VEILLE_ASSIGN_OR_RETURN(std::string secret, ReadFile(path));
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  if (secret.size() < min_bytes)
    return Wrong(field, "the file must hold at least " + std::to_string(min_bytes) + " bytes");
  return secret;
}

// An address alone, without what would end the line or the brackets that it stands in.
bool IsAddress(const std::string& text) {
  const std::size_t at = text.find('@');
  return at != std::string::npos && at > 0 && at + 1 < text.size() &&
         text.find_first_of(" \t\r\n<>,;\"") == std::string::npos;
}

transfer::Mail::Security SecurityOf(const Email& email) {
  switch (email.security()) {
    case Email::SECURITY_TLS:
      return transfer::Mail::Security::kTls;
    case Email::SECURITY_NONE:
      return transfer::Mail::Security::kNone;
    default:
      return transfer::Mail::Security::kStartTls;
  }
}

absl::StatusOr<std::unique_ptr<Channel>> MakeEmail(const config::v1::Channels& config,
                                                   const std::shared_ptr<const Clock>& clock) {
  const Email& email = config.email();
  EmailOptions options;
  options.clock = clock;
  options.server.server = email.server();
  options.server.security = SecurityOf(email);
  options.server.sender = email.sender();
  if (!IsAddress(email.sender())) return Wrong("email.sender", "must be an address alone");
  if (email.security() == Email::SECURITY_NONE && !transfer::IsLoopback("smtp://" + email.server()))
    return Wrong("email.security", "SECURITY_NONE is for a server on this machine");
  options.server.username = email.username();
  if (!email.username().empty()) {
    VEILLE_ASSIGN_OR_RETURN(options.server.password,
                            ReadSecret("email.password_file", email.password_file(), 1));
  }
  if (email.has_acknowledge_link()) {
    const config::v1::AcknowledgeLink& link = email.acknowledge_link();
    std::string url = link.public_url();
    while (!url.empty() && url.back() == '/') url.pop_back();
    if (url.rfind("https://", 0) != 0 && !transfer::IsLoopback(url))
      return Wrong("email.acknowledge_link.public_url", "must begin with https://");
    options.link_url = url + kTakePath;
    options.link_valid_for = SpanOr(link.has_valid_for(), link.valid_for(), options.link_valid_for);
    VEILLE_ASSIGN_OR_RETURN(options.link_key, ReadSecret("email.acknowledge_link.key_file",
                                                         link.key_file(), kMinLinkKey));
  }
  return std::make_unique<EmailChannel>(std::move(options), TransferOptions(config, "email"));
}

absl::StatusOr<std::unique_ptr<Channel>> MakeWebPush(const config::v1::Channels& config,
                                                     const std::shared_ptr<const Clock>& clock) {
  const config::v1::WebPush& push = config.web_push();
  VEILLE_ASSIGN_OR_RETURN(const std::string pem,
                          ReadSecret("web_push.key_file", push.key_file(), 1));
  absl::StatusOr<P256Key> key = P256Key::FromPem(pem);
  if (!key.ok()) return Wrong("web_push.key_file", "must hold a private key of P-256 in PEM");
  if (push.subject().rfind("mailto:", 0) != 0 && push.subject().rfind("https://", 0) != 0)
    return Wrong("web_push.subject", "must be like \"mailto:operator@example.org\"");
  return std::make_unique<WebPushChannel>(*std::move(key), push.subject(), clock,
                                          TransferOptions(config, "web-push"));
}

absl::StatusOr<std::unique_ptr<Channel>> MakeScaip(const config::v1::Channels& config) {
  const std::string& from = config.scaip().from();
  const auto uri = sip::ParseUri(from);
  if (!uri.ok()) return Wrong("scaip.from", std::string(uri.status().message()));
  if (from.find('@') == std::string::npos || from.find(';') != std::string::npos)
    return Wrong("scaip.from", "must be like \"sip:veille@veille.example.org\"");
  const transfer::Transfers::Options transfers = TransferOptions(config, "scaip");
  sip::Client::Options options;
  options.name = transfers.name;
  options.ca_file = transfers.ca_file;
  options.timeout = transfers.timeout;
  return std::make_unique<ScaipChannel>(from, std::move(options));
}

}  // namespace

absl::Duration SpanOr(bool has, const google::protobuf::Duration& span, absl::Duration other) {
  return has ? absl::Seconds(span.seconds()) + absl::Nanoseconds(span.nanos()) : other;
}

transfer::Transfers::Options TransferOptions(const config::v1::Channels& config,
                                             const std::string& name) {
  transfer::Transfers::Options options;
  options.name = name;
  options.ca_file = config.ca_file();
  options.timeout =
      std::min(SpanOr(config.has_timeout(), config.timeout(), options.timeout), kMaxTimeout);
  return options;
}

absl::StatusOr<Courier::Channels> MakeChannels(const config::v1::Channels& config,
                                               const std::shared_ptr<const Clock>& clock) {
  Courier::Channels channels;
  if (config.has_webhook()) {
    std::map<std::string, std::string> secrets;
    for (const config::v1::WebhookSecret& secret : config.webhook().secrets()) {
      VEILLE_ASSIGN_OR_RETURN(secrets[secret.name()],
                              ReadSecret("webhook.secrets.file", secret.file(), kMinWebhookSecret));
    }
    channels[care::v1::Channel::kWebhook] = std::make_unique<WebhookChannel>(
        std::move(secrets), clock, TransferOptions(config, "webhook"));
  }
  if (!config.email().server().empty()) {
    VEILLE_ASSIGN_OR_RETURN(channels[care::v1::Channel::kEmail], MakeEmail(config, clock));
  }
  if (!config.web_push().key_file().empty()) {
    VEILLE_ASSIGN_OR_RETURN(channels[care::v1::Channel::kWebPush], MakeWebPush(config, clock));
  }
  if (!config.scaip().from().empty()) {
    VEILLE_ASSIGN_OR_RETURN(channels[care::v1::Channel::kScaip], MakeScaip(config));
  }
  return channels;
}

absl::StatusOr<std::optional<DoorOptions>> MakeDoorOptions(
    const config::v1::Channels& config, const std::shared_ptr<const Clock>& clock) {
  if (!config.email().has_acknowledge_link()) return std::optional<DoorOptions>();
  const config::v1::AcknowledgeLink& link = config.email().acknowledge_link();
  DoorOptions options;
  options.address = link.address();
  options.clock = clock;
  VEILLE_ASSIGN_OR_RETURN(
      options.key, ReadSecret("email.acknowledge_link.key_file", link.key_file(), kMinLinkKey));
  return std::optional<DoorOptions>(std::move(options));
}

}  // namespace veille::notifier
