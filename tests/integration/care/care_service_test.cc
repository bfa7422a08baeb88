// The care role as it is deployed: over gRPC, on a real Redis, with its audit log.

#include "gtest/gtest.h"
#include <grpcpp/grpcpp.h>

#include "veille/care/v1/care_service.grpc.pb.h"

#include "common/base/check.h"
#include "common/rpc/credentials.h"
#include "common/rpc/status.h"
#include "common/sync/worker.h"
#include "services/care/role.h"
#include "services/client/care_client.h"
#include "services/domain/audit/audit_log.h"
#include "services/domain/keys.h"
#include "tests/support/redis_server.h"
#include "tests/unit/care/fake_home_store.h"

namespace veille::care {
namespace {

using client::CareClient;
using testing::SmallHome;

constexpr int kPartitions = 4;

class CareService : public ::testing::Test {
 protected:
  CareService() { Start(); }

  void Start() {
    CareOptions options;
    options.config.mutable_rpc()->set_care_address("127.0.0.1:0");
    options.endpoint = redis_.endpoint();
    options.partitions = kPartitions;
    options.clock = std::make_shared<SystemClock>();
    options.metrics = &metrics_;
    options.audit_key = key_;
    auto care = Care::Start(options);
    VEILLE_CHECK(care.ok());
    care_ = *std::move(care);
  }

  std::unique_ptr<CareClient> Client(const std::string& actor) {
    CareClient::Options options;
    options.address = "127.0.0.1:" + std::to_string(care_->port());
    options.actor = actor;
    return *CareClient::Create(options);
  }

  absl::Status Create(const v1::HomeRecord& home, const std::string& request_id = "") {
    v1::CreateHomeRequest request;
    *request.mutable_home() = home;
    request.set_request_id(request_id);
    return Client("olga")->Call<v1::CreateHomeResponse>("CreateHome", request).status();
  }

  static v1::UpdateDeviceRequest Room(const std::string& room, const std::string& etag) {
    v1::UpdateDeviceRequest request;
    request.set_home_id("h");
    request.mutable_device()->set_device_id("door");
    request.mutable_device()->set_room(room);
    request.mutable_update_mask()->add_paths("room");
    request.set_etag(etag);
    return request;
  }

  absl::StatusOr<v1::GetDeviceResponse> Door() {
    v1::GetDeviceRequest request;
    request.set_home_id("h");
    request.set_device_id("door");
    return Client("olga")->Call<v1::GetDeviceResponse>("GetDevice", request);
  }

  const SigningKey key_ = *SigningKey::Generate();
  metrics::Registry metrics_;
  testing::RedisServer redis_;
  std::unique_ptr<Care> care_;
};

// Dropped, the name left "operator" in the audit log.
TEST_F(CareService, WhoeverSaysWhoTheyAreIsWrittenDownAsThatOrRefused) {
  v1::ListHomesRequest request;
  const std::string longer_than_any(65, 'a');
  for (const std::string& actor : {std::string("Jean Dupont"), longer_than_any})
    EXPECT_TRUE(absl::IsInvalidArgument(
        Client(actor)->Call<v1::ListHomesResponse>("ListHomes", request).status()))
        << actor;
  EXPECT_TRUE(Client("olga@amiens")->Call<v1::ListHomesResponse>("ListHomes", request).ok());
}

TEST_F(CareService, KeepsAHomeThroughARestartOfItsOwnAndOfRedis) {
  ASSERT_TRUE(Create(SmallHome("h")).ok());
  care_.reset();
  redis_.Kill();
  redis_.Restart();
  Start();
  const auto door = Door();
  ASSERT_TRUE(door.ok()) << door.status();
  EXPECT_EQ(door->device().role(), v1::ROLE_EXIT_DOOR);
}

TEST_F(CareService, EveryFaultArrivesWithItsField) {
  v1::HomeRecord home = SmallHome("h");
  home.set_zone("Europe/Nowhere");
  home.clear_sources();
  const absl::Status status = Create(home);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(rpc::ViolationsOf(status).size(), 2U);
}

TEST_F(CareService, OfTwoWritersWithOneEtagOneIsAborted) {
  ASSERT_TRUE(Create(SmallHome("h")).ok());
  const std::string etag = Door()->etag();
  absl::Status results[2];
  {
    std::vector<Worker> writers;
    for (int i = 0; i < 2; ++i) {
      writers.emplace_back("writer", [&, i] {
        results[i] = Client(i == 0 ? "anne" : "marc")
                         ->Call<v1::UpdateDeviceResponse>("UpdateDevice",
                                                          Room(i == 0 ? "hall" : "kitchen", etag))
                         .status();
      });
    }
  }
  EXPECT_NE(results[0].ok(), results[1].ok()) << results[0] << " " << results[1];
  EXPECT_TRUE(absl::IsAborted(results[0].ok() ? results[1] : results[0]));
  EXPECT_EQ(Door()->device().room(), results[0].ok() ? "hall" : "kitchen");
}

TEST_F(CareService, ManyWritersOfDifferentDevicesAllSucceed) {
  constexpr int kWriters = 4;
  v1::HomeRecord home = SmallHome("h");
  for (int i = 0; i < kWriters; ++i) home.add_devices()->set_device_id("d" + std::to_string(i));
  ASSERT_TRUE(Create(home).ok());
  absl::Status results[kWriters];
  {
    std::vector<Worker> writers;
    for (int i = 0; i < kWriters; ++i) {
      writers.emplace_back("writer", [&, i] {
        v1::UpdateDeviceRequest request = Room("room-" + std::to_string(i), "");
        request.mutable_device()->set_device_id("d" + std::to_string(i));
        results[i] =
            Client("olga")->Call<v1::UpdateDeviceResponse>("UpdateDevice", request).status();
      });
    }
  }
  v1::GetHomeRequest request;
  request.set_home_id("h");
  const auto now = Client("olga")->Call<v1::GetHomeResponse>("GetHome", request);
  for (int i = 0; i < kWriters; ++i) {
    EXPECT_TRUE(results[i].ok()) << results[i];
    EXPECT_EQ(now->home().devices(i + 1).room(), "room-" + std::to_string(i));
  }
}

TEST_F(CareService, TheSameRequestAtOnceCreatesOneHome) {
  v1::HomeRecord home = SmallHome("h");
  home.clear_home_id();
  absl::Status results[2];
  {
    std::vector<Worker> writers;
    for (auto& result : results)
      writers.emplace_back("writer", [&] { result = Create(home, "request-1"); });
  }
  EXPECT_TRUE(results[0].ok()) << results[0];
  EXPECT_TRUE(results[1].ok()) << results[1];
  const auto homes =
      Client("olga")->Call<v1::ListHomesResponse>("ListHomes", v1::ListHomesRequest());
  EXPECT_EQ(homes->homes_size(), 1);
}

TEST_F(CareService, EveryChangeIsInTheAuditLogWhichIsWhole) {
  ASSERT_TRUE(Create(SmallHome("h")).ok());
  ASSERT_TRUE(Door().ok());
  EXPECT_FALSE(
      Client("anne")->Call<v1::UpdateDeviceResponse>("UpdateDevice", Room("hall", "old")).ok());
  care_.reset();
  const int partition = domain::PartitionOf("h", kPartitions);
  const auto stored = domain::LoadAudit(redis_.client(), partition);
  ASSERT_TRUE(stored.ok()) << stored.status();
  std::string entries;
  for (const std::string& bytes : stored->entries) {
    store::v1::AuditEntry entry;
    ASSERT_TRUE(entry.ParseFromString(bytes));
    entries += entry.actor() + " " + entry.action() + " " + entry.outcome() + "\n";
  }
  EXPECT_EQ(entries,
            "olga care.home.create OK\n"
            "olga care.device.get OK door\n"
            "anne care.device.update ABORTED door\n");
  EXPECT_TRUE(domain::VerifyAudit(partition, stored->entries, stored->head, stored->checkpoints,
                                  key_.Public())
                  .empty());
}

// Without TLS no gate stands before the calls.
TEST_F(CareService, ATokenThatCallsInHasteIsHeldBackWithoutTlsAndThisMachineIsNot) {
  const auto stub =
      v1::CareService::NewStub(*rpc::MakeChannel("127.0.0.1:" + std::to_string(care_->port()), {}));
  const auto call = [&stub](const std::string& token) {
    grpc::ClientContext context;
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    v1::GetHomeRequest request;
    request.set_home_id("h");
    v1::GetHomeResponse response;
    return stub->GetHome(&context, request, &response).error_code();
  };
  // 500 at once; some come back while they are used up.
  int held = 0;
  for (int i = 0; i < 2000 && held == 0; ++i)
    held += call("guess") == grpc::StatusCode::RESOURCE_EXHAUSTED ? 1 : 0;
  EXPECT_EQ(held, 1);
  EXPECT_EQ(call("another"), grpc::StatusCode::UNAUTHENTICATED);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(call(""), grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace veille::care
