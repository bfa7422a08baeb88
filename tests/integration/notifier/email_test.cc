// E-mail against a real mail server with STARTTLS, and the door that its links lead to.

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "common/base/check.h"
#include "common/base/file.h"
#include "common/crypto/base64.h"
#include "services/notifier/adapters/acknowledge_door.h"
#include "services/notifier/adapters/channel_config.h"
#include "tests/integration/notifier/channel_world.h"
#include "tests/support/certificates.h"
#include "tests/support/http.h"
#include "tests/support/http_sink.h"
#include "tests/support/process.h"

namespace veille::notifier {
namespace {

using ::testing::HasSubstr;

constexpr char kKey[] = "the key of thirty-two bytes of links";
const store::v1::Finding kFall = MakeFinding("h1", "martin", "FALL", "1");
const std::string kAlert = kFall.alert_id();

class Mail : public ::testing::Test {
 protected:
  Mail()
      : authority_(folder_.path(), "mail-authority"),
        certificate_(authority_.Issue("server", {})),
        // The system's own: aiosmtpd is a package of the system's.
        server_({"/usr/bin/python3",
                 std::string(VEILLE_SOURCE_DIR) + "/tests/support/mail_server.py", folder_.path(),
                 certificate_.certificate_file, certificate_.key_file, "veille", "a password"},
                folder_.path() + "/server.log") {
    server_.Start();
    const bool up = Eventually([&] { return ReadFile(folder_.path() + "/port").ok(); });
    VEILLE_CHECK(up);
    const std::string port = *ReadFile(folder_.path() + "/port");
    Write("password", "a password\n");
    Write("link-key", std::string(kKey) + "\n");
    config_.set_ca_file(authority_.ca_file());
    config::v1::Email& email = *config_.mutable_email();
    email.set_server("127.0.0.1:" + port);
    email.set_sender("veille@example.org");
    email.set_username("veille");
    email.set_password_file(folder_.path() + "/password");
    email.mutable_acknowledge_link()->set_public_url("https://veille.example.org/");
    email.mutable_acknowledge_link()->set_address("127.0.0.1:0");
    email.mutable_acknowledge_link()->set_key_file(folder_.path() + "/link-key");
  }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(folder_.path() + "/" + name, text).ok());
  }
  Courier::Channels Mailing() {
    auto channels = MakeChannels(config_, world_.desk_options().clock);
    EXPECT_TRUE(channels.ok()) << channels.status();
    return channels.ok() ? *std::move(channels) : Courier::Channels();
  }
  // What the server took: the envelope in the first line.
  std::string Taken(int number) {
    return ReadFile(folder_.path() + "/" + std::to_string(number) + ".eml").value_or("");
  }
  bool Reaches(alert::v1::DeliveryState state) {
    return Eventually([&] { return StateOf(world_, kAlert, "email") == state; });
  }
  // What its plain part says.
  static std::string PlainPart(const std::string& message) {
    const std::size_t part = message.find("text/plain");
    const std::size_t body = message.find("\r\n\r\n", part) + 4;
    std::string encoded;
    for (const char c : message.substr(body, message.find("\r\n--", body) - body))
      if (c != '\r' && c != '\n') encoded += c;
    return FromBase64(encoded).value_or("");
  }
  // The path of its link.
  static std::string LinkIn(const std::string& message) {
    const std::string text = PlainPart(message);
    const std::size_t at = text.find(kTakePath);
    return at == std::string::npos ? "" : text.substr(at, text.find("\r\n", at) - at);
  }

  World world_;
  testing::TempFolder folder_;
  testing::Authority authority_;
  const testing::Authority::Files certificate_;
  testing::Process server_;
  config::v1::Channels config_;
  const std::shared_ptr<const domain::Registry> registry_ =
      WithChannels({EmailTo("anne@example.org")});
};

TEST_F(Mail, AFallIsOneMessageOverTls) {
  const ChannelReplica replica(world_, registry_, "a", Mailing());
  world_.Queue(kFall);
  ASSERT_TRUE(Reaches(alert::v1::DELIVERY_STATE_SENT));
  const std::string message = Taken(1);
  EXPECT_EQ(message.substr(0, message.find('\n')),
            "tls veille veille@example.org anne@example.org");
  EXPECT_THAT(message, HasSubstr("multipart/alternative"));
  EXPECT_THAT(PlainPart(message), HasSubstr("URGENT: Madame Martin"));
  EXPECT_EQ(Taken(2), "");
}

TEST_F(Mail, AServerThatIsNotReadyIsAskedAgainWithTheSameMessage) {
  Write("answer", "451 try later");
  const ChannelReplica replica(world_, registry_, "a", Mailing());
  world_.Queue(kFall);
  ASSERT_TRUE(Reaches(alert::v1::DELIVERY_STATE_FAILED_TEMPORARY));
  std::filesystem::remove(folder_.path() + "/answer");
  world_.clock().Advance(absl::Seconds(10));
  ASSERT_TRUE(Reaches(alert::v1::DELIVERY_STATE_SENT));
  EXPECT_EQ(Taken(2), "");
}

TEST_F(Mail, ARefusalIsForGood) {
  Write("answer", "550 no such mailbox");
  const ChannelReplica replica(world_, registry_, "a", Mailing());
  world_.Queue(kFall);
  EXPECT_TRUE(Reaches(alert::v1::DELIVERY_STATE_FAILED_PERMANENT));
}

// What concerns a person is told to nobody who cannot prove who they are.
TEST_F(Mail, AServerThatNobodyVouchesForGetsNothing) {
  const testing::Authority another(folder_.path(), "another");
  config_.set_ca_file(another.ca_file());
  const ChannelReplica replica(world_, registry_, "a", Mailing());
  world_.Queue(kFall);
  EXPECT_TRUE(Reaches(alert::v1::DELIVERY_STATE_FAILED_TEMPORARY));
  EXPECT_EQ(Taken(1), "");
}

TEST_F(Mail, AWrongPasswordIsNotTheMailboxesFault) {
  Write("password", "another password");
  const ChannelReplica replica(world_, registry_, "a", Mailing());
  world_.Queue(kFall);
  EXPECT_TRUE(Reaches(alert::v1::DELIVERY_STATE_FAILED_TEMPORARY));
  EXPECT_EQ(Taken(1), "");
}

TEST_F(Mail, TheLinkShowsAPageAndItsButtonTakesTheAlert) {
  ChannelReplica replica(world_, registry_, "a", Mailing());
  auto options = MakeDoorOptions(config_, world_.desk_options().clock);
  ASSERT_TRUE(options.ok() && options->has_value());
  const auto door = AcknowledgeDoor::Start(**options, replica.desk());
  ASSERT_TRUE(door.ok()) << door.status();
  const int port = (*door)->port();
  world_.Queue(kFall);
  ASSERT_TRUE(Reaches(alert::v1::DELIVERY_STATE_SENT));
  EXPECT_THAT(PlainPart(Taken(1)), HasSubstr("https://veille.example.org/take/"));
  const std::string link = LinkIn(Taken(1));

  // A scanner follows it.
  const std::string page = testing::HttpGet(port, link);
  EXPECT_THAT(page, HasSubstr("200 OK"));
  EXPECT_THAT(page, HasSubstr("<button>"));
  EXPECT_THAT(page, HasSubstr("Referrer-Policy: no-referrer"));
  EXPECT_EQ(replica.desk().Get(kAlert, "anne")->handling(), alert::v1::HANDLING_UNACKNOWLEDGED);

  EXPECT_THAT(testing::HttpPost(port, link), HasSubstr("You have taken this alert"));
  EXPECT_EQ(replica.desk().Get(kAlert, "anne")->acknowledged_by(), "anne");
  EXPECT_THAT(testing::HttpGet(port, link), HasSubstr("You have taken this alert"));

  // It is opened again: the link has had its use.
  auto again = kFall;
  again.set_finding_id(kAlert + "/again");
  again.mutable_decide_time()->set_seconds(30);
  ASSERT_TRUE(replica.desk().OnFinding(again, "1-2").ok());
  ASSERT_EQ(replica.desk().Get(kAlert, "anne")->handling(), alert::v1::HANDLING_UNACKNOWLEDGED);
  for (const std::string& spent : {testing::HttpGet(port, link), testing::HttpPost(port, link)}) {
    EXPECT_THAT(spent, HasSubstr("This link was used before"));
    EXPECT_THAT(spent, ::testing::Not(HasSubstr("<button>")));
  }
  EXPECT_EQ(replica.desk().Get(kAlert, "anne")->handling(), alert::v1::HANDLING_UNACKNOWLEDGED);
  ASSERT_TRUE(Eventually([&] { return !Taken(2).empty(); }));
  EXPECT_THAT(testing::HttpPost(port, LinkIn(Taken(2))), HasSubstr("You have taken this alert"));
}

TEST_F(Mail, TheDoorKnowsNothingThatItHasNotSigned) {
  ChannelReplica replica(world_, registry_, "a", Mailing());
  auto options = MakeDoorOptions(config_, world_.desk_options().clock);
  const auto door = AcknowledgeDoor::Start(**options, replica.desk());
  ASSERT_TRUE(door.ok());
  const int port = (*door)->port();
  world_.Queue(kFall);
  ASSERT_TRUE(Reaches(alert::v1::DELIVERY_STATE_SENT));
  const std::string link = LinkIn(Taken(1));
  EXPECT_THAT(testing::HttpPost(port, link.substr(0, link.size() - 4)), HasSubstr("404"));
  EXPECT_THAT(testing::HttpPost(port, "/take/"), HasSubstr("404"));
  EXPECT_THAT(testing::HttpPost(port, "/"), HasSubstr("404"));
  world_.clock().Advance(absl::Hours(24));
  EXPECT_THAT(testing::HttpPost(port, link), HasSubstr("410"));
  EXPECT_EQ(replica.desk().Get(kAlert, "anne")->handling(), alert::v1::HANDLING_UNACKNOWLEDGED);
}

TEST_F(Mail, SaysWhatIsWrongWithItsConfiguration) {
  const auto clock = world_.desk_options().clock;
  const auto reason = [&] { return std::string(MakeChannels(config_, clock).status().message()); };
  config_.mutable_email()->set_sender("Veille <veille@example.org>");
  EXPECT_THAT(reason(), HasSubstr("email.sender"));
  config_.mutable_email()->set_sender("veille@example.org");
  config_.mutable_email()->set_security(config::v1::Email::SECURITY_NONE);
  EXPECT_EQ(reason(), "") << "a server on this machine";
  config_.mutable_email()->set_server("mail.example.org:25");
  EXPECT_THAT(reason(), HasSubstr("email.security"));
  config_.mutable_email()->clear_security();
  Write("link-key", "short");
  EXPECT_THAT(reason(), HasSubstr("at least 32 bytes"));
}

}  // namespace
}  // namespace veille::notifier
