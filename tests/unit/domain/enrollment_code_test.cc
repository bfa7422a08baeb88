// The code that is typed on a hub.

#include "services/domain/identity/enrollment_code.h"

#include "gtest/gtest.h"

namespace veille::domain {
namespace {

const EnrollmentCode kCode{"0123456789ABCDEF", "GHJKMNPQRSTVWXYZ"};

TEST(EnrollmentCode, IsReadAsItIsWritten) {
  EXPECT_EQ(ToText(kCode), "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ");
  const auto read = ParseEnrollmentCode(ToText(kCode));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->secret, kCode.secret);
  EXPECT_EQ(read->pin, kCode.pin);
}

TEST(EnrollmentCode, TakesWhatPeopleType) {
  const auto read = ParseEnrollmentCode(" oi23 4567-89ab-cdef-GHJKMNPQRSTVwxyz ");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(ToText(*read), ToText(kCode));
}

TEST(EnrollmentCode, RefusesTheRestWithoutRepeatingIt) {
  for (const char* bad : {"", "0123", "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXY",
                          "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ-0", "U123-4567-89AB-CDEF"}) {
    const auto read = ParseEnrollmentCode(bad);
    EXPECT_TRUE(absl::IsInvalidArgument(read.status())) << bad;
    EXPECT_EQ(std::string(read.status().message()).find("89AB"), std::string::npos);
  }
}

TEST(EnrollmentCode, HasFiveBitsACharacter) {
  EXPECT_EQ(ToBase32(std::string(10, '\0')), "0000000000000000");
  EXPECT_EQ(ToBase32(std::string(10, '\xff')), "ZZZZZZZZZZZZZZZZ");
  EXPECT_EQ(PinOf(std::string(32, '\xff')).size(), kSecretCharacters);
}

}  // namespace
}  // namespace veille::domain
