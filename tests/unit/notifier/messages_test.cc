// What people read outside a client, channel by channel.

#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

#include "veille/alert/v1/notification.pb.h"

#include "common/crypto/base64.h"
#include "common/crypto/web_push.h"
#include "services/notifier/core/chain.h"
#include "services/notifier/core/email_message.h"
#include "services/notifier/core/notification_text.h"
#include "services/notifier/core/push_message.h"
#include "services/notifier/core/webhook_message.h"

namespace veille::notifier {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// 24 November 2026, 21:14 in Paris.
const absl::Time kEvent = absl::FromUnixSeconds(1795551240);

Telling Fall(const std::string& language) {
  Telling telling;
  alert::v1::Alert& alert = telling.alert;
  alert.set_alert_id("h1.0123456789abcdef");
  alert.set_home_id("h1");
  alert.set_patient_id("martin");
  alert.set_patient_name("Madame Müller");
  alert.set_rule("FALL");
  alert.set_severity(alert::v1::SEVERITY_HIGH);
  alert.set_status(alert::v1::STATUS_ACTUAL);
  alert.set_zone("Europe/Paris");
  alert.mutable_reason()->set_fr("Chute, puis 30 s sans réponse.");
  alert.mutable_reason()->set_en("Fall, then no answer for 30 s.");
  SetTime(kEvent, *alert.mutable_event_time());
  SetTime(kEvent + absl::Seconds(2), *alert.mutable_receive_time());
  alert.mutable_evidence()->add_observations()->mutable_text()->set_en("48.85, 2.35");
  telling.reader.set_caregiver_id("anne");
  telling.reader.set_display_name("Anne");
  telling.reader.set_language(language);
  telling.channel.mutable_email()->set_address("anne@example.org");
  telling.version = 1;
  telling.step = 1;
  telling.tell_time = kEvent + absl::Seconds(3);
  telling.key = "0011223344556677";
  return telling;
}

TEST(NotificationText, SaysWhatWhoWhenAndHowUrgentInTheReadersLanguage) {
  EXPECT_EQ(Describe(Fall("fr")).title,
            "URGENT : Madame Müller, 21:14 - Chute, puis 30 s sans réponse");
  EXPECT_EQ(Describe(Fall("en")).title,
            "URGENT: Madame Müller, 21:14 - Fall, then no answer for 30 s");
  EXPECT_EQ(Describe(Fall("")).language, "fr");
  EXPECT_EQ(Describe(Fall("en-GB")).when, "on 2026-11-24 at 21:14 (Europe/Paris)");
  EXPECT_EQ(Describe(Fall("en")).line,
            "URGENT: Madame Müller, 21:14. Fall, then no answer for 30 s. Act now.");
}

// Peers' mistake: a drill that looks real.
TEST(NotificationText, MarksWhatIsNotReal) {
  Telling telling = Fall("fr");
  telling.alert.set_status(alert::v1::STATUS_EXERCISE);
  EXPECT_THAT(Describe(telling).title, HasSubstr("[EXERCICE] URGENT"));
  EXPECT_THAT(Describe(telling).line, HasSubstr("personne n'est en danger"));
  telling.alert.set_status(alert::v1::STATUS_TEST);
  EXPECT_THAT(Describe(telling).title, HasSubstr("[TEST]"));
}

TEST(NotificationText, LateNewsSaysItsAge) {
  Telling telling = Fall("fr");
  telling.alert.set_late(true);
  SetTime(kEvent + absl::Minutes(29), *telling.alert.mutable_receive_time());
  EXPECT_EQ(Describe(telling).when, "le 24/11/2026 à 21:14 (Europe/Paris), reçu 21:43");
  SetTime(kEvent + absl::Hours(10), *telling.alert.mutable_receive_time());
  EXPECT_EQ(Describe(telling).when, "le 24/11/2026 à 21:14 (Europe/Paris), reçu 25/11/2026 07:14");
}

TEST(NotificationText, IsCutBetweenCharacters) {
  EXPECT_EQ(Shortened("éééé", 8), "éééé");
  EXPECT_EQ(Shortened("éééé", 7), "éé…");
  EXPECT_EQ(Shortened("éééé", 6), "é…");
}

TEST(WebhookMessage, IsACloudEventThatSaysAllThatACallNeeds) {
  alert::v1::NotificationEvent event;
  const std::string body = WebhookBody(Fall("en"));
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(body, &event).ok()) << body;
  EXPECT_EQ(event.specversion(), "1.0");
  EXPECT_EQ(event.id(), "0011223344556677");
  EXPECT_EQ(event.source(), "/veille/homes/h1");
  EXPECT_EQ(event.type(), "io.veille.alert.v1.notification");
  EXPECT_EQ(event.subject(), "h1.0123456789abcdef");
  EXPECT_EQ(event.data().text(),
            "URGENT: Madame Müller, 21:14. Fall, then no answer for 30 s. Act now.");
  EXPECT_THAT(body, HasSubstr(R"("time":"2026-11-24T20:14:03Z")"));
  EXPECT_THAT(body, HasSubstr(R"("severity":"SEVERITY_HIGH","status":"STATUS_ACTUAL")"));
  EXPECT_THAT(body, Not(HasSubstr("48.85"))) << "evidence is for clients";
}

TEST(WebhookMessage, IsSignedWithItsTime) {
  // echo -n '1614265330.{"a":1}' | openssl dgst -sha256 -hmac 'a secret of ours'
  EXPECT_EQ(WebhookSignature("a secret of ours", absl::FromUnixSeconds(1614265330), "{\"a\":1}"),
            "t=1614265330,v1="
            "1a97b2af950015d82bb47d4f6d72fb2aec8db4bc73606cc5fd22af75ac81e4a0");
}

TEST(PushMessage, IsSmallAndReplacesWhatWaits) {
  const PushMessage push = DescribePush(Fall("fr"));
  EXPECT_EQ(push.urgency, "high");
  EXPECT_LE(push.topic.size(), 32U);
  EXPECT_EQ(push.ttl, absl::Hours(1));
  EXPECT_THAT(push.text, HasSubstr("URGENT"));
  EXPECT_THAT(push.text, Not(HasSubstr("48.85")));
  Telling newer = Fall("fr");
  newer.version = 7;
  EXPECT_EQ(DescribePush(newer).topic, push.topic);
}

TEST(PushMessage, FitsWhateverARuleSays) {
  Telling telling = Fall("fr");
  telling.alert.mutable_reason()->set_fr(std::string(10000, '\1'));
  telling.alert.set_patient_name(std::string(10000, '"'));
  EXPECT_LE(DescribePush(telling).text.size(), kMaxWebPushText);
}

TEST(PushMessage, IsLessUrgentTheLessItIs) {
  Telling telling = Fall("fr");
  telling.alert.set_severity(alert::v1::SEVERITY_MEDIUM);
  EXPECT_EQ(DescribePush(telling).urgency, "normal");
  telling.alert.set_severity(alert::v1::SEVERITY_LOW);
  EXPECT_EQ(DescribePush(telling).urgency, "low");
  telling.alert.set_severity(alert::v1::SEVERITY_TECHNICAL);
  EXPECT_EQ(DescribePush(telling).urgency, "very-low");
}

std::string Between(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) return "";
  const std::size_t start = at + from.size();
  return text.substr(start, text.find(to, start) - start);
}

// The decoded parts, in their order.
std::vector<std::string> Parts(const std::string& message) {
  const std::string boundary = "\r\n--" + Between(message, "boundary=\"", "\"");
  std::vector<std::string> parts;
  for (std::size_t at = message.find(boundary); at != std::string::npos;
       at = message.find(boundary, at + 1)) {
    const std::size_t body = message.find("\r\n\r\n", at);
    if (body == std::string::npos) break;
    std::string encoded = message.substr(body + 4, message.find("\r\n--", body) - body - 4);
    encoded.erase(std::remove_if(encoded.begin(), encoded.end(),
                                 [](char c) { return c == '\r' || c == '\n'; }),
                  encoded.end());
    parts.push_back(FromBase64(encoded).value_or("?"));
  }
  return parts;
}

const EmailFrame kFrame = {"veille@example.org", "https://veille.example.org/take/abc.def",
                           kEvent + absl::Seconds(5)};

TEST(EmailMessage, HasAPlainAndAnHtmlPartWithTheSameContent) {
  const std::string message = EmailMessage(Fall("en"), kFrame);
  EXPECT_THAT(message, HasSubstr("Content-Type: multipart/alternative; boundary="));
  const std::vector<std::string> parts = Parts(message);
  ASSERT_EQ(parts.size(), 2U);
  for (const std::string& part : parts) {
    EXPECT_THAT(part, HasSubstr("URGENT: Madame Müller, 21:14"));
    EXPECT_THAT(part, HasSubstr("Fall, then no answer for 30 s"));
    EXPECT_THAT(part, HasSubstr("https://veille.example.org/take/abc.def"));
    EXPECT_THAT(part, Not(HasSubstr("48.85")));
  }
  EXPECT_THAT(parts[1], HasSubstr("<html lang=\"en\">"));
}

TEST(EmailMessage, HasTheHeadersOfAMessageOfAMachine) {
  const std::string message = EmailMessage(Fall("en"), kFrame);
  for (const char* header :
       {"From: Veille <veille@example.org>\r\n", "To: <anne@example.org>\r\n",
        "Date: Tue, 24 Nov 2026 20:14:05 +0000\r\n", "Auto-Submitted: auto-generated\r\n",
        "Importance: high\r\n", "MIME-Version: 1.0\r\n", "Content-Language: en\r\n"}) {
    EXPECT_THAT(message, HasSubstr(header));
  }
}

TEST(EmailMessage, SentTwiceIsOneMail) {
  EmailFrame later = kFrame;
  later.send_time += absl::Minutes(5);
  const auto id = [](const std::string& message) { return Between(message, "Message-ID: <", ">"); };
  EXPECT_EQ(id(EmailMessage(Fall("en"), kFrame)), id(EmailMessage(Fall("en"), later)));
  Telling other = Fall("en");
  other.key = "another";
  EXPECT_NE(id(EmailMessage(Fall("en"), kFrame)), id(EmailMessage(other, kFrame)));
  EXPECT_THAT(id(EmailMessage(Fall("en"), kFrame)), HasSubstr("@example.org"));
}

TEST(EmailMessage, SubjectIsEncodedInWordsOf75CharactersThatCutNoCharacter) {
  Telling telling = Fall("fr");
  telling.alert.set_patient_name("Éléonore-Émilie de la Très Longue Dénomination");
  const std::string message = EmailMessage(telling, kFrame);
  std::string subject = Between(message, "Subject: ", "\r\nDate:");
  std::string text;
  for (std::size_t at = 0; at < subject.size();) {
    const std::size_t end = subject.find("\r\n ", at);
    const std::string word = subject.substr(at, end - at);
    EXPECT_LE(word.size(), 75U);
    text += FromBase64(Between(word, "=?UTF-8?B?", "?=")).value();
    at = end == std::string::npos ? subject.size() : end + 3;
  }
  EXPECT_EQ(text, Describe(telling).title);
}

// A name that would be a header, or HTML.
TEST(EmailMessage, WhatPeopleAreCalledStaysText) {
  Telling telling = Fall("en");
  telling.alert.set_patient_name("X\r\nBcc: all@example.org <script>");
  const std::string message = EmailMessage(telling, kFrame);
  EXPECT_THAT(message, Not(HasSubstr("\r\nBcc:")));
  for (const std::string& part : Parts(message)) EXPECT_THAT(part, Not(HasSubstr("\nBcc:")));
  EXPECT_THAT(Parts(message)[1], Not(HasSubstr("<script>")));
}

TEST(EmailMessage, NoLineIsLongerThanMailAllows) {
  const std::string message = EmailMessage(Fall("fr"), kFrame);
  for (std::size_t at = 0; at < message.size();) {
    const std::size_t end = message.find("\r\n", at);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - at, 998U);
    EXPECT_EQ(message.substr(at, end - at).find('\n'), std::string::npos);
    at = end + 2;
  }
}

}  // namespace
}  // namespace veille::notifier
