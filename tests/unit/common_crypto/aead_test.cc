// AES-256-GCM, by NIST's vectors, and by everything that must not open.

#include "common/crypto/aead.h"

#include <set>
#include <vector>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

#include "common/crypto/hmac.h"

namespace veille {
namespace {

std::string Hex(const char* digits) { return FromHex(digits).value(); }

struct Vector {
  const char *key, *nonce, *associated, *text, *sealed, *tag;
};

// The GCM specification (McGrew, Viega), test cases 13 to 16, which NIST's validation suite takes
// up.
constexpr Vector kVectors[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18",
     "d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
     "b094dac5d93471bdec1a502270e3cc6c"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

TEST(Aead, OpensWhatTheStandardSeals) {
  for (const Vector& vector : kVectors) {
    const AeadKey key(Hex(vector.key));
    std::string text = "what was there";
    EXPECT_TRUE(key.Open(Hex(vector.associated),
                         Hex(vector.nonce) + Hex(vector.sealed) + Hex(vector.tag), text));
    EXPECT_EQ(absl::BytesToHexString(text), vector.text);
  }
}

TEST(Aead, OpensWhatItSealed) {
  const AeadKey key;
  for (const std::size_t size : std::vector<std::size_t>{0, 1, 15, 16, 17, 100'000}) {
    const std::string text(size, 'x');
    std::string message = "head", opened;
    key.Seal("who and what", text, message);
    ASSERT_EQ(message.substr(0, 4), "head");
    EXPECT_EQ(message.size(), 4 + AeadKey::kOverhead + size);
    EXPECT_TRUE(key.Open("who and what", message.substr(4), opened));
    EXPECT_EQ(opened, text);
  }
}

TEST(Aead, FindsEveryBitThatWasTurned) {
  const AeadKey key;
  std::string message, opened;
  key.Seal("place", "left the bed at 02:10", message);
  for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
    std::string turned = message;
    turned[bit / 8] = static_cast<char>(turned[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(key.Open("place", turned, opened)) << "bit " << bit;
    EXPECT_EQ(opened, "");
  }
}

TEST(Aead, DoesNotOpenElsewhereCutOrWithAnotherKey) {
  const AeadKey key, other;
  std::string message, opened;
  key.Seal("place", "left the bed at 02:10", message);
  EXPECT_FALSE(key.Open("another place", message, opened));
  EXPECT_FALSE(key.Open("", message, opened));
  EXPECT_FALSE(other.Open("place", message, opened));
  EXPECT_FALSE(key.Open("place", message + '\0', opened));
  for (std::size_t size = 0; size < message.size(); ++size)
    EXPECT_FALSE(key.Open("place", message.substr(0, size), opened)) << size;
}

TEST(Aead, NeverTakesANonceTwice) {
  const AeadKey key;
  std::set<std::string> nonces;
  for (int i = 0; i < 10'000; ++i) {
    std::string message;
    key.Seal("", "the same text", message);
    nonces.insert(message.substr(0, AeadKey::kNonceBytes));
  }
  EXPECT_EQ(nonces.size(), 10'000U);
}

TEST(Aead, SealsTheSameTextToTheSameBytesOnlyWhereAsked) {
  const AeadKey key, other;
  std::string first, again, elsewhere, longer, others, opened;
  key.SealSame("place", "text", first);
  key.SealSame("place", "text", again);
  key.SealSame("placet", "ext", elsewhere);
  key.SealSame("place", "text ", longer);
  other.SealSame("place", "text", others);
  EXPECT_EQ(first, again);
  const std::set<std::string> nonces = {first.substr(0, 12), elsewhere.substr(0, 12),
                                        longer.substr(0, 12), others.substr(0, 12)};
  EXPECT_EQ(nonces.size(), 4U);
  EXPECT_TRUE(key.Open("place", first, opened));
  EXPECT_EQ(opened, "text");
}

}  // namespace
}  // namespace veille
