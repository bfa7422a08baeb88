// Addresses beside the stream are judged when a home is loaded, not when somebody lies on the
// floor.

#include "services/domain/channel_check.h"

#include "gtest/gtest.h"

namespace veille::domain {
namespace {

// RFC 8291, appendix A.
constexpr char kPoint[] =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
constexpr char kAuth[] = "BTBZMqHH6r4Tts7J_aSIgg";

std::string FaultOf(const care::v1::Channel& channel) {
  std::string fields;
  for (const ChannelFault& fault : CheckChannel(channel)) fields += fault.field + " ";
  return fields;
}

std::string WebhookFault(const std::string& url) {
  care::v1::Channel channel;
  channel.mutable_webhook()->set_url(url);
  channel.mutable_webhook()->set_secret("provider");
  return FaultOf(channel);
}

std::string EmailFault(const std::string& address) {
  care::v1::Channel channel;
  channel.mutable_email()->set_address(address);
  return FaultOf(channel);
}

TEST(ChannelCheck, InTheClearACallGoesToThisMachineOnly) {
  EXPECT_EQ(WebhookFault("https://sms.example.org/v1?to=1"), "");
  EXPECT_EQ(WebhookFault("http://127.0.0.1:8080/"), "");
  EXPECT_EQ(WebhookFault("http://localhost/"), "");
  for (const char* url :
       {"http://sms.example.org/", "http://127.0.0.1.example.org/", "http://localhost@example.org/",
        "ftp://example.org/", "https://", "https://a b/", "https://a\r\nX: y", ""})
    EXPECT_EQ(WebhookFault(url), "webhook.url ") << url;
}

TEST(ChannelCheck, AMailboxIsOneAddressAlone) {
  EXPECT_EQ(EmailFault("anne.martin+veille@example.org"), "");
  for (const char* address : {"", "anne", "anne@", "@example.org", "a@b, c@d", "Anne <a@b>",
                              "a@b\r\nRCPT TO:<c@d>", "a@b@c", "é@example.org"})
    EXPECT_EQ(EmailFault(address), "email.address ") << address;
}

TEST(ChannelCheck, ASubscriptionHasTheKeysOfABrowser) {
  care::v1::Channel channel;
  channel.mutable_web_push()->set_endpoint("https://push.example.org/1");
  channel.mutable_web_push()->set_p256dh(kPoint);
  channel.mutable_web_push()->set_auth(kAuth);
  EXPECT_EQ(FaultOf(channel), "");
  channel.mutable_web_push()->set_p256dh(std::string(kPoint).replace(5, 1, "A"));
  channel.mutable_web_push()->set_auth("AAAA");
  EXPECT_EQ(FaultOf(channel), "web_push.p256dh web_push.auth ");
}

TEST(ChannelCheck, AnAlarmCentreIsReachedProtectedAndKnowsTheHome) {
  const auto fault = [](const std::string& uri, const std::string& controller) {
    care::v1::Channel channel;
    channel.mutable_scaip()->set_uri(uri);
    channel.mutable_scaip()->set_controller_id(controller);
    return FaultOf(channel);
  };
  EXPECT_EQ(fault("sips:alarm@centre.example.org", "46701234567"), "");
  EXPECT_EQ(fault("sip:alarm@centre.example.org:5061;transport=tls", "1"), "");
  EXPECT_EQ(fault("sip:alarm@127.0.0.1", "1"), "");
  for (const char* uri : {"", "sip:alarm@centre.example.org", "sip:127.0.0.1@example.org",
                          "sip:a@centre.example.org;transport=tcp", "https://centre.example.org",
                          "sips:alarm@centre.example.org\r\nX: y"})
    EXPECT_EQ(fault(uri, "1"), "scaip.uri ") << uri;
  for (const char* id : {"", "+46701234567", "12345678901234567", "home-1", "1</cid>"})
    EXPECT_EQ(fault("sips:a@b", id), "scaip.controller_id ") << id;
}

TEST(ChannelCheck, AnAddressIsRequired) { EXPECT_EQ(FaultOf({}), "address "); }

}  // namespace
}  // namespace veille::domain
