// What a notifier that is served over gRPC leaves in the audit log.

#include "gtest/gtest.h"

#include "services/client/caregiver_client.h"
#include "services/domain/audit/audit_log.h"
#include "services/domain/keys.h"
#include "services/notifier/role.h"
#include "tests/integration/notifier/world.h"

namespace veille::notifier {
namespace {

class AuditTest : public ::testing::Test {
 protected:
  void Start() {
    NotifierOptions options;
    options.config.mutable_rpc()->set_notifier_address("127.0.0.1:0");
    options.config.mutable_notifier()->add_operator_ids("operator");
    options.endpoint = world_.redis().endpoint();
    options.partitions = kPartitions;
    options.registry = TestRegistry();
    options.clock = world_.desk_options().clock;
    options.metrics = &metrics_;
    options.instance_id = "a";
    options.audit_key = key_;
    notifier_ = *Notifier::Start(std::move(options));
  }
  std::unique_ptr<client::CaregiverClient> Client(const std::string& caregiver) {
    client::CaregiverOptions options;
    options.address = "127.0.0.1:" + std::to_string(notifier_->port());
    options.caregiver_id = caregiver;
    return *client::CaregiverClient::Create(options);
  }
  domain::StoredAudit Stored(const std::string& home) {
    const auto stored =
        domain::LoadAudit(world_.redis().client(), domain::PartitionOf(home, kPartitions));
    EXPECT_TRUE(stored.ok()) << stored.status();
    return stored.value_or(domain::StoredAudit());
  }
  // "<actor> <action> <patient> <outcome>", of one home; the alert's entries end with "!".
  Strings Entries(const std::string& home) {
    Strings entries;
    for (const std::string& bytes : Stored(home).entries) {
      store::v1::AuditEntry entry;
      EXPECT_TRUE(entry.ParseFromString(bytes));
      if (entry.home_id() != home) continue;
      entries.push_back(entry.actor() + " " + entry.action() + " " + entry.patient_id() + " " +
                        entry.outcome() + (entry.alert_id().empty() ? "" : "!"));
    }
    return entries;
  }
  Strings Faults(const std::string& home) {
    const domain::StoredAudit stored = Stored(home);
    EXPECT_FALSE(stored.checkpoints.empty()) << "signed at the end";
    return domain::VerifyAudit(domain::PartitionOf(home, kPartitions), stored.entries, stored.head,
                               stored.checkpoints, key_.Public());
  }

  World world_;
  const SigningKey key_ = *SigningKey::Generate();
  metrics::Registry metrics_;
  std::unique_ptr<Notifier> notifier_;
};

TEST_F(AuditTest, WhoLookedAndWhoActedIsInTheLogAndTheLogIsWhole) {
  Start();
  const store::v1::Finding sos = MakeFinding("h1", "martin", "SOS", "1");
  world_.Queue(sos);
  const auto anne = Client("anne"), petits = Client("nobody");
  ASSERT_TRUE(Eventually([&] { return world_.store().Get(sos.alert_id()).ok(); }));
  ASSERT_TRUE(anne->Get(sos.alert_id()).ok());
  EXPECT_EQ(Entries("h1"), Strings{"anne alert.get martin OK!"}) << "before the answer";
  ASSERT_TRUE(anne->List("", false, 10).ok());
  EXPECT_EQ(Entries("h2"), Strings{"anne alert.list  OK"}) << "one entry a home";
  ASSERT_TRUE(anne->List("martin", false, 10).ok());
  EXPECT_TRUE(absl::IsNotFound(petits->Get(sos.alert_id()).status()));
  ASSERT_TRUE(anne->Acknowledge(sos.alert_id()).ok());
  ASSERT_TRUE(anne->Resolve(sos.alert_id(), alert::v1::OUTCOME_REAL, "").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(anne->Acknowledge(sos.alert_id()).status()));
  notifier_->Stop();
  EXPECT_EQ(
      Entries("h1"),
      (Strings{"anne alert.get martin OK!", "anne alert.list  OK", "anne alert.list martin OK",
               "nobody alert.get martin NOT_FOUND!", "anne alert.acknowledge martin OK!",
               "anne alert.resolve martin OK OUTCOME_REAL!",
               "anne alert.acknowledge martin FAILED_PRECONDITION!"}));
  for (const char* home : {"h1", "h2"}) EXPECT_EQ(Faults(home), Strings{}) << home;
}

// An audit log that cannot be written.
class Unwritable final : public AuditTrail {
 public:
  absl::Status BeforeShown(const std::vector<store::v1::AuditEntry>&) override {
    return absl::UnavailableError("the audit log cannot be written now");
  }
  void Done(const store::v1::AuditEntry& entry) override {
    done.push_back(entry.action() + " " + entry.outcome());
  }
  Strings done;
};

TEST_F(AuditTest, WhatCannotBeRecordedIsNotShownAndWhatIsUrgentIsDoneAllTheSame) {
  const store::v1::Finding sos = MakeFinding("h1", "martin", "SOS", "1");
  ASSERT_TRUE(world_.desk().OnFinding(sos, "1-1").ok());
  Unwritable audit;
  DeskOptions options = world_.desk_options();
  options.audit = &audit;
  AlertDesk desk(options, world_.store(), metrics_);
  EXPECT_TRUE(absl::IsUnavailable(desk.Get(sos.alert_id(), "anne").status()));
  EXPECT_TRUE(absl::IsUnavailable(desk.List("anne", {}).status()));
  EXPECT_TRUE(absl::IsUnavailable(desk.Snapshot("anne").status()));
  EXPECT_TRUE(desk.Acknowledge(sos.alert_id(), {"anne", "test", ""}).ok());
  DutyRequest duty{{"marc", "test", ""}, "martin", "", {}};
  duty.span.length = absl::Hours(1);
  EXPECT_TRUE(desk.circles().Take(duty).ok());
  const auto snooze = desk.circles().Snooze({{"marc", "test", ""}, "martin", "", absl::Hours(1)});
  ASSERT_TRUE(snooze.ok()) << snooze.status();
  EXPECT_TRUE(desk.circles().CancelSnooze("marc", snooze->snooze_id()).ok());
  EXPECT_EQ(audit.done,
            (Strings{"alert.acknowledge OK", "duty.take OK", "snooze.add OK", "snooze.cancel OK"}));
}

}  // namespace
}  // namespace veille::notifier
