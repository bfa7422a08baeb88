// The vault on a real key store: what opens, what does not, and what becomes of destroyed keys.

#include "services/domain/vault/vault.h"

#include <filesystem>
#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/domain/keys.h"
#include "services/domain/vault/redis_key_store.h"
#include "services/domain/vault/rotation.h"
#include "tests/support/redis_server.h"

namespace veille::domain {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSentence[] = "Odette Vasseur left the bed";
constexpr Subject kOdette = {"home-7", "person-7"};
const absl::Time kNow = absl::FromUnixSeconds(1'795'000'000);

class VaultTest : public ::testing::Test {
 protected:
  VaultTest() : kek_file_(redis_.folder() + "/kek.keys") {
    EXPECT_TRUE(KeyRing::MakeFile(kek_file_).ok());
  }

  absl::StatusOr<std::shared_ptr<Vault>> TryOpen(std::size_t max_keys = 100) {
    Vault::Options options;
    options.kek_file = kek_file_;
    options.store = store_;
    options.max_keys = max_keys;
    options.follow = absl::ZeroDuration();
    return Vault::Open(std::move(options), metrics_);
  }
  std::string NewestId() { return KeyRing::Load(kek_file_).value().newest().id; }
  std::shared_ptr<Vault> Open(std::size_t max_keys = 100) { return TryOpen(max_keys).value(); }

  veille::testing::RedisServer redis_;
  const std::string kek_file_;
  const std::shared_ptr<RedisKeyStore> store_ = std::make_shared<RedisKeyStore>(redis_.endpoint());
  metrics::Registry metrics_;
};

TEST_F(VaultTest, AnotherProcessOpensWhatOneHasSealed) {
  const std::string sealed = Open()->Seal(kOdette, "record a", kSentence).value();
  EXPECT_TRUE(Vault::IsSealed(sealed));
  EXPECT_THAT(sealed, Not(HasSubstr("Odette")));
  EXPECT_EQ(Open()->Open("record a", sealed).value(), kSentence);
}

TEST_F(VaultTest, WhatWasMovedDoesNotOpen) {
  const auto vault = Open();
  const std::string sealed = vault->Seal(kOdette, "record a", kSentence).value();
  const std::string others = vault->Seal({"home-7", "person-8"}, "record a", "else").value();
  EXPECT_TRUE(absl::IsDataLoss(vault->Open("record b", sealed).status()));
  // The same bytes under the name of somebody else.
  std::string stolen = sealed;
  stolen.replace(stolen.find("person-7"), 8, "person-8");
  EXPECT_TRUE(absl::IsDataLoss(vault->Open("record a", stolen).status()));
  EXPECT_TRUE(vault->Open("record a", others).ok());
}

TEST_F(VaultTest, NoTurnedBitAndNoCutOpens) {
  const auto vault = Open();
  const std::string sealed = vault->Seal(kOdette, "record", kSentence).value();
  for (std::size_t bit = 8; bit < sealed.size() * 8; ++bit) {
    std::string turned = sealed;
    turned[bit / 8] = static_cast<char>(turned[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_TRUE(absl::IsDataLoss(vault->Open("record", turned).status())) << "bit " << bit;
  }
  for (std::size_t size = 1; size < sealed.size(); ++size)
    EXPECT_TRUE(absl::IsDataLoss(vault->Open("record", sealed.substr(0, size)).status())) << size;
}

TEST_F(VaultTest, ReadsWhatAnOlderVersionStoredInTheClear) {
  EXPECT_EQ(Open()->Open("record", "\x08\x01 clear").value(), "\x08\x01 clear");
  EXPECT_EQ(Open()->Open("record", "").value(), "");
  EXPECT_EQ(Vault::InTheClear()->Seal(kOdette, "record", "clear").value(), "clear");
  const std::string sealed = Open()->Seal(kOdette, "record", kSentence).value();
  EXPECT_TRUE(absl::IsFailedPrecondition(Vault::InTheClear()->Open("record", sealed).status()));
}

TEST_F(VaultTest, SealsTheSameOnlyWhereAsked) {
  const auto vault = Open();
  EXPECT_NE(vault->Seal(kOdette, "job", "x").value(), vault->Seal(kOdette, "job", "x").value());
  EXPECT_EQ(vault->SealSame(kOdette, "job", "x").value(),
            Open()->SealSame(kOdette, "job", "x").value());
}

TEST_F(VaultTest, ADestroyedKeyIsForgottenByAllAndNeverMadeAgain) {
  const auto one = Open(), other = Open();
  const std::string sealed = one->Seal(kOdette, "record", kSentence).value();
  ASSERT_TRUE(other->Open("record", sealed).ok());
  ASSERT_TRUE(one->Destroy(kOdette, kNow).ok());
  ASSERT_TRUE(other->CatchUp().ok());
  for (const auto& vault : {one, other, Open()}) {
    EXPECT_TRUE(absl::IsNotFound(vault->Open("record", sealed).status()));
    EXPECT_TRUE(absl::IsNotFound(vault->Seal(kOdette, "record", kSentence).status()));
  }
  EXPECT_TRUE(one->Seal({"home-7"}, "record", kSentence).ok()) << "the home's key is another";
  EXPECT_THAT(metrics_.Expose(), HasSubstr("veille_vault_gone_total"));
}

TEST_F(VaultTest, AKeyStoreThatWasSetBackMakesEverybodyAskAgain) {
  const auto vault = Open();
  const std::string sealed = vault->Seal(kOdette, "record", kSentence).value();
  ASSERT_TRUE(vault->Destroy({"home-8"}, kNow).ok());
  ASSERT_TRUE(store_->client().CommandSync({"FLUSHALL"}).ok());
  ASSERT_TRUE(vault->CatchUp().ok());
  EXPECT_EQ(vault->cached(), 0U);
  EXPECT_TRUE(absl::IsDataLoss(vault->Open("record", sealed).status()))
      << "lost, which is not erased";
}

TEST_F(VaultTest, AnEmptyKeyStoreInThePlaceOfALostOneIsRefused) {
  veille::testing::RedisServer data;
  EXPECT_TRUE(BindKeyStore(data.client(), store_->client()).ok());
  EXPECT_TRUE(BindKeyStore(data.client(), store_->client()).ok());
  ASSERT_TRUE(store_->client().CommandSync({"FLUSHALL"}).ok());
  const absl::Status status = BindKeyStore(data.client(), store_->client());
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("backup of the keys"));
}

TEST_F(VaultTest, KeepsAsManyKeysAsItMay) {
  const auto vault = Open(3);
  std::vector<std::string> sealed;
  for (int i = 0; i < 10; ++i)
    sealed.push_back(vault->Seal({"home-" + std::to_string(i)}, "record", "x").value());
  EXPECT_EQ(vault->cached(), 3U);
  for (const std::string& value : sealed) EXPECT_EQ(vault->Open("record", value).value(), "x");
  EXPECT_EQ(vault->cached(), 3U);
}

TEST_F(VaultTest, WarmsManyKeysInOneGo) {
  const auto vault = Open(5000);
  std::vector<std::string> names;
  for (int i = 0; i < 2500; ++i) names.push_back("h/home-" + std::to_string(i));
  ASSERT_TRUE(vault->Warm(names).ok());
  EXPECT_EQ(vault->cached(), 2500U);
}

TEST_F(VaultTest, TwoThatMakeAKeyAtOnceHaveTheSame) {
  const auto one = Open(), other = Open();
  std::vector<std::string> first(50), second(50);
  const auto seal = [](const std::shared_ptr<Vault>& vault, std::vector<std::string>& into) {
    for (std::size_t i = 0; i < into.size(); ++i)
      into[i] = vault->Seal({"home-" + std::to_string(i)}, "record", kSentence).value();
  };
  Worker thread("seal", [&] { seal(one, first); });
  seal(other, second);
  thread.Join();
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(Vault::KeyIdOf(first[i]), Vault::KeyIdOf(second[i]));
    EXPECT_TRUE(other->Open("record", first[i]).ok());
  }
}

TEST_F(VaultTest, RefusesAFileThatOthersMayRead) {
  ASSERT_EQ(chmod(kek_file_.c_str(), 0640), 0);
  const absl::Status status = TryOpen().status();
  EXPECT_TRUE(absl::IsPermissionDenied(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("chmod 600"));
}

TEST_F(VaultTest, SaysWhatIsWrongWithAFile) {
  for (const char* text : {"", "k1", "k1 abc\n", "# nothing\n"}) {
    ASSERT_TRUE(WriteFileAtomically(kek_file_, text).ok());
    EXPECT_TRUE(absl::IsInvalidArgument(TryOpen().status())) << text;
  }
}

TEST_F(VaultTest, AFileOfAnotherDeploymentOpensNothingAndForgetsNothing) {
  const std::string sealed = Open()->Seal(kOdette, "record", kSentence).value();
  EXPECT_TRUE(absl::IsAlreadyExists(KeyRing::MakeFile(kek_file_))) << "never over another";
  std::filesystem::remove(kek_file_);
  ASSERT_TRUE(KeyRing::MakeFile(kek_file_).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(TryOpen().status()));
}

TEST_F(VaultTest, RotatesWhileOthersGoOn) {
  const auto running = Open();
  const std::string before = running->Seal(kOdette, "record", kSentence).value();
  EXPECT_EQ(RotateKeys(*store_, kek_file_).value().rewrapped, 1U);
  EXPECT_EQ(RemoveUnusedKeks(*store_, kek_file_).value(), 1U);
  // It has not heard of the new one: it learns when it makes a key.
  EXPECT_TRUE(running->Seal({"home-9"}, "record", kSentence).ok());
  EXPECT_EQ(CountKeys(*store_).value().by_kek,
            (std::map<std::string, std::size_t>{{NewestId(), 2}}));
  for (const auto& vault : {running, Open()})
    EXPECT_EQ(vault->Open("record", before).value(), kSentence);
}

// Stops after a number of replacements, as a killed process does.
class DyingStore : public RedisKeyStore {
 public:
  DyingStore(const redis::Endpoint& endpoint, int replacements)
      : RedisKeyStore(endpoint), left_(replacements) {}
  absl::Status Replace(const std::string& kek_id, const std::string& name,
                       const std::string& before, const std::string& after) override {
    if (left_-- == 0) return absl::UnavailableError("killed");
    return RedisKeyStore::Replace(kek_id, name, before, after);
  }

 private:
  int left_;
};

TEST_F(VaultTest, GoesOnWithARotationThatWasInterrupted) {
  const auto vault = Open();
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(vault->Seal({"home-" + std::to_string(i)}, "record", "x").ok());
  DyingStore dying(redis_.endpoint(), 4);
  EXPECT_FALSE(RotateKeys(dying, kek_file_).ok());
  EXPECT_EQ(RemoveUnusedKeks(*store_, kek_file_).value(), 0U) << "the old one still wraps";
  const Rotation rotation = RotateKeys(*store_, kek_file_).value();
  EXPECT_EQ(rotation.kek_id, NewestId());
  EXPECT_EQ(rotation.rewrapped, 6U);
  EXPECT_NE(RotateKeys(*store_, kek_file_).value().kek_id, rotation.kek_id)
      << "the next one is another";
}

TEST_F(VaultTest, TakesTheNewestLineOfAMountedSecret) {
  ASSERT_TRUE(Open()->Seal(kOdette, "record", "x").ok());
  ASSERT_TRUE(KeyRing::AddKey(kek_file_).ok());
  const std::string added = NewestId();
  EXPECT_EQ(RotateKeys(*store_, kek_file_).value().kek_id, added);
  EXPECT_EQ(KeyRing::Load(kek_file_).value().keys().size(), 2U);
}

TEST_F(VaultTest, ARotationLeavesDestroyedKeysDestroyed) {
  const auto vault = Open();
  const std::string sealed = vault->Seal(kOdette, "record", kSentence).value();
  ASSERT_TRUE(vault->Destroy(kOdette, kNow).ok());
  EXPECT_EQ(RotateKeys(*store_, kek_file_).value().rewrapped, 0U);
  EXPECT_TRUE(absl::IsNotFound(Open()->Open("record", sealed).status()));
}

// As many terminals, and instances that erase somebody, do at the same moment.
TEST_F(VaultTest, ManyThatRotateAndRemoveAtOnceLoseNothing) {
  const auto vault = Open();
  const std::string erased = vault->Seal(kOdette, "record", kSentence).value();
  std::vector<std::string> sealed;
  for (int i = 0; i < 10; ++i)
    sealed.push_back(vault->Seal({"home-" + std::to_string(i)}, "record", kSentence).value());
  {
    std::vector<std::unique_ptr<Worker>> rotating;
    for (int i = 0; i < 4; ++i) {
      rotating.push_back(std::make_unique<Worker>("rotate", [this] {
        RedisKeyStore own(redis_.endpoint());
        for (int round = 0; round < 3; ++round) {
          EXPECT_EQ(RotateKeys(own, kek_file_).status(), absl::OkStatus());
          EXPECT_EQ(RemoveUnusedKeks(own, kek_file_).status(), absl::OkStatus());
        }
      }));
    }
    const Worker erase("erase", [&] {
      RedisKeyStore own(redis_.endpoint());
      EXPECT_EQ(vault->Destroy(kOdette, kNow), absl::OkStatus());
      EXPECT_EQ(RotateKeys(own, kek_file_).status(), absl::OkStatus());
      EXPECT_EQ(RemoveUnusedKeks(own, kek_file_).status(), absl::OkStatus());
    });
    for (int i = 10; i < 20; ++i)
      sealed.push_back(vault->Seal({"home-" + std::to_string(i)}, "record", kSentence).value());
    for (const auto& worker : rotating) worker->Join();
  }
  for (const std::string& value : sealed)
    EXPECT_EQ(Open()->Open("record", value).value(), kSentence);
  EXPECT_EQ(CountKeys(*store_).value().by_kek,
            (std::map<std::string, std::size_t>{{NewestId(), 20}}));
  EXPECT_TRUE(absl::IsNotFound(Open()->Open("record", erased).status()));
  for (const auto& file : std::filesystem::directory_iterator(redis_.folder()))
    EXPECT_NE(file.path().extension(), ".tmp") << file.path();
}

TEST_F(VaultTest, AMachineWithAnotherFileStopsBeforeItChangesAnything) {
  const std::string sealed = Open()->Seal(kOdette, "record", kSentence).value();
  const std::string others = redis_.folder() + "/others.keys";
  std::filesystem::copy_file(kek_file_, others);
  ASSERT_TRUE(RotateKeys(*store_, kek_file_).ok());
  const std::string before = ReadFile(others).value();
  const absl::Status rotated = RotateKeys(*store_, others).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(rotated)) << rotated;
  EXPECT_THAT(std::string(rotated.message()), HasSubstr("Nothing was changed"));
  EXPECT_TRUE(absl::IsFailedPrecondition(RemoveUnusedKeks(*store_, others).status()));
  EXPECT_EQ(ReadFile(others).value(), before);
  EXPECT_EQ(Open()->Open("record", sealed).value(), kSentence);
}

// Begins a rotation of its own between another's look and its first step.
class RacedStore : public RedisKeyStore {
 public:
  using RedisKeyStore::RedisKeyStore;
  absl::Status SetCurrentKek(const std::string& before, const std::string& kek_id) override {
    EXPECT_TRUE(RedisKeyStore::SetCurrentKek(before, "k-of-another-machine").ok());
    return RedisKeyStore::SetCurrentKek(before, kek_id);
  }
};

TEST_F(VaultTest, OfTwoMachinesThatRotateAtOnceOneBegins) {
  ASSERT_TRUE(Open()->Seal(kOdette, "record", kSentence).ok());
  const std::string wraps = NewestId();
  RacedStore raced(redis_.endpoint());
  EXPECT_TRUE(absl::IsAborted(RotateKeys(raced, kek_file_).status()));
  EXPECT_EQ(store_->CurrentKek().value(), "k-of-another-machine");
  EXPECT_NE(KeyRing::Load(kek_file_).value().Find(wraps), nullptr);
  EXPECT_TRUE(absl::IsFailedPrecondition(RotateKeys(*store_, kek_file_).status()));
}

TEST_F(VaultTest, WhatWrapsNothingAnyMoreDoesNotBeginToWrapAgain) {
  ASSERT_TRUE(Open()->Seal(kOdette, "record", kSentence).ok());
  const std::string old = NewestId();
  ASSERT_TRUE(RotateKeys(*store_, kek_file_).ok());
  const StoredKey key = store_->List("").value().keys.at(0);
  EXPECT_TRUE(absl::IsAborted(store_->Replace(old, key.first, key.second, "x")));
}

}  // namespace
}  // namespace veille::domain
