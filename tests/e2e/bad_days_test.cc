// Bad days: Redis gone, full, emptied, of another size; a disk that fills; an entry that kills its
// judge; a second detector. Real processes and a real Redis.

#include <atomic>
#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"
#include <signal.h>

#include "veille/store/v1/checkpoint.pb.h"

#include "common/base/file.h"
#include "common/redis/pipelined_client.h"
#include "common/rpc/status.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/domain/keys.h"
#include "services/domain/recordings/recording.h"
#include "services/domain/vault/places.h"
#include "services/domain/vault/vault.h"
#include "tests/e2e/all_in_one.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/raw_hub.h"
#include "tests/e2e/watching.h"

namespace veille {
namespace {

using hub::v1::LANE_BULK;
using testing::AllInOne;
using testing::Deployment;
using testing::Events;
using testing::Eventually;
using testing::HomeZero;
using testing::kIncarnation;
using testing::MakeCaregiver;
using testing::RawHub;
using testing::Sos;
using testing::Watching;

std::string Motion() {
  event::v1::Event event = domain::MakeEvent(SystemClock().Now(), "hall-motion");
  event.mutable_motion()->set_state(event::v1::Motion::STATE_DETECTED);
  return Events({event});
}

class BadDay : public ::testing::Test {
 protected:
  explicit BadDay(const config::v1::Config& more = {},
                  const std::vector<std::string>& detector_flags = {},
                  const std::vector<care::v1::Home>& homes = {HomeZero()})
      : deployment_(homes, more, detector_flags),
        anne_(MakeCaregiver(deployment_.notifier_address(), "anne")),
        operator_(MakeCaregiver(deployment_.notifier_address(), "operator")) {}

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
  // Whether a role's log has these words.
  bool Says(Deployment::Role role, const std::string& words) const {
    return deployment_.Log(role).find(words) != std::string::npos;
  }
  // The detector that holds the lease of home-0's partition.
  std::string Owner() {
    const auto owner =
        deployment_.redis().client().CommandSync({"HGET", domain::LeaseKey(kPartition), "owner"});
    return owner.ok() ? std::string(owner->str()) : "";
  }
  void Redis(std::vector<std::string> command) {
    const auto reply = deployment_.redis().client().CommandSync(std::move(command));
    ASSERT_TRUE(reply.ok()) << reply.status();
  }

  static inline const int kPartition = domain::PartitionOf("home-0", domain::kDefaultPartitions);

  Deployment deployment_;
  std::unique_ptr<client::CaregiverClient> anne_, operator_;
};

class Impatient : public BadDay {
 protected:
  static config::v1::Config Patience() {
    config::v1::Config config;
    config.mutable_redis()->mutable_command_timeout()->set_seconds(1);
    return config;
  }
  Impatient() : BadDay(Patience()) {}

  // Sends a batch of each lane and waits for both acks on a thread of its own.
  void SendAndWait(RawHub& hub) {
    hub.Send(1, Events({Sos(1)}));
    hub.Send(1, Motion(), LANE_BULK);
    reader_ = Worker("reader",
                     [this, &hub] { acknowledged_ = hub.WaitAck(1) && hub.WaitAck(1, LANE_BULK); });
  }
  std::atomic<bool> acknowledged_{false};
  Worker reader_;
};

TEST_F(Impatient, WhenRedisReturnsEverythingGoesOn) {
  RawHub hub(address());
  deployment_.redis().Kill();
  SendAndWait(hub);
  // Why nobody is acknowledged is in the log, with Redis' address.
  EXPECT_TRUE(Eventually([&] { return Says(Deployment::kGateway, "cannot append to the log"); }));
  EXPECT_TRUE(Says(Deployment::kGateway, deployment_.redis().socket_path()))
      << deployment_.Log(Deployment::kGateway);
  EXPECT_FALSE(acknowledged_);
  deployment_.redis().Restart();
  // On the stream that was open all along.
  reader_.Join();
  EXPECT_TRUE(acknowledged_);
  EXPECT_TRUE(Eventually([this] {
    deployment_.Revive();
    return Calls() == 1;
  }));
}

TEST_F(Impatient, AReadOnlyRedisIsNamedAndWhenItIsThePrimaryAgainEverythingGoesOn) {
  RawHub hub(address());
  Redis({"REPLICAOF", "127.0.0.1", "1"});
  SendAndWait(hub);
  EXPECT_TRUE(Eventually([&] { return Says(Deployment::kGateway, "read-only replica"); }))
      << deployment_.Log(Deployment::kGateway);
  EXPECT_FALSE(acknowledged_);
  Redis({"REPLICAOF", "NO", "ONE"});
  reader_.Join();
  EXPECT_TRUE(acknowledged_);
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
  Watching watching(deployment_.notifier_address(), "anne");
  ASSERT_TRUE(Eventually([&] { return watching.connected(); }));
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
  EXPECT_TRUE(Eventually([&] { return watching.called("SOS").count(id) == 1; }));
  const auto taken = anne_->Acknowledge(id);
  ASSERT_TRUE(taken.ok()) << taken.status() << deployment_.Log(Deployment::kDetector)
                          << deployment_.Log(Deployment::kNotifier);
  EXPECT_EQ(taken->handling(), alert::v1::HANDLING_ACKNOWLEDGED);
  EXPECT_TRUE(Eventually(
      [&] { return deployment_.Metric(Deployment::kGateway, "veille_gateway_bulk_held") == 1; }));
  EXPECT_NE(deployment_.Log(Deployment::kGateway).find("maxmemory"), std::string::npos);
}

TEST_F(BadDay, RolesThatStartOnAFullRedisTellAnSosToo) {
  Redis({"CONFIG", "SET", "maxmemory", "1mb"});
  for (int role = 0; role < Deployment::kRoles; ++role)
    deployment_.KillAndRestart(static_cast<Deployment::Role>(role));
  Watching watching(deployment_.notifier_address(), "anne");
  ASSERT_TRUE(Eventually([&] { return watching.connected(); }));
  RawHub hub(address());
  hub.Send(1, Events({Sos(1)}));
  ASSERT_TRUE(hub.WaitAck(1));
  EXPECT_TRUE(Eventually([&] { return watching.called("SOS").size() == 1; }))
      << deployment_.Log(Deployment::kDetector) << deployment_.Log(Deployment::kNotifier);
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

class Damaged : public BadDay, public ::testing::WithParamInterface<bool> {
 protected:
  Damaged() : BadDay({}, {}, {HomeZero(), Neighbour()}) {}

  // Another home of the same partition.
  static care::v1::Home Neighbour() {
    for (int i = 1;; ++i) {
      const auto home =
          domain::SimulateCrowdHome(1, i, {.start = absl::UnixEpoch(), .emergencies = 0}).home;
      if (domain::PartitionOf(home.home_id(), domain::kDefaultPartitions) == kPartition)
        return home;
    }
  }
  // One byte of a stored checkpoint.
  void Flip(const std::string& field) {
    const std::string key = domain::CheckpointsKey(kPartition);
    const auto stored = deployment_.redis().client().CommandSync({"HGET", key, field});
    ASSERT_TRUE(stored.ok() && !stored->IsNil()) << field;
    std::string bytes(stored->str());
    bytes[bytes.size() / 2] ^= 1;
    Redis({"HSET", key, field, bytes});
  }
  // Which of the two generations of home-0 is the newer one: 'a' or 'b'.
  char Newest() {
    uint64_t generation[2] = {};
    for (const char name : {'a', 'b'}) {
      const auto stored = deployment_.redis().client().CommandSync(
          {"HGET", domain::CheckpointsKey(kPartition), std::string("home-0|") + name});
      store::v1::Checkpoint checkpoint;
      const auto opened = deployment_.vault().Open(
          domain::CheckpointPlace(kPartition, "home-0", name), stored->str());
      EXPECT_TRUE(opened.ok() && checkpoint.ParseFromString(*opened));
      generation[name - 'a'] = checkpoint.generation();
    }
    return generation[0] > generation[1] ? 'a' : 'b';
  }
  static std::string Battery(float percent) {
    event::v1::Event event = domain::MakeEvent(SystemClock().Now(), "pendant");
    event.mutable_battery()->set_charge_percent(percent);
    return Events({event});
  }
};

TEST_P(Damaged, CheckpointsAreMadeGoodFromTheLogWithAnOperatorAlertAndNothingIsToldAgain) {
  const bool both = GetParam();
  {
    RawHub hub(address());
    for (uint64_t press = 1; press <= 3; ++press) {
      hub.Send(press, Events({Sos(press)}));
      ASSERT_TRUE(Eventually([&] { return Calls() == press; }));
    }
    hub.Send(1, Battery(15), LANE_BULK);
    ASSERT_TRUE(Eventually([&] { return AlertsOf(*anne_, "BATTERY_LOW").size() == 1; }));
  }
  EXPECT_EQ(deployment_.process(Deployment::kDetector).Stop(), 0);
  const char newest = Newest();
  Flip(std::string("home-0|") + newest);
  if (both) Flip(std::string("home-0|") + (newest == 'a' ? 'b' : 'a'));
  deployment_.process(Deployment::kDetector).Start();
  EXPECT_TRUE(Eventually([&] { return AlertsOf(*operator_, "CHECKPOINT_DAMAGED").size() == 1; }))
      << deployment_.Log(Deployment::kDetector);
  EXPECT_TRUE(AlertsOf(*anne_, "CHECKPOINT_DAMAGED").empty());
  RawHub neighbour(address(), kIncarnation, Neighbour().sources(0).source_id());
  neighbour.Send(1, Events({Sos(1)}));
  EXPECT_TRUE(Eventually([&] { return AlertsOf(*anne_, "SOS").size() == 2; }));
  RawHub hub(address());
  hub.Send(4, Events({Sos(4)}));
  // Low since before the damage: the home remembers that it has said so.
  hub.Send(2, Battery(14), LANE_BULK);
  ASSERT_TRUE(hub.WaitAck(4));
  ASSERT_TRUE(hub.WaitAck(2, LANE_BULK));
  EXPECT_TRUE(Eventually([&] { return Calls() == 5; })) << Calls();
  // One more press in the log behind both: they have been judged when it is told.
  hub.Send(5, Events({Sos(5)}));
  EXPECT_TRUE(Eventually([&] { return Calls() == 6; })) << Calls();
  const auto batteries = AlertsOf(*anne_, "BATTERY_LOW");
  ASSERT_EQ(batteries.size(), 1U);
  EXPECT_EQ(batteries[0].occurrences(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Generations, Damaged, ::testing::Values(false, true),
                         [](const auto& damage) { return damage.param ? "Both" : "Newest"; });

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
  int crashes = 0;
  EXPECT_TRUE(Eventually(
      [&] {
        crashes += deployment_.Revive() ? 1 : 0;
        return Calls() == 2;
      },
      absl::Seconds(120)));
  // Three takeovers that end so, and the careful one that finds out which entry it was.
  EXPECT_EQ(crashes, 4);
  const auto kept =
      deployment_.redis().client().CommandSync({"XLEN", domain::QuarantineKey(kPartition)});
  EXPECT_EQ(kept->integer(), 1);
  EXPECT_TRUE(Eventually([&] { return AlertsOf(*operator_, "ENTRY_QUARANTINED").size() == 1; }));
  // The operators' business, not the family's.
  EXPECT_TRUE(AlertsOf(*anne_, "ENTRY_QUARANTINED").empty());
}

TEST_F(BadDay, OfTwoDetectorsTheOneThatWakesUpLateLetsGoAndNothingIsToldTwice) {
  const std::string second_log = deployment_.folder() + "/second.log";
  testing::Process second({testing::VeilleBinary(), "detector",
                           "--config=" + deployment_.config_file(), "--instance_id=detector-1"},
                          second_log);
  second.Start();
  RawHub hub(address());
  uint64_t pressed = 0;
  const auto press = [&](int times) {
    for (int i = 0; i < times; ++i) {
      ++pressed;
      hub.Send(pressed, Events({Sos(pressed)}));
    }
    ASSERT_TRUE(hub.WaitAck(pressed));
    EXPECT_TRUE(Eventually([&] { return Calls() == pressed; })) << Calls() << " of " << pressed;
  };
  press(1);
  // The owner is frozen with its idea of the lease, until the other has taken it and told the rest.
  const std::string owner = Owner();
  const bool first_owns = owner == "detector-0";
  testing::Process& frozen = first_owns ? deployment_.process(Deployment::kDetector) : second;
  frozen.Signal(SIGSTOP);
  press(5);
  EXPECT_NE(Owner(), owner);
  frozen.Signal(SIGCONT);
  const std::string log = first_owns ? deployment_.folder() + "/detector.log" : second_log;
  EXPECT_TRUE(Eventually([&] {
    return ReadFile(log).value_or("").find("letting go of a partition") != std::string::npos;
  })) << ReadFile(log).value_or("");
  press(1);
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

struct Setting {
  const char *name, *wrong, *right;
};

TEST_F(BadDay, EachWrongSettingOfRedisIsRefusedWithItsRemedy) {
  for (const Setting& setting : {Setting{"maxmemory-policy", "allkeys-lru", "noeviction"},
                                 {"appendfsync", "everysec", "always"},
                                 {"no-appendfsync-on-rewrite", "yes", "no"},
                                 {"appendonly", "no", "yes"}}) {
    Redis({"CONFIG", "SET", setting.name, setting.wrong});
    const std::string said = Refusal(deployment_, "gateway", deployment_.config_file());
    const std::string remedy = std::string("CONFIG SET ") + setting.name + " " + setting.right;
    EXPECT_NE(said.find(remedy), std::string::npos) << said;
    EXPECT_NE(said.find(std::string("is \"") + setting.wrong + "\""), std::string::npos) << said;
    Redis({"CONFIG", "SET", setting.name, setting.right});
  }
}

TEST_F(BadDay, AWrongPartitionCountAndAnEmptiedRedisAreRefusedWithTheReason) {
  std::string config = ReadFile(deployment_.config_file()).value();
  const std::string other = deployment_.folder() + "/other.textproto";
  config.insert(config.find("endpoint:"), "partitions: 12 ");
  ASSERT_TRUE(WriteFileAtomically(other, config).ok());
  for (const char* role : {"gateway", "detector", "notifier"}) {
    const std::string said = Refusal(deployment_, role, other);
    EXPECT_NE(said.find("redis.partitions is 12"), std::string::npos) << said;
    EXPECT_NE(said.find("made with 64"), std::string::npos) << said;
  }
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
  EXPECT_TRUE(Eventually([&] { return all.Metric("veille_gateway_bulk_held") == 1; }));
  hub.Send(1, Motion(), LANE_BULK);
  hub.Send(1, Events({Sos(1)}));
  EXPECT_TRUE(hub.WaitAck(1));
  const auto anne = MakeCaregiver(all.notifier(), "anne");
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
  int backups = 0;
  for (const auto& file : std::filesystem::directory_iterator(all.data() + "/redis"))
    backups += file.path().string().find(".broken-") != std::string::npos ? 1 : 0;
  EXPECT_EQ(backups, 1);
  const auto anne = MakeCaregiver(all.notifier(), "anne");
  const auto operators = MakeCaregiver(all.notifier(), "operator");
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
