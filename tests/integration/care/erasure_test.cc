// Erasures by two instances of the role care at once, as a cluster runs them, with the
// key-encryption keys in a file that nobody but the operator writes.

#include <filesystem>
#include <fstream>
#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <grpcpp/grpcpp.h>

#include "veille/care/v1/care_service.pb.h"
#include "veille/rights/v1/rights_service.grpc.pb.h"

#include "common/base/check.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/crypto/aead.h"
#include "common/crypto/hmac.h"
#include "common/rpc/credentials.h"
#include "common/rpc/status.h"
#include "common/sync/worker.h"
#include "services/care/role.h"
#include "services/client/care_client.h"
#include "services/domain/audit/audit_log.h"
#include "services/domain/audit/erasure_certificate.h"
#include "services/domain/erasure_keys.h"
#include "services/domain/keys.h"
#include "services/domain/vault/key_ring.h"
#include "services/domain/vault/redis_key_store.h"
#include "services/domain/vault/rotation.h"
#include "tests/support/redis_server.h"
#include "tests/unit/care/fake_home_store.h"

namespace veille::care {
namespace {

using store::v1::Erasure;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr int kPartitions = 4;
constexpr char kPerson[] = "patient-h";
constexpr absl::Duration kPatience = absl::Seconds(60);

bool Eventually(const std::function<bool()>& holds) {
  const absl::Duration until = MonotonicNow() + kPatience;
  while (MonotonicNow() < until) {
    if (holds()) return true;
    SleepReally(absl::Milliseconds(20));
  }
  return false;
}

class Erasing : public ::testing::Test {
 protected:
  Erasing() : kek_file_(keys_redis_.folder() + "/kek.keys") {
    VEILLE_CHECK(domain::KeyRing::MakeFile(kek_file_).ok());
  }

  // What each of them carries out is counted; `after` is called, too.
  std::unique_ptr<Care> StartInstance(std::function<void(Erasure::State)> after = nullptr) {
    domain::Vault::Options vault;
    vault.kek_file = kek_file_;
    vault.store = std::make_shared<domain::RedisKeyStore>(keys_redis_.endpoint());
    CareOptions options;
    options.config.mutable_rpc()->set_care_address("127.0.0.1:0");
    options.endpoint = redis_.endpoint();
    options.partitions = kPartitions;
    options.clock = std::make_shared<SystemClock>();
    options.metrics = &metrics_;
    options.audit_key = key_;
    options.vault = *domain::Vault::Open(std::move(vault), metrics_);
    options.keys = CareOptions::Keys{keys_redis_.endpoint(), kek_file_};
    options.after_erasure_step = [this, after = std::move(after)](Erasure::State state) {
      {
        MutexLock lock(mu_);
        ++steps_[state];
      }
      if (after != nullptr) after(state);
    };
    auto care = Care::Start(options);
    VEILLE_CHECK(care.ok());
    return *std::move(care);
  }

  std::string NewestKek() const { return domain::KeyRing::Load(kek_file_).value().newest().id; }
  static std::string AddressOf(const Care& care) {
    return "127.0.0.1:" + std::to_string(care.port());
  }
  void Register(const Care& care) {
    const auto client = *client::CareClient::Create({.address = AddressOf(care), .actor = "olga"});
    for (const char* id : {"h", "neighbour"}) {
      v1::CreateHomeRequest request;
      *request.mutable_home() = testing::SmallHome(id);
      const auto created = client->Call<v1::CreateHomeResponse>("CreateHome", request);
      ASSERT_TRUE(created.ok()) << created.status();
    }
  }
  static absl::StatusOr<Erasure> Erase(const Care& care) {
    const auto stub = rights::v1::RightsService::NewStub(*rpc::MakeChannel(AddressOf(care), {}));
    grpc::ClientContext context;
    rights::v1::ErasePatientRequest request;
    rights::v1::ErasePatientResponse response;
    request.set_patient_id(kPerson);
    VEILLE_RETURN_IF_ERROR(rpc::FromGrpc(stub->ErasePatient(&context, request, &response)));
    return response.erasure();
  }
  // As it stands.
  Erasure Stored() {
    Erasure erasure;
    const auto reply =
        redis_.client().CommandSync({"HGET", domain::ErasuresKey(), std::string(kPerson)});
    if (reply.ok() && !reply->IsNil()) erasure.ParseFromString(std::string(reply->str()));
    return erasure;
  }
  bool Done() { return Stored().state() == Erasure::STATE_DONE; }

  int Audited(const std::string& action) {
    const int partition = domain::PartitionOf("h", kPartitions);
    int entries = 0;
    EXPECT_TRUE(domain::VisitAudit(redis_.client(), partition, [&](const auto& entry) {
                  if (entry.action() == action) ++entries;
                  return absl::OkStatus();
                }).ok());
    return entries;
  }
  std::map<Erasure::State, int> steps() {
    MutexLock lock(mu_);
    return steps_;
  }
  store::v1::ErasureCertificate Certificate() {
    const auto certificate =
        domain::VerifyErasure(domain::SignedErasureOf(Stored()), key_.Public());
    EXPECT_TRUE(certificate.ok()) << certificate.status();
    return certificate.value_or(store::v1::ErasureCertificate());
  }

  const SigningKey key_ = *SigningKey::Generate();
  metrics::Registry metrics_;
  testing::RedisServer redis_, keys_redis_;
  std::string kek_file_;
  Mutex mu_;
  std::map<Erasure::State, int> steps_ ABSL_GUARDED_BY(mu_);
};

TEST_F(Erasing, TwoInstancesAtOnceDoEachStepOnceAndSignOneCertificate) {
  const std::string first_kek = NewestKek();
  const auto one = StartInstance(), other = StartInstance();
  Register(*one);
  std::vector<absl::StatusOr<Erasure>> begun(2);
  {
    Worker first("one", [&] { begun[0] = Erase(*one); });
    Worker second("other", [&] { begun[1] = Erase(*other); });
  }
  ASSERT_TRUE(begun[0].ok() && begun[1].ok()) << begun[0].status() << begun[1].status();
  EXPECT_EQ(begun[0]->erasure_id(), begun[1]->erasure_id());
  ASSERT_TRUE(Eventually([this] { return Done(); })) << Stored().trouble();
  EXPECT_THAT(steps(), SizeIs(6));
  EXPECT_THAT(steps(), Each(Pair(::testing::_, 1)));
  const store::v1::ErasureCertificate certificate = Certificate();
  EXPECT_EQ(certificate.erasure_id(), begun[0]->erasure_id());
  EXPECT_EQ(certificate.erased().at("registered_home"), 1U);
  EXPECT_EQ(certificate.kek_removed(), first_kek);
  EXPECT_EQ(certificate.kek_after(), NewestKek());
  EXPECT_NE(NewestKek(), first_kek);
  one->Stop();
  other->Stop();
  EXPECT_EQ(Audited("rights.erased"), 1);
}

TEST_F(Erasing, WhatOneInstanceLeavesTheOtherFinishes) {
  // It hangs after its second step, and is stopped there.
  Mutex mu;
  CondVar changed;
  bool hangs = false, stopped = false;
  auto one = StartInstance([&](Erasure::State state) {
    MutexLock lock(mu);
    if (state != Erasure::STATE_KEYS_DESTROYED || stopped) return;
    hangs = true;
    changed.NotifyAll();
    while (!stopped) changed.Wait(mu);
  });
  Register(*one);
  ASSERT_TRUE(Erase(*one).ok());
  {
    MutexLock lock(mu);
    while (!hangs) ASSERT_TRUE(changed.WaitFor(mu, kPatience) || hangs);
  }
  const auto other = StartInstance();
  SleepReally(absl::Seconds(2));
  EXPECT_EQ(Stored().state(), Erasure::STATE_KEYS_DESTROYED) << "it is the other's turn";
  Worker stop("stop", [&] { one->Stop(); });
  SleepReally(absl::Milliseconds(100));
  {
    MutexLock lock(mu);
    stopped = true;
    changed.NotifyAll();
  }
  stop.Join();
  ASSERT_TRUE(Eventually([this] { return Done(); })) << Stored().trouble();
  EXPECT_THAT(steps(), Each(Pair(::testing::_, 1)));
  EXPECT_EQ(Certificate().patient_id(), kPerson);
}

TEST_F(Erasing, WithAMountedSecretItWaitsForTheOperatorTwiceAndSaysSo) {
  // Nobody can replace the file, as in a folder that is mounted read-only; root, who runs tests,
  // could in one that is merely not writable. So no longer name can stand beside it.
  const std::string mounted = keys_redis_.folder() + "/" + std::string(249, 'k');
  std::filesystem::rename(kek_file_, mounted);
  kek_file_ = mounted;
  const auto one = StartInstance(), other = StartInstance();
  Register(*one);
  const auto write = [this](const std::string& lines) {
    std::ofstream(kek_file_, std::ios::trunc) << lines;
  };
  const std::string before = ReadFile(kek_file_).value(), first_kek = NewestKek();
  ASSERT_TRUE(Erase(*one).ok());
  ASSERT_TRUE(Eventually([this] { return !Stored().trouble().empty(); }));
  EXPECT_THAT(Stored().trouble(), HasSubstr("add a line to the secret"));
  EXPECT_EQ(Stored().state(), Erasure::STATE_DELETED);
  EXPECT_THAT(Stored().certificate(), IsEmpty()) << "nothing is certified while it is pending";

  const std::string after = "k2 " + ToHex(AeadKey().bytes()) + "\n";
  write(before + after);
  ASSERT_TRUE(Eventually([&] {
    EXPECT_TRUE(Erase(*one).ok());
    return Stored().trouble().find("take every line but the newest out") != std::string::npos;
  })) << Stored().trouble();
  EXPECT_EQ(Stored().state(), Erasure::STATE_DELETED) << "the old one would still open copies";
  EXPECT_THAT(Stored().certificate(), IsEmpty());

  write(after);
  ASSERT_TRUE(Eventually([&] {
    EXPECT_TRUE(Erase(*other).ok());
    return Done();
  })) << Stored().trouble();
  EXPECT_EQ(Certificate().kek_removed(), first_kek);
  EXPECT_EQ(Certificate().kek_after(), "k2");
  EXPECT_THAT(Stored().trouble(), IsEmpty());
  // Everybody else's keys are wrapped by the new one alone.
  domain::RedisKeyStore store(keys_redis_.endpoint());
  EXPECT_THAT(domain::CountKeys(store).value().by_kek, Each(Pair("k2", ::testing::_)));
}

TEST_F(Erasing, TwoWhoRotateAtOnceLoseNoKey) {
  domain::Vault::Options options;
  options.kek_file = kek_file_;
  options.store = std::make_shared<domain::RedisKeyStore>(keys_redis_.endpoint());
  options.follow = absl::ZeroDuration();
  const auto vault = *domain::Vault::Open(options, metrics_);
  std::vector<std::string> sealed;
  for (int home = 0; home < 50; ++home) {
    sealed.push_back(vault->Seal({"h" + std::to_string(home)}, "place", "value").value());
  }
  const auto rotate = [this] {
    domain::RedisKeyStore store(keys_redis_.endpoint());
    for (int round = 0; round < 5; ++round) {
      EXPECT_TRUE(domain::RotateKeys(store, kek_file_).ok());
      EXPECT_TRUE(domain::RemoveUnusedKeks(store, kek_file_).ok());
    }
  };
  { Worker one("one", rotate), other("other", rotate); }
  EXPECT_THAT(domain::KeyRing::Load(kek_file_).value().keys(), SizeIs(1));
  const auto fresh = *domain::Vault::Open(options, metrics_);
  for (const std::string& value : sealed)
    EXPECT_EQ(fresh->Open("place", value).value_or(""), "value");
}

}  // namespace
}  // namespace veille::care
