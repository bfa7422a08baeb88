// SCAIP against an alarm centre of its own code that reads strictly, over UDP, TCP and TLS: its
// word is a receipt, its silence and its refusals are what they are for every channel.

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "common/base/check.h"
#include "common/base/file.h"
#include "services/notifier/adapters/channel_config.h"
#include "tests/integration/notifier/channel_world.h"
#include "tests/support/certificates.h"
#include "tests/support/process.h"

namespace veille::notifier {
namespace {

using ::testing::HasSubstr;

const store::v1::Finding kFall = MakeFinding("h1", "martin", "FALL", "1");
const std::string kAlert = kFall.alert_id();

class Scaip : public ::testing::Test {
 protected:
  Scaip()
      : authority_(folder_.path(), "centre-authority"),
        certificate_(authority_.Issue("centre", {})),
        centre_(
            {"/usr/bin/python3", std::string(VEILLE_SOURCE_DIR) + "/tests/support/alarm_centre.py",
             folder_.path(), certificate_.certificate_file, certificate_.key_file},
            folder_.path() + "/centre.log") {
    centre_.Start();
    const bool up = Eventually([&] { return !Read("port").empty(); });
    VEILLE_CHECK(up);
    config_.set_ca_file(authority_.ca_file());
    config_.mutable_scaip()->set_from("sip:veille@veille.example.org");
  }
  ~Scaip() override { EXPECT_EQ(Read("fault"), "") << "what the centre did not believe"; }

  std::string Read(const std::string& name) {
    return ReadFile(folder_.path() + "/" + name).value_or("");
  }
  void Plan(const std::string& answer) {
    ASSERT_TRUE(WriteFileAtomically(folder_.path() + "/answer", answer).ok());
  }
  std::string Over(const std::string& transport) {
    if (transport == "tls") return "sips:alarm@localhost:" + Read("tls_port");
    return "sip:alarm@127.0.0.1:" + Read("port") + ";transport=" + transport;
  }
  Courier::Channels Calling() {
    auto channels = MakeChannels(config_, world_.desk_options().clock);
    EXPECT_TRUE(channels.ok()) << channels.status();
    return channels.ok() ? *std::move(channels) : Courier::Channels();
  }
  static care::v1::Channel Centre(const std::string& uri) {
    care::v1::Channel channel;
    channel.mutable_scaip()->set_uri(uri);
    channel.mutable_scaip()->set_controller_id("4631234567");
    return channel;
  }
  std::unique_ptr<ChannelReplica> Notifier(const std::string& transport) {
    return std::make_unique<ChannelReplica>(world_, WithChannels({Centre(Over(transport))}), "a",
                                            Calling());
  }
  bool Reaches(alert::v1::DeliveryState state, const std::string& alert = kAlert) {
    return Eventually([&] { return StateOf(world_, alert, "scaip") == state; });
  }

  World world_;
  testing::TempFolder folder_;
  testing::Authority authority_;
  const testing::Authority::Files certificate_;
  testing::Process centre_;
  config::v1::Channels config_;
};

TEST_F(Scaip, TheCentresWordIsAReceiptOverEveryTransport) {
  struct Case {
    const char *transport, *rule, *codes;
  };
  int number = 0;
  for (const Case& one :
       {Case{"tls", "FALL", "<dty>0005</dty><dte>Veille</dte><stc>0009</stc>"},
        Case{"tcp", "SOS", "<dty>0003</dty><dte>Veille</dte><stc>0010</stc>"},
        Case{"udp", "TAMPER", "<dty>0038</dty><dte>Veille</dte><stc>0125</stc>"}}) {
    const auto replica = Notifier(one.transport);
    const auto finding = MakeFinding("h1", "martin", one.rule, "1");
    world_.Queue(finding);
    ASSERT_TRUE(Reaches(alert::v1::DELIVERY_STATE_DELIVERED, finding.alert_id())) << one.transport;
    const std::string message = Read(std::to_string(++number) + ".sip");
    EXPECT_THAT(message, HasSubstr("<cid>4631234567</cid>" + std::string(one.codes)));
    EXPECT_THAT(message, HasSubstr("URGENT: Madame Martin"));
  }
}

TEST_F(Scaip, AnAnswerInAMessageOfItsOwnCountsAndIsConfirmed) {
  Plan("then 0");
  for (const std::string transport : {"tcp", "udp"}) {
    const auto replica = Notifier(transport);
    const auto finding = MakeFinding("h1", "martin", "RULE-" + transport, "1");
    world_.Queue(finding);
    ASSERT_TRUE(Reaches(alert::v1::DELIVERY_STATE_DELIVERED, finding.alert_id())) << transport;
    EXPECT_TRUE(Eventually([&] { return Read("reply") == "SIP/2.0 200 OK 7 MESSAGE"; }));
    std::filesystem::remove(folder_.path() + "/reply");
  }
}

// The protocol has carried it; that anybody there has it, nobody has said.
TEST_F(Scaip, WithoutTheCentresWordItIsSentAndNoMore) {
  config_.mutable_timeout()->set_nanos(300'000'000);
  int number = 0;
  for (const std::string plan : {"bare", "other"}) {
    Plan(plan);
    const auto replica = Notifier("tcp");
    const auto finding = MakeFinding("h1", "martin", "RULE-" + plan, "1");
    world_.Queue(finding);
    EXPECT_TRUE(Reaches(alert::v1::DELIVERY_STATE_SENT, finding.alert_id())) << plan;
    EXPECT_EQ(Read(std::to_string(++number + 1) + ".sip"), "") << "once";
  }
}

TEST_F(Scaip, ACentreThatIsBusyIsAskedAgainUnderTheSameReference) {
  for (const std::string plan : {"status 6", "code 503", "code 486", "close"}) {
    Plan(plan);
    const auto replica = Notifier("tcp");
    const auto finding = MakeFinding("h1", "martin", "RULE-" + plan, "1");
    int number = 1;
    while (!Read(std::to_string(number) + ".sip").empty()) ++number;
    world_.Queue(finding);
    ASSERT_TRUE(Reaches(alert::v1::DELIVERY_STATE_FAILED_TEMPORARY, finding.alert_id())) << plan;
    Plan("status 0");
    world_.clock().Advance(absl::Seconds(10));
    ASSERT_TRUE(Reaches(alert::v1::DELIVERY_STATE_DELIVERED, finding.alert_id())) << plan;
    const std::string first = Read(std::to_string(number) + ".sip");
    EXPECT_NE(first, "");
    EXPECT_EQ(Read(std::to_string(number + 1) + ".sip"), first) << plan;
  }
}

TEST_F(Scaip, ACentreThatAsksForTimeIsGivenIt) {
  Plan("code 503 120");
  const auto replica = Notifier("tcp");
  world_.Queue(kFall);
  ASSERT_TRUE(Reaches(alert::v1::DELIVERY_STATE_FAILED_TEMPORARY));
  Plan("status 0");
  world_.clock().Advance(absl::Seconds(100));
  EXPECT_TRUE(StaysTrue([&] { return Read("2.sip").empty(); }));
  world_.clock().Advance(absl::Seconds(20));
  EXPECT_TRUE(Reaches(alert::v1::DELIVERY_STATE_DELIVERED));
}

TEST_F(Scaip, ARefusalIsForGood) {
  for (const std::string plan : {"status 2", "status 7", "status 12", "code 403", "code 603"}) {
    Plan(plan);
    const auto replica = Notifier("tcp");
    const auto finding = MakeFinding("h1", "martin", "RULE-" + plan, "1");
    world_.Queue(finding);
    EXPECT_TRUE(Reaches(alert::v1::DELIVERY_STATE_FAILED_PERMANENT, finding.alert_id())) << plan;
  }
}

TEST_F(Scaip, OverUdpWhatIsLostGoesOutAgain) {
  Plan("deaf 2");
  const auto replica = Notifier("udp");
  world_.Queue(kFall);
  ASSERT_TRUE(Reaches(alert::v1::DELIVERY_STATE_DELIVERED));
  EXPECT_EQ(Read("lost"), "2");
  EXPECT_EQ(Read("2.sip"), "") << "one call, whatever was lost of it";
}

TEST_F(Scaip, ACentreThatSaysNothingIsTriedAgain) {
  config_.mutable_timeout()->set_nanos(200'000'000);
  Plan("deaf");
  const auto replica = Notifier("udp");
  world_.Queue(kFall);
  ASSERT_TRUE(Reaches(alert::v1::DELIVERY_STATE_FAILED_TEMPORARY));
  centre_.Kill();
  world_.clock().Advance(absl::Hours(2));
  EXPECT_TRUE(Reaches(alert::v1::DELIVERY_STATE_FAILED_PERMANENT)) << "until the deadline";
}

TEST_F(Scaip, ACentreThatCannotShowItsNameGetsNothing) {
  config_.clear_ca_file();
  const auto replica = Notifier("tls");
  world_.Queue(kFall);
  EXPECT_TRUE(Reaches(alert::v1::DELIVERY_STATE_FAILED_TEMPORARY));
  EXPECT_EQ(Read("1.sip"), "");
  std::filesystem::remove(folder_.path() + "/fault");  // It has heard a handshake break off.
}

// The receipt of the one is enough: the webhook after it is not called.
TEST_F(Scaip, ItsReceiptEndsThePersonsOtherChannels) {
  const ChannelReplica replica(
      world_, WithChannels({Centre(Over("tcp")), WebhookTo("http://127.0.0.1:1/")}), "a",
      Calling());
  world_.Queue(kFall);
  ASSERT_TRUE(Reaches(alert::v1::DELIVERY_STATE_DELIVERED));
  world_.clock().Advance(absl::Seconds(25));
  EXPECT_TRUE(Eventually(
      [&] { return StateOf(world_, kAlert, "webhook") == alert::v1::DELIVERY_STATE_CANCELLED; }));
}

TEST_F(Scaip, WhoWeAreMustBeAnAddress) {
  for (const char* from : {"veille", "mailto:a@b", "sip:veille.example.org", "sip:a@b;user=phone",
                           "sip:a@b\r\nX: y"}) {
    config_.mutable_scaip()->set_from(from);
    const auto channels = MakeChannels(config_, world_.desk_options().clock);
    EXPECT_THAT(std::string(channels.status().message()),
                HasSubstr("notifier.channels.scaip.from: "))
        << from;
  }
}

}  // namespace
}  // namespace veille::notifier
