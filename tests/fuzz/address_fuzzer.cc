// What names people and peers from outside: links of e-mails, addresses of channels (push
// subscriptions, web addresses, mail), identities in certificates. Refused with a reason, or sound.

#include <cstdint>
#include <string>

#include "veille/care/v1/channel.pb.h"

#include "common/base/check.h"
#include "common/crypto/base64.h"
#include "common/crypto/web_push.h"
#include "common/rpc/identity.h"
#include "services/domain/channel_check.h"
#include "services/notifier/core/acknowledge_link.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const std::string text(reinterpret_cast<const char*>(data), size);

  // Nobody makes a link without the key; one that was made says what was put into it.
  VEILLE_CHECK(!veille::notifier::VerifyLink(text, std::string(32, 'k'), now).ok());
  veille::notifier::AcknowledgeLink link;
  link.alert_id = text.substr(0, size / 2);
  link.caregiver_id = text.substr(size / 2);
  link.version = size;
  link.expiry = now + absl::Hours(1);
  const std::string token = veille::notifier::SignLink(link, "the key");
  const auto back = veille::notifier::VerifyLink(token, "the key", now);
  if (back.ok()) {
    VEILLE_CHECK(back->alert_id == link.alert_id && back->caregiver_id == link.caregiver_id);
    VEILLE_CHECK(!veille::notifier::VerifyLink(token, "another", now).ok());
  }

  const auto identity = veille::rpc::ParseSpiffe(text);
  if (identity.ok()) {
    VEILLE_CHECK(identity->kind == "hub" || identity->kind == "svc");
    VEILLE_CHECK(!identity->id.empty() && !identity->trust_domain.empty());
  }

  veille::care::v1::Channel channel;
  if (channel.ParseFromString(text)) {
    for (const auto& fault : veille::domain::CheckChannel(channel))
      VEILLE_CHECK(!fault.reason.empty());
  }

  // What a browser claims to be its key.
  static const veille::P256Key sender = *veille::P256Key::Generate();
  const veille::WebPushReceiver receiver{text.substr(0, 65), text.substr(size < 65 ? size : 65)};
  veille::EncryptWebPush("text", receiver, sender, std::string(16, 's')).status().IgnoreError();
  veille::DecryptWebPush(text, sender, std::string(16, 'a')).status().IgnoreError();
  return 0;
}
