// The link in an e-mail: whose it is, how long it holds, what its page shows.

#include "services/notifier/core/acknowledge_link.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "services/notifier/core/acknowledge_page.h"

namespace veille::notifier {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr char kKey[] = "a key of thirty-two bytes or more";

AcknowledgeLink LinkOf(const std::string& caregiver) {
  AcknowledgeLink link;
  link.alert_id = "h1.0123456789abcdef";
  link.caregiver_id = caregiver;
  link.version = 3;
  link.expiry = kNow + absl::Hours(24);
  return link;
}

TEST(AcknowledgeLink, SaysWhoseItIs) {
  const auto link = VerifyLink(SignLink(LinkOf("anne@example.org"), kKey), kKey, kNow);
  ASSERT_TRUE(link.ok()) << link.status();
  EXPECT_EQ(link->alert_id, "h1.0123456789abcdef");
  EXPECT_EQ(link->caregiver_id, "anne@example.org");
  EXPECT_EQ(link->version, 3U);
}

TEST(AcknowledgeLink, IsRefusedWhenAnythingOfItWasChanged) {
  const std::string token = SignLink(LinkOf("anne"), kKey);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    // The last digit of base64 has bits that say nothing.
    changed[i] = changed[i] == 'A' ? 'Q' : 'A';
    if (changed == token || i + 1 == token.size() || token[i + 1] == '.') continue;
    EXPECT_TRUE(absl::IsInvalidArgument(VerifyLink(changed, kKey, kNow).status())) << i;
  }
  EXPECT_FALSE(VerifyLink(token, "another key of thirty-two bytes..", kNow).ok());
  EXPECT_FALSE(VerifyLink("", kKey, kNow).ok());
  EXPECT_FALSE(VerifyLink(".", kKey, kNow).ok());
}

TEST(AcknowledgeLink, ExpiresAtItsTime) {
  const std::string token = SignLink(LinkOf("anne"), kKey);
  EXPECT_TRUE(VerifyLink(token, kKey, kNow + absl::Hours(24) - absl::Seconds(1)).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(VerifyLink(token, kKey, kNow + absl::Hours(24)).status()));
}

TEST(AcknowledgeLink, HasOneUseOfItsOwnForEachTelling) {
  AcknowledgeLink later = LinkOf("anne");
  later.version = 4;
  EXPECT_EQ(LinkOf("anne").request_id(), LinkOf("anne").request_id());
  EXPECT_NE(LinkOf("anne").request_id(), LinkOf("marc").request_id());
  EXPECT_NE(LinkOf("anne").request_id(), later.request_id());
}

alert::v1::Alert AlertOf(alert::v1::Handling handling) {
  alert::v1::Alert alert;
  alert.set_handling(handling);
  alert.set_severity(alert::v1::SEVERITY_HIGH);
  alert.set_patient_name("<Madame> Martin");
  alert.mutable_reason()->set_en("Fall & no answer");
  return alert;
}

care::v1::Member Anne() {
  care::v1::Member anne;
  anne.set_caregiver_id("anne");
  anne.set_language("en");
  return anne;
}

TEST(AcknowledgePage, HasAButtonForWhatNobodyHasTaken) {
  const std::string page =
      AcknowledgePage(AlertOf(alert::v1::HANDLING_UNACKNOWLEDGED), Anne(), false);
  EXPECT_THAT(page, HasSubstr("<form method=\"post\"><button>I take it: I&#39;m going"));
  EXPECT_THAT(page, HasSubstr("&lt;Madame&gt; Martin"));
  EXPECT_THAT(page, HasSubstr("Fall &amp; no answer"));
  EXPECT_THAT(page, Not(HasSubstr("<Madame>")));
}

TEST(AcknowledgePage, SaysWhoHasTakenIt) {
  alert::v1::Alert alert = AlertOf(alert::v1::HANDLING_ACKNOWLEDGED);
  alert.set_acknowledged_by("anne");
  EXPECT_THAT(AcknowledgePage(alert, Anne(), false), HasSubstr("You have taken this alert"));
  alert.set_acknowledged_by("marc");
  EXPECT_THAT(AcknowledgePage(alert, Anne(), false), HasSubstr("Somebody else"));
  EXPECT_THAT(AcknowledgePage(AlertOf(alert::v1::HANDLING_CLOSED), Anne(), false),
              Not(HasSubstr("<form")));
}

TEST(AcknowledgePage, OffersALinkThatWasUsedNoSecondTime) {
  const std::string page =
      AcknowledgePage(AlertOf(alert::v1::HANDLING_UNACKNOWLEDGED), Anne(), true);
  EXPECT_THAT(page, Not(HasSubstr("<form")));
  EXPECT_THAT(page, HasSubstr("NOBODY HAS TAKEN THIS ALERT. This link was used before"));
}

TEST(AcknowledgePage, SaysThatAnAnswerHoldsWhereSeveralAreAskedFor) {
  alert::v1::Alert alert = AlertOf(alert::v1::HANDLING_UNACKNOWLEDGED);
  alert.add_accepted_by("anne");
  for (const bool used : {false, true}) {
    const std::string page = AcknowledgePage(alert, Anne(), used);
    EXPECT_THAT(page, HasSubstr("You have said that you are going"));
    EXPECT_THAT(page, Not(HasSubstr("<form")));
  }
}

}  // namespace
}  // namespace veille::notifier
