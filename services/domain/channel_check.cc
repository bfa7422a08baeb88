#include "services/domain/channel_check.h"

#include "common/crypto/base64.h"
#include "common/crypto/p256.h"
#include "common/sip/uri.h"

namespace veille::domain {
namespace {

using care::v1::Channel;

constexpr std::size_t kMaxUrl = 1024, kMaxAddress = 254, kAuthBytes = 16, kMaxControllerId = 16;

bool HasOnlyOf(const std::string& text, unsigned char from, const char* but) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < from || byte > 126 || std::string_view(but).find(c) != std::string_view::npos)
      return false;
  }
  return true;
}

// What is said there concerns a person: in the clear it goes to this machine only.
bool IsUrl(const std::string& url) {
  if (url.size() > kMaxUrl || !HasOnlyOf(url, 33, "<>\"\\")) return false;
  if (url.rfind("https://", 0) == 0) return url.size() > 8;
  for (const char* local : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
    const std::string host = local;
    if (url.rfind(host, 0) == 0 &&
        (url.size() == host.size() || url[host.size()] == ':' || url[host.size()] == '/')) {
      return url.find('@') == std::string::npos;
    }
  }
  return false;
}

bool IsMailbox(const std::string& address) {
  const std::size_t at = address.find('@');
  return address.size() <= kMaxAddress && at != std::string::npos && at > 0 &&
         at == address.rfind('@') && at + 1 < address.size() &&
         HasOnlyOf(address, 33, "<>()[],;:\"\\");
}

// Empty when there is none. As for web addresses: in the clear to this machine only.
std::string FaultOfSipUri(const std::string& text) {
  const auto uri = sip::ParseUri(text);
  if (!uri.ok()) return std::string(uri.status().message());
  if (uri->transport != sip::Transport::kTls && !sip::IsLoopback(*uri))
    return "must begin with sips: or end in ;transport=tls, but on this machine";
  return "";
}

bool IsControllerId(const std::string& text) {
  return !text.empty() && text.size() <= kMaxControllerId &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

std::vector<ChannelFault> CheckChannel(const Channel& channel) {
  std::vector<ChannelFault> faults;
  const auto require = [&](bool holds, const char* field, const char* reason) {
    if (!holds) faults.push_back({field, reason});
  };
  const char* kUrlReason = "must begin with https://, or http:// on this machine";
  switch (channel.address_case()) {
    case Channel::kWebhook:
      require(IsUrl(channel.webhook().url()), "webhook.url", kUrlReason);
      require(!channel.webhook().secret().empty(), "webhook.secret",
              "must name one of the configured secrets");
      break;
    case Channel::kEmail:
      require(IsMailbox(channel.email().address()), "email.address",
              "must be one address, like anne@example.org");
      break;
    case Channel::kWebPush: {
      const auto& push = channel.web_push();
      require(IsUrl(push.endpoint()), "web_push.endpoint", kUrlReason);
      require(IsP256Point(FromBase64(push.p256dh()).value_or("")), "web_push.p256dh",
              "must be the subscription's keys.p256dh");
      require(FromBase64(push.auth()).value_or("").size() == kAuthBytes, "web_push.auth",
              "must be the subscription's keys.auth");
      break;
    }
    case Channel::kScaip: {
      const std::string fault = FaultOfSipUri(channel.scaip().uri());
      require(fault.empty(), "scaip.uri", fault.c_str());
      require(IsControllerId(channel.scaip().controller_id()), "scaip.controller_id",
              "must be 1 to 16 digits, as the alarm centre knows the home");
      break;
    }
    default:
      require(false, "address",
              "must be a webhook, an e-mail address, a web push subscription or an alarm centre");
  }
  require(alert::v1::Severity_IsValid(channel.min_severity()), "min_severity", "is no severity");
  return faults;
}

}  // namespace veille::domain
