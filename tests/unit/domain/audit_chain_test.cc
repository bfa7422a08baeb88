#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

#include "services/domain/audit/chain.h"

namespace veille::domain {
namespace {

using ::testing::Test;

class AuditChain : public Test {
 protected:
  AuditChain() {
    for (int i = 1; i <= 6; ++i) {
      store::v1::AuditEntry entry;
      entry.set_actor("anne");
      entry.set_action("alert.get");
      entry.set_alert_id("h." + std::to_string(i));
      entries_.push_back(Chain(entry, head_));
      if (i == 4) Sign();
    }
    Sign();
  }
  void Sign() { checkpoints_.push_back(SignCheckpoint(3, head_, absl::UnixEpoch(), key_)); }
  std::vector<std::string> Verify() const {
    return VerifyAudit(3, entries_, head_, checkpoints_, key_.Public());
  }
  void ExpectFault(const std::string& part) const {
    const auto faults = Verify();
    ASSERT_FALSE(faults.empty());
    EXPECT_NE(faults.front().find(part), std::string::npos) << faults.front();
  }

  const SigningKey key_ = *SigningKey::Generate();
  AuditHead head_;
  std::vector<std::string> entries_;
  std::vector<store::v1::AuditCheckpoint> checkpoints_;
};

TEST_F(AuditChain, HoldsAsItWasWritten) { EXPECT_TRUE(Verify().empty()); }

TEST_F(AuditChain, AnEditIsFound) {
  store::v1::AuditEntry entry;
  ASSERT_TRUE(entry.ParseFromString(entries_[2]));
  entry.set_actor("marc");
  entries_[2] = entry.SerializeAsString();
  ExpectFault("entry 3 is not what entry 4 was written behind");
}

TEST_F(AuditChain, AnEditOfTheLastIsFound) {
  store::v1::AuditEntry entry;
  ASSERT_TRUE(entry.ParseFromString(entries_[5]));
  entry.set_outcome("OK");
  entries_[5] = entry.SerializeAsString();
  ExpectFault("the last entry, 6, was changed");
}

TEST_F(AuditChain, ADropIsFound) {
  entries_.erase(entries_.begin() + 1);
  ExpectFault("entry 2 is missing");
}

TEST_F(AuditChain, AnotherOrderIsFound) {
  std::swap(entries_[1], entries_[2]);
  EXPECT_FALSE(Verify().empty());
}

TEST_F(AuditChain, AnEntryTwiceIsFound) {
  entries_.insert(entries_.begin() + 2, entries_[1]);
  ExpectFault("entry 2 stands behind entry 2");
}

TEST_F(AuditChain, ACutEndIsFoundByTheHead) {
  entries_.pop_back();
  ExpectFault("the log was cut");
}

TEST_F(AuditChain, ACutEndWithItsHeadIsFoundByACheckpoint) {
  entries_.resize(5);
  head_ = {5, Sha256(entries_.back())};
  ExpectFault("a checkpoint was signed at entry 6, and the last is 5");
}

TEST_F(AuditChain, AChainThatWasWrittenAnewIsFoundByACheckpoint) {
  head_ = {};
  for (std::string& bytes : entries_) {
    store::v1::AuditEntry entry;
    ASSERT_TRUE(entry.ParseFromString(bytes));
    entry.set_actor("nobody");
    bytes = Chain(entry, head_);
  }
  ExpectFault("entry 4 is not the one that was signed");
}

TEST_F(AuditChain, AForgedCheckpointIsFound) {
  checkpoints_[0].set_hash("forged");
  ExpectFault("the signature of the checkpoint at entry 4 is wrong");
  const SigningKey other = *SigningKey::Generate();
  checkpoints_[0] = SignCheckpoint(3, head_, absl::UnixEpoch(), other);
  ExpectFault("is signed with another key");
}

TEST_F(AuditChain, CheckpointsOfOtherPartitionsSayNothing) {
  for (auto& checkpoint : checkpoints_) checkpoint.set_partition(4);
  EXPECT_TRUE(Verify().empty());
}

TEST(Ed25519, SignsAsRfc8032Says) {
  // RFC 8032, 7.1, TEST 2; the private key in PKCS #8.
  const auto key = SigningKey::FromPem(
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
      "-----END PRIVATE KEY-----\n");
  ASSERT_FALSE(SigningKey::FromPem("rubbish").ok());
  ASSERT_TRUE(key.ok()) << key.status();
  const std::string signature = key->Sign("\x72");
  EXPECT_EQ(absl::BytesToHexString(signature),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  EXPECT_TRUE(key->Public().Verify("\x72", signature));
  EXPECT_FALSE(key->Public().Verify("\x73", signature));
  const auto again = SigningKey::FromPem(key->ToPem());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->Sign("\x72"), signature);
}

}  // namespace
}  // namespace veille::domain
