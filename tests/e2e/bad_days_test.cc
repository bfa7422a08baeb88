// Bad days: Redis gone, full, emptied, of another size; a disk that fills; an entry that kills its
// judge; a second detector. Real processes and a real Redis.

#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"
#include <signal.h>

#include "common/base/file.h"
#include "common/redis/pipelined_client.h"
#include "common/rpc/status.h"
#include "common/time/clock.h"
#include "services/client/caregiver_client.h"
#include "services/domain/recordings/recording.h"
#include "tests/e2e/all_in_one.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/raw_hub.h"

namespace veille {
namespace {

using hub::v1::LANE_BULK;
using testing::AllInOne;
using testing::Deployment;
using testing::Events;
using testing::Eventually;
using testing::HomeZero;
using testing::kIncarnation;
using testing::RawHub;
using testing::Sos;

std::string Motion() {
  event::v1::Event event = domain::MakeEvent(SystemClock().Now(), "hall-motion");
  event.mutable_motion()->set_state(event::v1::Motion::STATE_DETECTED);
  return Events({event});
}

std::unique_ptr<client::CaregiverClient> Caregiver(const std::string& address,
                                                   const std::string& id) {
  client::CaregiverOptions options;
  options.address = address;
  options.caregiver_id = id;
  return *client::CaregiverClient::Create(options);
}

class BadDay : public ::testing::Test {
 protected:
  explicit BadDay(const config::v1::Config& more = {},
                  const std::vector<std::string>& detector_flags = {})
      : deployment_({HomeZero()}, more, detector_flags),
        anne_(Caregiver(deployment_.notifier_address(), "anne")),
        operator_(Caregiver(deployment_.notifier_address(), "operator")) {}

  static std::vector<alert::v1::Alert> AlertsOf(client::CaregiverClient& client,
                                                const std::string& rule) {
    std::vector<alert::v1::Alert> alerts;
    for (const auto& alert : client.List("", false, 1000).value_or(std::vector<alert::v1::Alert>()))
      if (alert.rule() == rule) alerts.push_back(alert);
    return alerts;
  }
  // How many times help was called for, over all alerts.
  uint32_t Calls() {
    uint32_t calls = 0;
    for (const auto& alert : AlertsOf(*anne_, "SOS")) calls += alert.occurrences();
    return calls;
  }
  std::string address() const { return deployment_.gateway_address(); }
  void Redis(std::vector<std::string> command) {
    const auto reply = deployment_.redis().client().CommandSync(std::move(command));
    ASSERT_TRUE(reply.ok()) << reply.status();
  }

  Deployment deployment_;
  std::unique_ptr<client::CaregiverClient> anne_, operator_;
};

TEST_F(BadDay, WhenRedisReturnsEverythingGoesOn) {
  RawHub hub(address());
  deployment_.redis().Kill();
  hub.Send(1, Events({Sos(1)}));
  hub.Send(1, Motion(), LANE_BULK);
  SleepReally(absl::Seconds(1));
  deployment_.redis().Restart();
  // On the stream that was open all along.
  EXPECT_TRUE(hub.WaitAck(1));
  EXPECT_TRUE(hub.WaitAck(1, LANE_BULK));
  EXPECT_TRUE(Eventually([this] {
    deployment_.Revive();
    return Calls() == 1;
  }));
}

class LittleMemory : public BadDay {
 protected:
  static config::v1::Config Limits() {
    config::v1::Config config;
    config.mutable_gateway()->set_max_total_bytes(2000);
    return config;
  }
  LittleMemory() : BadDay(Limits()) {}
};

TEST_F(LittleMemory, OfAGatewayWithoutRedisIsKeptByRefusalsThatSayWhenToReturn) {
  RawHub hub(address());
  deployment_.redis().Kill();
  for (uint64_t sequence = 1; sequence <= 64; ++sequence) hub.Send(sequence, Motion(), LANE_BULK);
  const absl::Status refused = rpc::FromGrpc(hub.End());
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_TRUE(rpc::RetryDelayOf(refused).has_value()) << refused;
  deployment_.redis().Restart();
  // Nothing that was not acknowledged is lost to the hub: it knows from where to send again.
  ASSERT_TRUE(Eventually([&] {
    RawHub again(address());
    if (!again.welcomed()) return false;
    const uint64_t next = again.welcome().last_bulk_sequence() + 1;
    again.Send(next, Motion(), LANE_BULK);
    return again.WaitAck(next, LANE_BULK);
  }));
}

TEST_F(BadDay, AFullRedisStopsBulkWhileAnSosIsToldAndTaken) {
  RawHub hub(address());
  // Less than what is in use: every command that needs memory is refused from here on.
  Redis({"CONFIG", "SET", "maxmemory", "1mb"});
  // More bulk than a window has room for: the SOS stands behind it.
  for (uint64_t sequence = 1; sequence <= 64; ++sequence) hub.Send(sequence, Motion(), LANE_BULK);
  hub.Send(1, Events({Sos(1)}));
  ASSERT_TRUE(hub.WaitAck(1));
  std::string id;
  EXPECT_TRUE(Eventually([&] {
    for (const auto& alert : AlertsOf(*anne_, "SOS")) id = alert.alert_id();
    return !id.empty();
  }));
  EXPECT_TRUE(anne_->Acknowledge(id).ok())
      << deployment_.Log(Deployment::kDetector) << deployment_.Log(Deployment::kNotifier);
  EXPECT_TRUE(Eventually(
      [&] { return deployment_.Metric(Deployment::kGateway, "veille_gateway_bulk_held") == 1; }));
  EXPECT_NE(deployment_.Log(Deployment::kGateway).find("maxmemory"), std::string::npos);
}

TEST_F(BadDay, BulkGoesOnWhenThereIsRoomAgain) {
  RawHub hub(address());
  Redis({"CONFIG", "SET", "maxmemory", "1mb"});
  ASSERT_TRUE(Eventually(
      [&] { return deployment_.Metric(Deployment::kGateway, "veille_gateway_bulk_held") == 1; }));
  hub.Send(1, Motion(), LANE_BULK);
  hub.Send(1, Events({Sos(1)}));
  ASSERT_TRUE(hub.WaitAck(1));
  Redis({"CONFIG", "SET", "maxmemory", "0"});
  // It was not kept, and not acknowledged: the hub is asked to send it again.
  EXPECT_EQ(hub.End().error_code(), grpc::StatusCode::UNAVAILABLE);
  RawHub again(address());
  EXPECT_EQ(again.welcome().last_bulk_sequence(), 0U);
  again.Send(1, Motion(), LANE_BULK);
  EXPECT_TRUE(again.WaitAck(1, LANE_BULK));
}

class Poison : public BadDay {
 protected:
  Poison() : BadDay({}, {"--test_crash_on=poison"}) {}
};

TEST_F(Poison, EntryIsPutAsideItsSosToldAndThePartitionGoesOn) {
  {
    RawHub hub(address());
    hub.correlation_id = "poison";
    hub.Send(1, Events({Sos(1)}));
    ASSERT_TRUE(hub.WaitAck(1));
    hub.correlation_id = "";
    hub.Send(2, Events({Sos(2)}));
    ASSERT_TRUE(hub.WaitAck(2));
  }
  EXPECT_TRUE(Eventually(
      [this] {
        deployment_.Revive();
        return Calls() == 2;
      },
      absl::Seconds(120)));
  EXPECT_TRUE(Eventually([&] { return AlertsOf(*operator_, "ENTRY_QUARANTINED").size() == 1; }));
  // The operators' business, not the family's.
  EXPECT_TRUE(AlertsOf(*anne_, "ENTRY_QUARANTINED").empty());
}

TEST_F(BadDay, OfTwoDetectorsTheOneThatWakesUpLateLetsGoAndNothingIsToldTwice) {
  testing::Process second({testing::VeilleBinary(), "detector",
                           "--config=" + deployment_.config_file(), "--instance_id=detector-1"},
                          deployment_.folder() + "/second.log");
  second.Start();
  RawHub hub(address());
  uint64_t pressed = 0;
  // One of the two owns the home; frozen, it keeps its idea of the lease while the other takes it.
  for (testing::Process* frozen : {&deployment_.process(Deployment::kDetector), &second}) {
    frozen->Signal(SIGSTOP);
    for (int i = 0; i < 5; ++i) {
      ++pressed;
      hub.Send(pressed, Events({Sos(pressed)}));
    }
    ASSERT_TRUE(hub.WaitAck(pressed));
    EXPECT_TRUE(Eventually([&] { return Calls() == pressed; })) << Calls() << " of " << pressed;
    frozen->Signal(SIGCONT);
  }
  ++pressed;
  hub.Send(pressed, Events({Sos(pressed)}));
  ASSERT_TRUE(hub.WaitAck(pressed));
  EXPECT_TRUE(Eventually([&] { return Calls() == pressed; }));
  SleepReally(absl::Seconds(1));
  EXPECT_EQ(Calls(), pressed);
}

// What a role says when it is started on this deployment, and ends.
std::string Refusal(const Deployment& deployment, const std::string& role,
                    const std::string& config_file) {
  const std::string log = deployment.folder() + "/refused.log";
  std::filesystem::remove(log);
  testing::Process process({testing::VeilleBinary(), role, "--config=" + config_file}, log);
  process.Start();
  EXPECT_EQ(process.Wait(absl::Seconds(60)), 1);
  return ReadFile(log).value_or("");
}

TEST_F(BadDay, WrongPartitionsSettingsAndAnEmptiedRedisAreRefusedWithTheReason) {
  std::string config = ReadFile(deployment_.config_file()).value();
  const std::string other = deployment_.folder() + "/other.textproto";
  config.insert(config.find("endpoint:"), "partitions: 12 ");
  ASSERT_TRUE(WriteFileAtomically(other, config).ok());
  for (const char* role : {"gateway", "detector", "notifier"}) {
    const std::string said = Refusal(deployment_, role, other);
    EXPECT_NE(said.find("redis.partitions is 12"), std::string::npos) << said;
    EXPECT_NE(said.find("made with 64"), std::string::npos) << said;
  }
  Redis({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  const std::string evicting = Refusal(deployment_, "gateway", deployment_.config_file());
  EXPECT_NE(evicting.find("noeviction"), std::string::npos) << evicting;
  Redis({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  Redis({"FLUSHALL"});
  const std::string empty = Refusal(deployment_, "detector", deployment_.config_file());
  EXPECT_NE(empty.find("no Veille deployment"), std::string::npos) << empty;
}

TEST_F(BadDay, ARedisThatIsEmptiedUnderUsIsNotFilledSilently) {
  RawHub hub(address());
  hub.Send(1, Events({Sos(1)}));
  ASSERT_TRUE(hub.WaitAck(1));
  Redis({"FLUSHALL"});
  for (int role = 0; role < Deployment::kRoles; ++role) {
    testing::Process& process = deployment_.process(static_cast<Deployment::Role>(role));
    EXPECT_EQ(process.Wait(absl::Seconds(60)), 1) << role;
    const std::string log = deployment_.Log(static_cast<Deployment::Role>(role));
    EXPECT_NE(log.find("no Veille deployment"), std::string::npos) << log;
  }
}

// --- `veille all`, with a redis-server of its own ---

bool Has(client::CaregiverClient& client, const std::string& rule) {
  for (const auto& alert : client.List("", false, 100).value_or(std::vector<alert::v1::Alert>()))
    if (alert.rule() == rule) return true;
  return false;
}

TEST(VeilleAll, ANearlyFullDiskStopsBulkAndSaysSoWhileAnSosIsTold) {
  // Every disk is fuller than this.
  AllInOne all("gateway { bulk_disk_ratio: 0.000001 }");
  all.process().Start();
  RawHub hub(all.gateway());
  ASSERT_TRUE(hub.welcomed()) << all.Log();
  ASSERT_TRUE(Eventually([&] { return all.Log().find("the disk is") != std::string::npos; }));
  hub.Send(1, Motion(), LANE_BULK);
  hub.Send(1, Events({Sos(1)}));
  EXPECT_TRUE(hub.WaitAck(1));
  const auto anne = Caregiver(all.notifier(), "anne");
  EXPECT_TRUE(Eventually([&] { return Has(*anne, "SOS"); })) << all.Log();
  RawHub again(all.gateway());
  EXPECT_EQ(again.welcome().last_bulk_sequence(), 0U);
}

TEST(VeilleAll, ZerosAfterTheLogsTailAreCutWithABackupAndOperatorsAreTold) {
  AllInOne all;
  all.process().Start();
  {
    RawHub hub(all.gateway());
    hub.Send(1, Events({Sos(1)}));
    ASSERT_TRUE(hub.WaitAck(1)) << all.Log();
  }
  all.process().Kill();
  const std::string folder = all.data() + "/redis/appendonlydir";
  bool damaged = false;
  // The redis-server ends with its parent, though not in the same instant.
  SleepReally(absl::Seconds(1));
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().string().find(".incr.") == std::string::npos) continue;
    std::ofstream(file.path(), std::ios::app | std::ios::binary) << std::string(4096, '\0');
    damaged = true;
  }
  ASSERT_TRUE(damaged);
  all.process().Start();
  RawHub hub(all.gateway());
  ASSERT_TRUE(hub.welcomed()) << all.Log();
  // What was acknowledged is there.
  EXPECT_EQ(hub.welcome().last_urgent_sequence(), 1U);
  EXPECT_NE(all.Log().find("repaired"), std::string::npos) << all.Log();
  const auto anne = Caregiver(all.notifier(), "anne");
  const auto operators = Caregiver(all.notifier(), "operator");
  EXPECT_TRUE(Eventually([&] { return Has(*anne, "SOS"); })) << all.Log();
  EXPECT_TRUE(Eventually([&] { return Has(*operators, "LOG_REPAIRED"); })) << all.Log();
}

TEST(VeilleAll, ItsRedisServerIsStartedAgainWhenItEnds) {
  AllInOne all;
  all.process().Start();
  RawHub hub(all.gateway());
  ASSERT_TRUE(hub.welcomed()) << all.Log();
  redis::PipelinedClient::Options options;
  options.endpoint.unix_socket = all.data() + "/redis/redis.sock";
  redis::PipelinedClient redis(options);
  ASSERT_TRUE(redis.WaitConnected(absl::Seconds(30)).ok());
  redis.CommandSync({"SHUTDOWN", "NOSAVE"}).IgnoreError();
  hub.Send(1, Events({Sos(1)}));
  EXPECT_TRUE(hub.WaitAck(1)) << all.Log();
}

TEST(VeilleAll, AnEmptiedDataFolderIsRefusedWithTheReason) {
  AllInOne all;
  all.process().Start();
  ASSERT_TRUE(RawHub(all.gateway()).welcomed()) << all.Log();
  EXPECT_EQ(all.process().Stop(), 0) << all.Log();
  std::filesystem::remove_all(all.data() + "/redis");
  all.process().Start();
  EXPECT_EQ(all.process().Wait(absl::Seconds(60)), 1);
  EXPECT_NE(all.Log().find("its data is gone"), std::string::npos) << all.Log();
}

TEST(VeilleAll, ASecondOneOnTheSameFolderIsRefused) {
  AllInOne all;
  all.process().Start();
  ASSERT_TRUE(RawHub(all.gateway()).welcomed()) << all.Log();
  testing::Process second({testing::VeilleBinary(), "all", "--data=" + all.data(),
                           "--config=" + all.data() + "/veille.textproto"},
                          all.data() + "/second.log");
  second.Start();
  EXPECT_EQ(second.Wait(absl::Seconds(60)), 1);
  const std::string said = ReadFile(all.data() + "/second.log").value_or("");
  EXPECT_NE(said.find(all.data()), std::string::npos) << said;
  // The first does not notice.
  EXPECT_TRUE(RawHub(all.gateway()).welcomed()) << all.Log();
}

}  // namespace
}  // namespace veille
