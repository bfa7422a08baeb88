#include "common/crypto/password_strength.h"

#include "gtest/gtest.h"

namespace veille {
namespace {

TEST(PasswordStrength, CountsWordsThatAreTriedFirstForLittle) {
  const double unknown = PasswordBits("vandenbroucke", {});
  const double known = PasswordBits("vandenbroucke", {"Vandenbroucke"});
  EXPECT_GT(unknown, 30);
  EXPECT_LT(known, 3);
}

TEST(PasswordStrength, IsNoneOfAccents) {
  EXPECT_LT(PasswordBits("hélène", {"Helene"}), 3);
  EXPECT_LT(PasswordBits("HELENE", {"Hélène"}), 4);
}

TEST(PasswordStrength, KnowsKeysInARowOfAFrenchKeyboard) {
  EXPECT_LT(PasswordBits("azertyuiopqsdfgh", {}), 25);
  EXPECT_LT(PasswordBits("wxcvbn,;:", {}), 20);
}

TEST(PasswordStrength, GrowsWithWordsThatDoNotBelongTogether) {
  EXPECT_GT(PasswordBits("tisane verveine marteau dimanche", {"dimanche"}), 60);
}

TEST(PasswordStrength, TakesBytesOfAnyKind) {
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  for (std::size_t begin = 0; begin < all.size(); ++begin)
    EXPECT_GE(PasswordBits(all.substr(begin), {all.substr(begin, 20), "", std::string(200, 'x')}),
              0);
  EXPECT_EQ(PasswordBits("", {}), 0);
}

TEST(PasswordStrength, JudgesAStartOfBoundedLength) {
  const std::string start = "8yd,Kz!c4Wq2 tisane verveine marteau dim";
  ASSERT_EQ(start.size(), kMostJudgedBytes);
  EXPECT_EQ(PasswordBits(start, {}), PasswordBits(start + std::string(1 << 20, '1'), {}));
}

}  // namespace
}  // namespace veille
