// What a telecare alarm centre gets, and what is believed of what it says.

#include "services/notifier/core/scaip_message.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "services/notifier/core/chain.h"

namespace veille::notifier {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Telling Fall() {
  Telling telling;
  telling.alert.set_rule("FALL");
  telling.alert.set_severity(alert::v1::SEVERITY_HIGH);
  telling.alert.set_patient_name("Madame <Martin> & fils");
  telling.alert.set_zone("Europe/Paris");
  telling.alert.mutable_reason()->set_en("Fall in the kitchen.");
  SetTime(absl::FromUnixSeconds(1795551243), *telling.alert.mutable_event_time());
  telling.reader.set_language("en");
  telling.channel.mutable_scaip()->set_controller_id("46701234567");
  telling.key = "8f3c0d9b5a7e1f42";
  return telling;
}

std::string Answer(const std::string& inside) { return "<mrs>" + inside + "</mrs>"; }

TEST(Scaip, ARequestSaysWhoWhatAndInWords) {
  EXPECT_EQ(ScaipRequest(Fall()),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<mrq><ref>8f3c0d9b5a7e1f42</ref><ver>01.00</ver><mty>ME</mty><cid>46701234567</cid>"
            "<dty>0005</dty><dte>Veille</dte><stc>0009</stc><stt>FALL</stt>"
            "<ite>URGENT: Madame &lt;Martin&gt; &amp; fils, 21:14. Fall in the kitchen. Act "
            "now.</ite></mrq>\n");
}

TEST(Scaip, WhatIsNoEmergencySaysSo) {
  Telling exercise = Fall();
  exercise.alert.set_status(alert::v1::STATUS_EXERCISE);
  EXPECT_THAT(ScaipRequest(exercise), HasSubstr("<stc>0102</stc>"));
  EXPECT_THAT(ScaipRequest(exercise), HasSubstr("<ite>[EXERCISE] "));
  Telling summary = Fall();
  summary.reason = alert::v1::Update::REASON_SUMMARY;
  EXPECT_THAT(ScaipRequest(summary), HasSubstr("<mty>IN</mty>"));
}

TEST(Scaip, NothingIsLongerThanItsElementAllows) {
  Telling telling = Fall();
  telling.alert.set_patient_name("Madame Martin");
  std::string sentence;
  for (int i = 0; i < 200; ++i) sentence += "é";
  telling.alert.mutable_reason()->set_en(sentence);
  telling.alert.set_rule(std::string(100, 'R'));
  const std::string request = ScaipRequest(telling);
  const std::size_t text = request.find("<ite>") + 5, status = request.find("<stt>") + 5;
  EXPECT_LE(request.find("</ite>") - text, 128U);
  EXPECT_LE(request.find("</stt>") - status, 32U);
  EXPECT_LE(request.size(), 1300U) << "over UDP (RFC 3428, section 8)";
  EXPECT_THAT(request, HasSubstr("<dty>0049</dty>")) << "a rule that nothing fits";
}

TEST(Scaip, AnAnswerIsItsReferenceAndItsStatus) {
  const auto answer = ReadScaipAnswer(
      "<?xml version=\"1.0\"?>\n<mrs>\n <ref>8f3c0d9b5a7e1f42</ref><snu>0</snu><ste>OK</ste>"
      "<mre>00</mre></mrs>");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->reference, "8f3c0d9b5a7e1f42");
  EXPECT_EQ(JudgeScaip(answer->status), ScaipVerdict::kTaken);
}

TEST(Scaip, WhatIsNotClearlyAnAnswerIsNone) {
  for (const std::string& xml :
       {std::string(), std::string("OK"), std::string("<mrs>"), Answer(""), Answer("<ref>a1</ref>"),
        Answer("<snu>0</snu>"), Answer("<ref>a1</ref><snu></snu>"),
        Answer("<ref>a1</ref><snu>-1</snu>"), Answer("<ref>a1</ref><snu>0x0</snu>"),
        Answer("<ref>a1</ref><snu>123456</snu>"), Answer("<ref>a1</ref><snu>0</snu><snu>3</snu>"),
        Answer("<ref>a 1</ref><snu>0</snu>"), Answer("<ref>12345678901234567</ref><snu>0</snu>"),
        Answer("<ref><b>a1</b></ref><snu>0</snu>"), Answer("<a><ref>a1</ref><snu>0</snu></a>"),
        std::string("<mrq><ref>a1</ref><snu>0</snu></mrq>"),
        "<!DOCTYPE mrs [<!ENTITY zero \"0\">]>" + Answer("<ref>a1</ref><snu>&zero;</snu>"),
        "<!DOCTYPE mrs SYSTEM \"http://127.0.0.1/x\">" + Answer("<ref>a1</ref><snu>0</snu>"),
        Answer("<ref>a1</ref><snu>0</snu>") + std::string(65536, ' ')})
    EXPECT_FALSE(ReadScaipAnswer(xml).ok()) << xml.substr(0, 100);
}

TEST(Scaip, OnlyWhatMayChangeIsAskedAgain) {
  for (const int status : {4, 5, 6}) EXPECT_EQ(JudgeScaip(status), ScaipVerdict::kLater) << status;
  for (const int status : {1, 2, 3, 7, 8, 99999})
    EXPECT_EQ(JudgeScaip(status), ScaipVerdict::kRefused) << status;
}

}  // namespace
}  // namespace veille::notifier
