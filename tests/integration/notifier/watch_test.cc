// The notifier as a whole, over real gRPC, with the client that caregivers use: what a watcher sees
// when connections, notifiers and Redis come and go.

#include <map>

#include "gtest/gtest.h"

#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "services/client/caregiver_client.h"
#include "services/domain/keys.h"
#include "services/notifier/role.h"
#include "tests/integration/notifier/world.h"

namespace veille::notifier {
namespace {

using store::v1::Finding;

class Served {
 public:
  explicit Served(World& world, const std::string& name = "a") {
    NotifierOptions options;
    options.config.mutable_rpc()->set_notifier_address("127.0.0.1:0");
    options.config.mutable_notifier()->mutable_heartbeat_interval()->set_nanos(200'000'000);
    options.config.mutable_notifier()->mutable_claim_after()->set_seconds(1);
    options.config.mutable_notifier()->add_operator_ids("operator");
    options.endpoint = world.redis().endpoint();
    options.partitions = kPartitions;
    options.registry = TestRegistry();
    options.clock = world.desk_options().clock;
    options.metrics = &metrics_;
    options.instance_id = name;
    notifier_ = *Notifier::Start(std::move(options));
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(notifier_->port()); }
  void Stop() { notifier_->Stop(); }

 private:
  metrics::Registry metrics_;
  std::unique_ptr<Notifier> notifier_;
};

// A caregiver's terminal.
class Terminal {
 public:
  Terminal(const Served& notifier, const std::string& caregiver) {
    client::CaregiverOptions options;
    options.address = notifier.address();
    options.caregiver_id = caregiver;
    client_ = *client::CaregiverClient::Create(options);
    thread_ = Worker("watch", [this] {
      client::WatchHandlers handlers;
      handlers.on_snapshot = [this](const alert::v1::Snapshot& snapshot) {
        MutexLock lock(mu_);
        ++snapshots_;
        incarnation_ = snapshot.incarnation();
        for (const auto& alert : snapshot.alerts()) shown_[alert.alert_id()] = alert;
      };
      handlers.on_update = [this](const alert::v1::Update& update) {
        MutexLock lock(mu_);
        shown_[update.alert().alert_id()] = update.alert();
        if (update.reason() != alert::v1::Update::REASON_CHANGED) ++asked_[update.alert().rule()];
      };
      client_->Watch(handlers).IgnoreError();
    });
    // What is told from now on comes as an update, not in the first snapshot.
    EXPECT_TRUE(Eventually([this] { return snapshots() > 0; }));
  }
  ~Terminal() {
    client_->Stop();
    thread_.Join();
  }
  int snapshots() {
    MutexLock lock(mu_);
    return snapshots_;
  }
  std::string incarnation() {
    MutexLock lock(mu_);
    return incarnation_;
  }
  int Asked(const std::string& rule) {
    MutexLock lock(mu_);
    return asked_[rule];
  }
  alert::v1::Alert Shown(const std::string& id) {
    MutexLock lock(mu_);
    return shown_[id];
  }
  client::CaregiverClient& client() { return *client_; }

 private:
  std::unique_ptr<client::CaregiverClient> client_;
  Mutex mu_;
  int snapshots_ ABSL_GUARDED_BY(mu_) = 0;
  std::string incarnation_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, alert::v1::Alert> shown_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, int> asked_ ABSL_GUARDED_BY(mu_);
  Worker thread_;
};

std::string WatcherKeyOf(const std::string& caregiver) {
  return domain::WatcherKey(domain::CaregiverPartitionOf(caregiver, kPartitions), caregiver);
}
std::string InboxKeyOf(const std::string& caregiver) {
  return domain::InboxKey(domain::CaregiverPartitionOf(caregiver, kPartitions), caregiver);
}

TEST(Watch, IsToldSendsAReceiptAndTakingItStopsTheChainForAll) {
  World world;
  const Served notifier(world);
  Terminal anne(notifier, "anne"), marc(notifier, "marc");
  ASSERT_TRUE(Eventually([&] { return anne.snapshots() == 1 && marc.snapshots() == 1; }));
  const Finding sos = MakeFinding("h1", "martin", "SOS", "1");
  world.Queue(sos);
  ASSERT_TRUE(Eventually([&] { return anne.Asked("SOS") == 1; }));
  EXPECT_TRUE(Eventually([&] {
    const auto alert = anne.client().Get(sos.alert_id());
    return alert.ok() && alert->deliveries(0).state() == alert::v1::DELIVERY_STATE_DELIVERED;
  }));
  world.clock().Advance(absl::Seconds(61));
  ASSERT_TRUE(Eventually([&] { return marc.Asked("SOS") == 1; }));
  ASSERT_TRUE(marc.client().Acknowledge(sos.alert_id()).ok());
  EXPECT_TRUE(Eventually([&] { return anne.Shown(sos.alert_id()).acknowledged_by() == "marc"; }));
  world.clock().Advance(absl::Hours(10));
  // A second press joins, tells everybody, and opens it again.
  Finding again = sos;
  again.set_finding_id(sos.alert_id() + "/again");
  world.Queue(again);
  EXPECT_TRUE(Eventually([&] { return anne.Asked("SOS") == 2 && marc.Asked("SOS") == 2; }));
  EXPECT_EQ(anne.Shown(sos.alert_id()).handling(), alert::v1::HANDLING_UNACKNOWLEDGED);
}

// Peers' mistake 20: what comes between a disconnect and a reconnect is never told.
TEST(Watch, WhatCameWhileItWasAwayIsShownOnce) {
  World world;
  Served first(world, "a");
  Terminal anne(first, "anne");
  ASSERT_TRUE(Eventually([&] { return anne.snapshots() == 1; }));
  const std::string address = first.address();
  const Finding sos = MakeFinding("h1", "martin", "SOS", "1");
  world.Queue(sos);
  ASSERT_TRUE(Eventually([&] { return anne.Asked("SOS") == 1; }));
  first.Stop();
  const Finding fall = MakeFinding("h1", "martin", "FALL", "1");
  ASSERT_TRUE(world.desk().OnFinding(fall, "1-1").ok());
  const Served second(world, "a");
  Terminal back(second, "anne");
  EXPECT_TRUE(Eventually([&] { return !back.Shown(fall.alert_id()).alert_id().empty(); }));
}

// A Redis that was restored from a backup gives numbers again which watchers have seen.
TEST(Watch, ARedisThatLostTheEndOfItsLogBeginsANewIncarnation) {
  World world;
  const Served notifier(world);
  Terminal anne(notifier, "anne");
  for (int i = 0; i < 5; ++i) world.Queue(MakeFinding("h2", "petit", "R" + std::to_string(i), "1"));
  ASSERT_TRUE(Eventually([&] { return anne.Asked("R4") == 1 && anne.Asked("R0") == 1; }));
  const std::string before = anne.incarnation();
  // Redis comes back without the last three entries.
  auto& redis = world.redis().client();
  ASSERT_TRUE(redis.CommandSync({"CONFIG", "SET", "appendfsync", "everysec"}).ok());
  const auto entries = redis.CommandSync({"XRANGE", InboxKeyOf("anne"), "-", "+"});
  ASSERT_GE(entries->size(), 5U);
  std::vector<std::string> kept = {"2-0", std::string((*entries)[1][1][1].str())};
  ASSERT_TRUE(redis.CommandSync({"DEL", InboxKeyOf("anne")}).ok());
  ASSERT_TRUE(redis.CommandSync({"XADD", InboxKeyOf("anne"), kept[0], "u", kept[1]}).ok());
  ASSERT_TRUE(redis.CommandSync({"HSET", WatcherKeyOf("anne"), "sequence", "2"}).ok());
  world.redis().Kill();
  world.redis().Restart();
  EXPECT_TRUE(Eventually([&] { return anne.incarnation() != before; }));
  world.Queue(MakeFinding("h2", "petit", "SOS", "1"));
  EXPECT_TRUE(Eventually([&] { return anne.Asked("SOS") == 1; }));
}

// The same, and the numbers that were lost are given again before anybody looks.
TEST(Watch, ANumberThatWasGivenTwiceIsNoticedByWhatStandsThere) {
  World world;
  const Served notifier(world);
  Terminal anne(notifier, "anne");
  world.Queue(MakeFinding("h2", "petit", "R0", "1"));
  ASSERT_TRUE(Eventually([&] { return anne.Asked("R0") == 1; }));
  const std::string before = anne.incarnation();
  auto& redis = world.redis().client();
  const auto entries = redis.CommandSync({"XRANGE", InboxKeyOf("anne"), "-", "+"});
  alert::v1::Update other;
  ASSERT_TRUE(other.ParseFromString(std::string((*entries)[0][1][1].str())));
  other.mutable_alert()->set_rule("OTHER");
  ASSERT_TRUE(redis.CommandSync({"DEL", InboxKeyOf("anne")}).ok());
  ASSERT_TRUE(
      redis.CommandSync({"XADD", InboxKeyOf("anne"), "1-0", "u", other.SerializeAsString()}).ok());
  world.redis().Kill();
  world.redis().Restart();
  EXPECT_TRUE(Eventually([&] { return anne.incarnation() != before; }));
}

// More was trimmed than a watcher had read: it gets a snapshot instead.
TEST(Watch, WhatWasTrimmedBeforeItWasReadIsASnapshot) {
  World world;
  Served first(world, "a");
  auto anne = std::make_unique<Terminal>(first, "anne");
  world.Queue(MakeFinding("h2", "petit", "R0", "1"));
  ASSERT_TRUE(Eventually([&] { return anne->Asked("R0") == 1; }));
  const int snapshots = anne->snapshots();
  auto& redis = world.redis().client();
  ASSERT_TRUE(redis.CommandSync({"HSET", WatcherKeyOf("anne"), "sequence", "50"}).ok());
  ASSERT_TRUE(redis.CommandSync({"XTRIM", InboxKeyOf("anne"), "MAXLEN", "0"}).ok());
  world.Queue(MakeFinding("h2", "petit", "R1", "1"));
  EXPECT_TRUE(Eventually([&] { return anne->snapshots() > snapshots; }))
      << "sequence 51 follows on 1";
}

TEST(AlertService, PagesAndRefusesTokensThatItDidNotGive) {
  World world;
  const Served notifier(world);
  Terminal anne(notifier, "anne");
  for (int i = 0; i < 7; ++i)
    ASSERT_TRUE(world.desk()
                    .OnFinding(MakeFinding("h2", "petit", "R" + std::to_string(i), "1"), "1-1")
                    .ok());
  const auto all = anne.client().List("petit", false, 1000);
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->size(), 7U);
  EXPECT_EQ(anne.client().List("martin", false, 1000)->size(), 0U);
}

}  // namespace
}  // namespace veille::notifier
