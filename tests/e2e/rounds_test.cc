// What operators see of a running service: its metrics, and that nobody judges some homes.

#include "gtest/gtest.h"

#include "tests/e2e/all_in_one.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/raw_hub.h"
#include "tests/e2e/watching.h"

namespace veille {
namespace {

using testing::AllInOne;
using testing::Deployment;
using testing::Events;
using testing::Eventually;
using testing::HomeZero;
using testing::MakeCaregiver;
using testing::RawHub;
using testing::Sos;
using testing::Watching;

std::string Count(const std::string& from, const std::string& stage) {
  return "veille_notifier_" + from + "_to_seconds_count{stage=\"" + stage + "\"}";
}

TEST(Metrics, TellHowLongAnAlertTakesToEachStageAndNameNobody) {
  AllInOne all;
  all.process().Start();
  RawHub hub(all.gateway());
  Watching anne(all.notifier(), "anne");
  ASSERT_TRUE(Eventually([&] { return anne.connected(); }));
  hub.Send(1, Events({Sos(1)}));
  ASSERT_TRUE(hub.WaitAck(1));
  ASSERT_TRUE(Eventually([&] { return !anne.seen().empty(); }));
  const std::string second = "veille_notifier_pending{step=\"2\"}";
  EXPECT_TRUE(Eventually([&] { return all.Metric(second) == 1; }));
  EXPECT_TRUE(Eventually([&] { return all.Metric(Count("received", "delivered")) == 1; }));
  ASSERT_TRUE(anne.client().Acknowledge(*anne.seen().begin()).ok());
  EXPECT_TRUE(Eventually([&] { return all.Metric(second) == 0; }));
  for (const char* from : {"observed", "received"})
    for (const char* stage : {"queued", "sent", "delivered", "acknowledged"})
      EXPECT_EQ(all.Metric(Count(from, stage)), 1) << from << " " << stage;
  EXPECT_EQ(all.Metric("veille_notifier_dead_letters"), 0);
  EXPECT_EQ(all.Metric("veille_notifier_unreachable_caregivers"), 0);
  EXPECT_EQ(all.Metric("veille_notifier_unowned_partitions"), 0);
  const std::string text = all.Metrics();
  const care::v1::Home home = HomeZero();
  for (const std::string& id : {home.home_id(), home.patients(0).patient_id(), std::string("anne")})
    EXPECT_EQ(text.find('"' + id), std::string::npos) << id;
  EXPECT_EQ(all.process().Stop(), 0);
}

TEST(Partitions, WithoutADetectorAreTheOperatorsUntilOneIsBack) {
  Deployment deployment({HomeZero()});
  const auto operators = MakeCaregiver(deployment.notifier_address(), "operator");
  const auto alert = [&]() -> alert::v1::Alert {
    for (const auto& one :
         operators->List("", false, 100).value_or(std::vector<alert::v1::Alert>()))
      if (one.rule() == "PARTITION_UNOWNED") return one;
    return {};
  };
  // Its leases are renewed before it is killed.
  RawHub hub(deployment.gateway_address());
  hub.Send(1, Events({Sos(1)}));
  const auto anne = MakeCaregiver(deployment.notifier_address(), "anne");
  ASSERT_TRUE(Eventually([&] {
    return !anne->List("", false, 10).value_or(std::vector<alert::v1::Alert>()).empty();
  }));
  EXPECT_EQ(alert().rule(), "");
  deployment.process(Deployment::kDetector).Kill();
  ASSERT_TRUE(Eventually([&] { return alert().severity() == alert::v1::SEVERITY_HIGH; },
                         absl::Seconds(120)));
  EXPECT_NE(alert().reason().en().find("64/64"), std::string::npos) << alert().reason().en();
  deployment.process(Deployment::kDetector).Start();
  EXPECT_TRUE(Eventually([&] { return alert().condition() == alert::v1::CONDITION_CLEARED; }));
}

}  // namespace
}  // namespace veille
