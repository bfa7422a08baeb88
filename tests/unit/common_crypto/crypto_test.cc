// Cryptography, by the vectors of the RFCs that define it.

#include "gtest/gtest.h"

#include "common/crypto/base64.h"
#include "common/crypto/hmac.h"
#include "common/crypto/p256.h"
#include "common/crypto/vapid.h"
#include "common/crypto/web_push.h"

namespace veille {
namespace {

std::string Decoded(const char* text) { return FromBase64(text).value(); }

// RFC 8291, section 5 and appendix A.
constexpr char kText[] = "When I grow up, I want to be a watermelon";
constexpr char kSender[] = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
constexpr char kSenderPoint[] =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
constexpr char kReceiver[] = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
constexpr char kReceiverPoint[] =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
constexpr char kAuth[] = "BTBZMqHH6r4Tts7J_aSIgg";
constexpr char kSalt[] = "DGv6ra1nlYgDCS1FRnbzlw";
constexpr char kBody[] =
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6T"
    "lzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy"
    "4a-fN";

TEST(Base64, IsThatOfRfc4648) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64Url("\xfb\xff"), "-_8");
  EXPECT_EQ(FromBase64("-_8"), "\xfb\xff");
  EXPECT_EQ(FromBase64("+/8="), "\xfb\xff");
  EXPECT_EQ(FromBase64("Zm9v YmFy"), std::nullopt);
  EXPECT_EQ(FromBase64("A"), std::nullopt);
}

TEST(Hmac, IsThatOfRfc4231) {
  EXPECT_EQ(ToHex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_TRUE(EqualInConstantTime("abc", "abc"));
  EXPECT_FALSE(EqualInConstantTime("abc", "abd"));
  EXPECT_FALSE(EqualInConstantTime("abc", "ab"));
}

TEST(WebPush, EncryptsToTheBytesOfRfc8291) {
  const auto sender = P256Key::FromScalar(Decoded(kSender));
  ASSERT_TRUE(sender.ok()) << sender.status();
  EXPECT_EQ(Base64Url(sender->public_point()), kSenderPoint);
  const auto body =
      EncryptWebPush(kText, {Decoded(kReceiverPoint), Decoded(kAuth)}, *sender, Decoded(kSalt));
  ASSERT_TRUE(body.ok()) << body.status();
  EXPECT_EQ(Base64Url(*body), kBody);
}

TEST(WebPush, DecryptsTheBytesOfRfc8291) {
  const auto receiver = P256Key::FromScalar(Decoded(kReceiver));
  ASSERT_TRUE(receiver.ok());
  EXPECT_EQ(Base64Url(receiver->public_point()), kReceiverPoint);
  const auto text = DecryptWebPush(Decoded(kBody), *receiver, Decoded(kAuth));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, kText);
}

TEST(WebPush, RefusesWhatWasChangedOnItsWay) {
  const auto receiver = P256Key::FromScalar(Decoded(kReceiver));
  std::string body = Decoded(kBody);
  body.back() ^= 1;
  EXPECT_FALSE(DecryptWebPush(body, *receiver, Decoded(kAuth)).ok());
  EXPECT_FALSE(DecryptWebPush(body.substr(0, 80), *receiver, Decoded(kAuth)).ok());
}

TEST(WebPush, RefusesAPointThatIsNotOnTheCurveAndATextThatIsTooLong) {
  const auto sender = P256Key::FromScalar(Decoded(kSender));
  std::string point = Decoded(kReceiverPoint);
  point.back() ^= 1;
  EXPECT_FALSE(IsP256Point(point));
  EXPECT_TRUE(absl::IsInvalidArgument(
      EncryptWebPush(kText, {point, Decoded(kAuth)}, *sender, Decoded(kSalt)).status()));
  const WebPushReceiver receiver = {Decoded(kReceiverPoint), Decoded(kAuth)};
  const std::string most(kMaxWebPushText, 'x');
  EXPECT_EQ(EncryptWebPush(most, receiver, *sender, Decoded(kSalt))->size(), 4096U);
  EXPECT_FALSE(EncryptWebPush(most + "x", receiver, *sender, Decoded(kSalt)).ok());
}

TEST(Vapid, SignsOriginExpiryAndSubject) {
  const auto key = P256Key::Generate();
  ASSERT_TRUE(key.ok());
  const auto header =
      VapidAuthorization(*key, "https://push.example.net:8443/p/abc?d=1", "mailto:op@example.org",
                         absl::FromUnixSeconds(1453523768));
  ASSERT_TRUE(header.ok()) << header.status();
  const std::string suffix = ", k=" + Base64Url(key->public_point());
  ASSERT_EQ(header->substr(header->size() - suffix.size()), suffix);
  ASSERT_EQ(header->rfind("vapid t=", 0), 0U);
  const std::string token = header->substr(8, header->size() - 8 - suffix.size());
  const std::size_t second = token.rfind('.');
  EXPECT_EQ(FromBase64(token.substr(0, token.find('.'))), R"({"typ":"JWT","alg":"ES256"})");
  EXPECT_EQ(
      FromBase64(token.substr(token.find('.') + 1, second - token.find('.') - 1)),
      R"({"aud":"https://push.example.net:8443","exp":1453523768,"sub":"mailto:op@example.org"})");
  EXPECT_TRUE(VerifyEs256(key->public_point(), token.substr(0, second),
                          FromBase64(token.substr(second + 1)).value()));
  EXPECT_FALSE(VerifyEs256(key->public_point(), token.substr(1, second - 1),
                           FromBase64(token.substr(second + 1)).value()));
}

// The example of RFC 8292, section 2.4: made by another implementation.
TEST(Vapid, VerifiesTheTokenOfRfc8292) {
  const std::string point = Decoded(
      "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs");
  const std::string token =
      "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9."
      "eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NT"
      "M1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0";
  EXPECT_TRUE(VerifyEs256(
      point, token,
      Decoded(
          "i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1o"
          "A")));
}

// Made by `openssl ecparam -name prime256v1 -genkey -noout`.
TEST(P256, ReadsAKeyFromPemAndNothingElse) {
  EXPECT_FALSE(P256Key::FromPem("no key").ok());
  const auto key = P256Key::FromPem(
      "-----BEGIN EC PRIVATE KEY-----\n"
      "MHcCAQEEIHMaGCiJ8Z0t80r2n31OJgjsHAWFxoZzF1CaFTZvRRQ+oAoGCCqGSM49\n"
      "AwEHoUQDQgAEL/prJYqT2mCcbRj62KvmnWoziwYRuytKc2JTwQOynRUiMCKOAvKh\n"
      "1ElwsgADsixm6trxguORdij9uJTunnJ0tg==\n"
      "-----END EC PRIVATE KEY-----\n");
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_TRUE(IsP256Point(key->public_point()));
  const auto signature = key->Sign("text");
  ASSERT_TRUE(signature.ok());
  EXPECT_TRUE(VerifyEs256(key->public_point(), "text", *signature));
}

}  // namespace
}  // namespace veille
