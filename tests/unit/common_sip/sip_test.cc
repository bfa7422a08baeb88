// What goes out as SIP and what is believed of what comes back: RFC 3261, with its examples.

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "common/sip/message.h"
#include "common/sip/uri.h"

namespace veille::sip {
namespace {

using ::testing::HasSubstr;

std::string Answer(const std::string& extra = "", const std::string& body = "") {
  return "SIP/2.0 200 OK\r\n"
         "v: SIP/2.0/UDP 192.0.2.4:5060;branch=z9hG4bKnashds8;received=192.0.2.3,\r\n"
         " SIP/2.0/UDP second.example.org;branch=z9hG4bKother\r\n"
         "From: Bob <sip:bob@example.org>;tag=456248\r\n"
         "t:<sip:alarm@example.org>;tag=2493k59kd\r\n"
         "Call-ID: 843817637684230@998sdasdh09\r\n"
         "CSeq: 1 MESSAGE\r\n" +
         extra + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string FaultOf(const std::string& stream) {
  return std::string(ParseNext(stream).status().message());
}

TEST(SipUri, SaysWhereAndHowProtected) {
  const auto uri = ParseUri("sip:alarm@centre.example.org:5070;transport=TCP");
  ASSERT_TRUE(uri.ok()) << uri.status();
  EXPECT_EQ(uri->host, "centre.example.org");
  EXPECT_EQ(uri->port, 5070);
  EXPECT_EQ(uri->transport, Transport::kTcp);
  EXPECT_EQ(ParseUri("sip:a@b")->transport, Transport::kUdp);
  EXPECT_EQ(ParseUri("sip:a@b")->port, 5060);
  EXPECT_EQ(ParseUri("sips:a@b")->transport, Transport::kTls);
  EXPECT_EQ(ParseUri("sips:a@b;transport=tcp")->port, 5061);
  EXPECT_EQ(ParseUri("sip:b;transport=tls")->transport, Transport::kTls);
  const auto v6 = ParseUri("sip:a@[::1]:5061;transport=tls");
  ASSERT_TRUE(v6.ok());
  EXPECT_EQ(v6->host, "::1");
  EXPECT_TRUE(IsLoopback(*v6));
  EXPECT_FALSE(IsLoopback(*ParseUri("sip:localhost@example.org")));
}

TEST(SipUri, WhatWouldSayMoreIsRefused) {
  for (const char* text : {"",
                           "alarm@b",
                           "http://b",
                           "sip:",
                           "sip:a@",
                           "sip:@b",
                           "sip:a@b:0",
                           "sip:a@b:65536",
                           "sip:a@b:+5",
                           "sip:a@b:x",
                           "sip:a:secret@b",
                           "sip:a@b?subject=x",
                           "sip:a@b;lr",
                           "sip:a@b;transport=tls;lr",
                           "sips:a@b;transport=udp",
                           "sip:a@b\r\nX: y",
                           "sip:a b@c",
                           "sip:a@[::1",
                           "sip:a@[example]",
                           "sip:a@b>c",
                           "SIP:a@b"})
    EXPECT_FALSE(ParseUri(text).ok()) << text;
}

TEST(SipMessage, IsWhatTheRfcAsksFor) {
  const Message message =
      MakeMessage(*ParseUri("sips:alarm@centre.example.org"), "sip:veille@example.org",
                  "192.0.2.1:40000", {"z9hG4bKabc", "tag1", "call1"}, "text/plain", "hello");
  EXPECT_EQ(Serialize(message),
            "MESSAGE sips:alarm@centre.example.org SIP/2.0\r\n"
            "via: SIP/2.0/TLS 192.0.2.1:40000;branch=z9hG4bKabc;rport\r\n"
            "max-forwards: 70\r\n"
            "from: <sip:veille@example.org>;tag=tag1\r\n"
            "to: <sips:alarm@centre.example.org>\r\n"
            "call-id: call1\r\n"
            "cseq: 1 MESSAGE\r\n"
            "user-agent: veille\r\n"
            "content-type: text/plain\r\n"
            "content-length: 5\r\n"
            "\r\n"
            "hello");
}

TEST(SipMessage, IsReadWholeInAnyPieces) {
  const std::string stream = "\r\n\r\n" + Answer("", "one") + Answer("", "two");
  for (std::size_t size = 0; size + 1 < 4 + Answer("", "one").size(); ++size) {
    const auto part = ParseNext(stream.substr(0, size));
    ASSERT_TRUE(part.ok()) << size << part.status();
    EXPECT_FALSE(part->has_value()) << size;
  }
  const auto first = ParseNext(stream);
  ASSERT_TRUE(first.ok() && first->has_value());
  EXPECT_EQ((*first)->message.body, "one");
  const auto second = ParseNext(stream.substr((*first)->bytes));
  ASSERT_TRUE(second.ok() && second->has_value());
  EXPECT_EQ((*second)->message.body, "two");
  EXPECT_EQ((*second)->message.status, 200);
  EXPECT_TRUE(Answers((*second)->message, "z9hG4bKnashds8")) << "the topmost Via, folded or not";
  EXPECT_FALSE(Answers((*second)->message, "z9hG4bKother"));
}

TEST(SipMessage, WhereItEndsIsNotGuessed) {
  std::string none = Answer();
  none.erase(none.find("Content-Length"), std::string("Content-Length: 0\r\n").size());
  EXPECT_EQ(FaultOf(none), "no Content-Length");
  EXPECT_TRUE(ParseDatagram(none).ok()) << "a datagram ends by itself";
  EXPECT_EQ(FaultOf(Answer("l: 5\r\n")), "no usable Content-Length") << "two lengths";
  for (const char* length : {"-1", "1 1", "0x5", "", "99999999999", "65537"}) {
    const std::string text = "Content-Length: " + std::string(length) + "\r\n";
    std::string answer = none;
    answer.insert(answer.find("\r\n\r\n") + 2, text);
    EXPECT_EQ(FaultOf(answer), "no usable Content-Length") << length;
  }
  EXPECT_EQ(FaultOf(std::string(20'000, 'a')), "headers that do not end");
  EXPECT_FALSE(ParseDatagram(Answer("", "body").substr(0, Answer("", "body").size() - 1)).ok());
}

TEST(SipMessage, WhatIsNoSipIsRefused) {
  for (const std::string start :
       {"SIP/2.0 20 OK", "SIP/2.0 2000 OK", "SIP/2.0 999 OK", "SIP/2.0  200 OK", "SIP/1.0 200 OK",
        "MESSAGE sip:a@b", "MES SAGE sip:a@b SIP/2.0", "HTTP/1.1 200 OK", ""})
    EXPECT_FALSE(ParseNext(start + Answer().substr(14)).ok()) << start;
  EXPECT_TRUE(ParseNext("SIP/2.0 200" + Answer().substr(14)).ok()) << "a reason may be empty";
  for (const std::string line : {"no header\r\n", ": empty\r\n", "a b: c\r\n", "X: \x01\r\n"})
    EXPECT_FALSE(ParseNext(Answer(line)).ok()) << line;
  for (const char* required : {"v: ", "From: ", "t:", "Call-ID: ", "CSeq: "}) {
    std::string answer = Answer();
    answer.replace(answer.find(required), 1, "X");
    EXPECT_FALSE(ParseNext(answer).ok()) << required;
  }
}

TEST(SipMessage, AnAnswerGivesBackWhatItsRequestBrought) {
  const auto request = ParseDatagram(
      "MESSAGE sip:veille@example.org SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=1\r\n"
      "Via: SIP/2.0/TCP b;branch=2\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:veille@example.org>\r\n"
      "Call-ID: c\r\nCSeq: 7 MESSAGE\r\nSubject: x\r\n\r\nbody");
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(Serialize(ReplyTo(*request, 200, "OK", "ours")),
            "SIP/2.0 200 OK\r\nvia: SIP/2.0/TCP a;branch=1\r\nvia: SIP/2.0/TCP b;branch=2\r\n"
            "from: <sip:a@b>;tag=1\r\nto: <sip:veille@example.org>;tag=ours\r\ncall-id: c\r\n"
            "cseq: 7 MESSAGE\r\ncontent-length: 0\r\n\r\n");
}

TEST(SipMessage, RetryAfterIsReadWithItsComments) {
  const auto wait = [](const std::string& value) {
    return RetryAfter(*ParseDatagram(Answer("Retry-After: " + value + "\r\n")));
  };
  EXPECT_EQ(wait("18000;duration=3600"), absl::Seconds(18000));
  EXPECT_EQ(wait("120 (I'm in a meeting)"), absl::Seconds(120));
  EXPECT_EQ(wait("soon"), std::nullopt);
}

// RFC 3261, section 17.1.2.2: 500 ms, 1 s, 2 s, 4 s, 4 s; 4 s once the peer is at it.
TEST(SipMessage, OverUdpItGoesOutAgainLessAndLessOften) {
  EXPECT_EQ(RetransmitAfter(1, false), absl::Milliseconds(500));
  EXPECT_EQ(RetransmitAfter(2, false), absl::Seconds(1));
  EXPECT_EQ(RetransmitAfter(3, false), absl::Seconds(2));
  EXPECT_EQ(RetransmitAfter(4, false), absl::Seconds(4));
  EXPECT_EQ(RetransmitAfter(100, false), absl::Seconds(4));
  EXPECT_EQ(RetransmitAfter(1, true), absl::Seconds(4));
}

}  // namespace
}  // namespace veille::sip
