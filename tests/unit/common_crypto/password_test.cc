// scrypt and one-time passwords, by the vectors of their RFCs.

#include <set>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

#include "common/crypto/scrypt.h"
#include "common/crypto/totp.h"

namespace veille {
namespace {

// RFC 7914, section 12.
TEST(Scrypt, MakesTheHashesOfTheRfc) {
  EXPECT_EQ(absl::BytesToHexString(Scrypt("", "", {16, 1, 1}, 64)),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
            "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
  EXPECT_EQ(absl::BytesToHexString(Scrypt("password", "NaCl", {1024, 8, 16}, 64)),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
            "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
}

TEST(Scrypt, RefusesACostThatWouldTakeTheMachine) {
  EXPECT_EQ(Scrypt("password", "NaCl", {uint64_t{1} << 30, 8, 1}), "");
  EXPECT_EQ(Scrypt("password", "NaCl", {1000, 8, 1}), "");
}

// RFC 6238, appendix B, with SHA-1: the last six of its eight digits.
TEST(Totp, MakesTheCodesOfTheRfc) {
  const std::string secret = "12345678901234567890";
  const std::pair<int64_t, const char*> kVectors[] = {
      {59, "94287082"},         {1111111109, "07081804"}, {1111111111, "14050471"},
      {1234567890, "89005924"}, {2000000000, "69279037"}, {20000000000, "65353130"}};
  for (const auto& [seconds, code] : kVectors) {
    const absl::Time now = absl::FromUnixSeconds(seconds);
    EXPECT_EQ(Hotp(secret, TotpStep(now), 8), code);
    EXPECT_EQ(CheckTotp(secret, std::string(code).substr(2), now, 0), TotpStep(now));
  }
}

TEST(Totp, TakesAStepOnce) {
  const std::string secret = "12345678901234567890";
  const absl::Time now = absl::FromUnixSeconds(1111111109);
  const std::string code = Hotp(secret, TotpStep(now));
  const auto step = CheckTotp(secret, code, now, 0);
  ASSERT_TRUE(step.has_value());
  EXPECT_FALSE(CheckTotp(secret, code, now, *step).has_value());
  EXPECT_TRUE(CheckTotp(secret, Hotp(secret, *step + 1), now, *step).has_value());
}

TEST(Totp, AllowsAClockThatIsHalfAMinuteOffAndNoMore) {
  const std::string secret = "12345678901234567890";
  const absl::Time now = absl::FromUnixSeconds(1111111109);
  const uint64_t step = TotpStep(now);
  EXPECT_TRUE(CheckTotp(secret, Hotp(secret, step - 1), now, 0).has_value());
  EXPECT_TRUE(CheckTotp(secret, Hotp(secret, step + 1), now, 0).has_value());
  EXPECT_FALSE(CheckTotp(secret, Hotp(secret, step - 2), now, 0).has_value());
  EXPECT_FALSE(CheckTotp(secret, Hotp(secret, step + 2), now, 0).has_value());
  EXPECT_FALSE(CheckTotp(secret, "", now, 0).has_value());
}

// RFC 4648, section 10.
TEST(Totp, WritesASecretAsAppsReadIt) {
  EXPECT_EQ(Base32("foobar"), "MZXW6YTBOI");
  EXPECT_EQ(Base32("fooba"), "MZXW6YTB");
  EXPECT_EQ(TotpUri("fooba", "Veille", "anne"),
            "otpauth://totp/Veille:anne?secret=MZXW6YTB&issuer=Veille");
}

}  // namespace
}  // namespace veille
