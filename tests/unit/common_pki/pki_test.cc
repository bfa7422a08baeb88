// What an authority signs, what it refuses to sign, and who believes it, judged by OpenSSL itself.

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "common/base/file.h"
#include "common/pki/authority.h"
#include "common/pki/authority_folder.h"
#include "common/pki/certificate.h"
#include "common/pki/openssl.h"
#include "tests/support/process.h"

namespace veille::pki {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr absl::Duration kDay = absl::Hours(24);

AuthorityPems NewAuthority() { return *MakeAuthority("veille.test", kNow, kDay * 365); }

Authority::Issued Issue(const AuthorityPems& pems, const std::string& id, absl::Time now = kNow) {
  return *Authority::Load(pems)->Issue({MakeRequest()->request_pem, id, {}, now, kDay});
}

// OpenSSL's own judgement of a chain, for somebody who trusts these roots.
bool Believes(const std::string& trusted_pem, const std::string& chain_pem, absl::Time now = kNow) {
  const Owned<X509_STORE, X509_STORE_free> store(X509_STORE_new());
  const std::vector<Certificate> roots = ReadCertificates(trusted_pem);
  for (const Certificate& root : roots) X509_STORE_add_cert(store.get(), root.get());
  const std::vector<Certificate> chain = ReadCertificates(chain_pem);
  STACK_OF(X509)* others = sk_X509_new_null();
  for (const Certificate& certificate : chain) sk_X509_push(others, certificate.get());
  const Owned<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), chain[0].get(), others);
  X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_CLIENT);
  X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context.get()), absl::ToTimeT(now));
  const bool good = X509_verify_cert(context.get()) == 1;
  sk_X509_free(others);
  return good;
}

TEST(Authority, NamesExactlyTheIdThatWasOrdered) {
  const AuthorityPems pems = NewAuthority();
  const Authority::Issued issued = Issue(pems, "hub/h1");
  const CertificateInfo info = *Inspect(issued.chain_pem);
  EXPECT_THAT(info.uris, ElementsAre("spiffe://veille.test/hub/h1"));
  EXPECT_EQ(info.serial, issued.serial);
  EXPECT_EQ(info.not_after, kNow + kDay);
  EXPECT_LT(info.not_before, kNow);
  EXPECT_TRUE(Believes(pems.trusted, issued.chain_pem));
}

TEST(Authority, IsBelievedOnlyForItsTime) {
  const AuthorityPems pems = NewAuthority();
  const std::string chain = Issue(pems, "hub/h1").chain_pem;
  EXPECT_FALSE(Believes(pems.trusted, chain, kNow - kDay));
  EXPECT_FALSE(Believes(pems.trusted, chain, kNow + kDay + absl::Seconds(1)));
  EXPECT_FALSE(Believes(NewAuthority().trusted, chain));
}

TEST(Authority, RefusesWhatIsNoRequestAndOddIds) {
  const Authority authority = *Authority::Load(NewAuthority());
  const std::string good = MakeRequest()->request_pem;
  for (const char* id : {"h1", "hub/", "hub/a/b", "hub/..", "hub/a,URI:spiffe://x/svc/all", ""})
    EXPECT_FALSE(authority.Issue({good, id, {}, kNow, kDay}).ok()) << id;
  EXPECT_FALSE(authority.Issue({"", "hub/h", {}, kNow, kDay}).ok());
  EXPECT_FALSE(authority.Issue({good, "hub/h", {"a,URI:x"}, kNow, kDay}).ok());
  std::string damaged = good;
  damaged[damaged.size() / 2] = damaged[damaged.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(authority.Issue({damaged, "hub/h", {}, kNow, kDay}).ok());
}

TEST(Authority, RefusesKeysOfOtherKinds) {
  const Key key(EVP_EC_gen("P-384"));
  const std::string request = *RequestFor(WriteKey(key.get()));
  EXPECT_THAT(std::string(CheckRequest(request).status().message()), HasSubstr("P-256"));
}

TEST(Authority, SignsNothingThatOutlivesIt) {
  const AuthorityPems pems = *MakeAuthority("veille.test", kNow, absl::Hours(1));
  EXPECT_EQ(Issue(pems, "hub/h1").not_after, kNow + absl::Hours(1));
  EXPECT_FALSE(Authority::Load(pems)
                   ->Issue({MakeRequest()->request_pem, "hub/h1", {}, kNow + kDay, kDay})
                   .ok());
}

TEST(Authority, IsRotatedWithoutAnybodyBeingRefused) {
  const AuthorityPems old = NewAuthority();
  const AuthorityPems both = *RotateAuthority(old, kNow, kDay * 365);
  const AuthorityPems alone = *RetireOldRoots(both);
  const std::string before = Issue(old, "hub/h1").chain_pem;
  const std::string after = Issue(both, "hub/h1").chain_pem;
  // Who has not heard of it yet, who has, and who has forgotten the old root.
  EXPECT_TRUE(Believes(old.trusted, after));
  EXPECT_TRUE(Believes(both.trusted, before));
  EXPECT_TRUE(Believes(both.trusted, after));
  EXPECT_TRUE(Believes(alone.trusted, after));
  EXPECT_FALSE(Believes(alone.trusted, before));
  EXPECT_EQ(Authority::Load(alone)->trust_domain(), "veille.test");
}

TEST(Authority, StandsBelowSomebodyElsesRoot) {
  const AuthorityPems root = NewAuthority();
  // The next root without its own certificate is an intermediate.
  AuthorityPems below = *RotateAuthority(root, kNow, kDay * 365);
  const std::vector<Certificate> certificates = ReadCertificates(below.certificates);
  below.certificates = WriteCertificate(certificates[1].get());
  below.trusted = root.trusted;
  EXPECT_TRUE(Believes(root.trusted, Issue(below, "hub/h1").chain_pem));
  EXPECT_TRUE(absl::IsFailedPrecondition(RetireOldRoots(below).status()));
}

TEST(Authority, SaysWhatIsWrongWithItsParts) {
  const AuthorityPems good = NewAuthority(), other = NewAuthority();
  EXPECT_THAT(
      std::string(Authority::Load({"", good.certificates, good.trusted}).status().message()),
      HasSubstr("private key"));
  EXPECT_THAT(
      std::string(Authority::Load({other.key, good.certificates, good.trusted}).status().message()),
      HasSubstr("not that of its certificate"));
  EXPECT_THAT(std::string(Authority::Load({good.key, good.certificates, ""}).status().message()),
              HasSubstr("roots"));
  EXPECT_FALSE(MakeAuthority("two words", kNow, kDay).ok());
}

TEST(Bundle, HasADigestOfItsCertificatesWhateverTheirOrder) {
  const std::string a = NewAuthority().trusted, b = NewAuthority().trusted;
  EXPECT_EQ(*BundleDigest(a + b), *BundleDigest(b + "\n" + a + a));
  EXPECT_NE(*BundleDigest(a + b), *BundleDigest(a));
  EXPECT_FALSE(BundleDigest("").ok());
}

class Folder : public ::testing::Test {
 protected:
  std::string Ensure(absl::Time now = kNow) {
    return *ReadFile(*authority_.Ensure("svc/gateway", kDay, now));
  }

  const testing::TempFolder folder_;
  const AuthorityFolder authority_{folder_.path() + "/identity"};
};

TEST_F(Folder, MakesAnAuthorityOnce) {
  EXPECT_FALSE(authority_.HasAuthority());
  ASSERT_TRUE(authority_.MakeIfMissing("veille.test", kNow).ok());
  const std::string key = authority_.Load()->key_id();
  ASSERT_TRUE(authority_.MakeIfMissing("veille.test", kNow).ok());
  EXPECT_EQ(authority_.Load()->key_id(), key);
}

TEST_F(Folder, AnAuthorityThatLostItsKeyIsNotReplaced) {
  ASSERT_TRUE(authority_.MakeIfMissing("veille.test", kNow).ok());
  const std::string trusted = *ReadFile(authority_.trusted_file());
  for (const char* lost : {"/authority.key", "/authority.pem"}) {
    std::filesystem::remove(authority_.path() + lost);
    const absl::Status status = authority_.MakeIfMissing("veille.test", kNow);
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_NE(std::string(status.message()).find("restore it from the backup"), std::string::npos);
    EXPECT_EQ(*ReadFile(authority_.trusted_file()), trusted);
  }
}

TEST_F(Folder, AnAuthorityOfAnotherTrustDomainIsNotTakenForTheOneAskedFor) {
  ASSERT_TRUE(authority_.MakeIfMissing("veille.test", kNow).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(authority_.MakeIfMissing("other.test", kNow)));
  EXPECT_TRUE(authority_.MakeIfMissing("", kNow).ok());
  EXPECT_EQ(authority_.Load()->trust_domain(), "veille.test");
}

TEST_F(Folder, IsForItsOwnerOnly) {
  ASSERT_TRUE(authority_.MakeIfMissing("veille.test", kNow).ok());
  const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  for (const std::string& path : {authority_.path(), authority_.path() + "/authority.key",
                                  authority_.FileOf("svc/gateway")}) {
    Ensure();
    EXPECT_EQ(std::filesystem::status(path).permissions() & others, std::filesystem::perms::none)
        << path;
  }
}

TEST_F(Folder, RenewsAtTwoThirdsOfALifeAndAfterARotation) {
  ASSERT_TRUE(authority_.MakeIfMissing("veille.test", kNow).ok());
  const std::string first = Ensure();
  EXPECT_EQ(Ensure(kNow + absl::Hours(15)), first);
  const std::string second = Ensure(kNow + absl::Hours(17));
  EXPECT_NE(second, first);
  EXPECT_TRUE(KeyFits(second, second));
  ASSERT_TRUE(authority_.Rotate(kNow + absl::Hours(18)).ok());
  EXPECT_NE(Ensure(kNow + absl::Hours(18)), second);
}

TEST_F(Folder, RetiresAnOldRootOnlyWhenNobodyNeedsItAnyMore) {
  ASSERT_TRUE(authority_.MakeIfMissing("veille.test", kNow).ok());
  ASSERT_TRUE(authority_.Rotate(kNow).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(authority_.Rotate(kNow)));
  EXPECT_TRUE(absl::IsFailedPrecondition(authority_.Retire(kNow + kDay, 30 * kDay, false)));
  EXPECT_TRUE(authority_.Retire(kNow + kDay, 30 * kDay, true).ok());
  EXPECT_EQ(ReadCertificates(*ReadFile(authority_.trusted_file())).size(), 1u);
  EXPECT_TRUE(authority_.Rotate(kNow + kDay).ok());
}

}  // namespace
}  // namespace veille::pki
