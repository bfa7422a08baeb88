// Homes from files, care plans, keys.

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

#include "common/base/file.h"
#include "services/domain/care_plan.h"
#include "services/domain/describe_rules.h"
#include "services/domain/keys.h"
#include "services/domain/registry.h"
#include "tests/support/process.h"

namespace veille::domain {
namespace {

constexpr char kGood[] = R"(home_id: "h1"
zone: "Europe/Paris"
sources { source_id: "hub-1" }
patients {
  patient_id: "p1"
  circle { members { caregiver_id: "anne" } }
}
)";

std::string LoadError(const std::string& text) {
  const testing::TempFolder folder;
  EXPECT_TRUE(WriteFileAtomically(folder.path() + "/h.textproto", text).ok());
  const auto registry = Registry::Load(folder.path());
  return registry.ok() ? "" : std::string(registry.status().message());
}

TEST(Registry, LoadsAGoodHome) { EXPECT_EQ(LoadError(kGood), ""); }

TEST(Registry, NamesFileLineAndReasonOfAnUnknownParameter) {
  std::string text = kGood;
  text.insert(text.find("  circle"), "  care_plan { night_exit { wait: 3 } }\n");
  EXPECT_NE(LoadError(text).find("h.textproto:6:"), std::string::npos) << LoadError(text);
}

TEST(Registry, NamesFileLineAndReasonOfAnImpossibleParameter) {
  std::string text = kGood;
  text.insert(text.find("  circle"), "  care_plan {\n    fall { least_impact_g: 0.1 }\n  }\n");
  const std::string error = LoadError(text);
  EXPECT_NE(error.find("h.textproto:7:"), std::string::npos) << error;
  EXPECT_NE(error.find("fall.least_impact_g: 0.1 g is not in 1.2..12 g"), std::string::npos)
      << error;
}

TEST(Registry, RefusesACircleThatReachesNobodyAndTellsAllFaultsAtOnce) {
  std::string text = kGood;
  text.replace(text.find("anne"), 4, "an ne");
  text.replace(text.find("Europe/Paris"), 12, "Mars/Olympus");
  const std::string error = LoadError(text);
  EXPECT_NE(error.find("caregiver_id"), std::string::npos) << error;
  EXPECT_NE(error.find("Mars/Olympus"), std::string::npos) << error;
}

TEST(Registry, NamesTheHourAtWhichAChainReachesNobody) {
  std::string text = kGood;
  text.replace(text.find("  circle {"), 10,
               "  circle { steps { caregiver_ids: \"anne\" window: \"22:00-07:00\" }");
  EXPECT_NE(LoadError(text).find("nobody is told of lesser alerts at Mon 07:00"), std::string::npos)
      << LoadError(text);
  text.replace(text.find("steps {"), 7,
               "steps { caregiver_ids: \"anne\" window: \"07:00-22:00\" } steps {");
  EXPECT_EQ(LoadError(text), "");
  text.replace(text.find("22:00-07:00"), 11, "22h00-07h00");
  EXPECT_NE(LoadError(text).find("steps[1].window"), std::string::npos) << LoadError(text);
  text.replace(text.find("22h00-07h00"), 11, "Mon-Fri 22:00-07:00");
  EXPECT_NE(LoadError(text).find("nobody is told of lesser alerts at Mon 00:00"), std::string::npos)
      << LoadError(text);
}

TEST(Registry, NamesWhenNobodyIsOnDutyAndWhomAStepCannotReach) {
  const auto circle = [](const std::string& rest) {
    std::string text = kGood;
    const std::size_t from = text.find("  circle {");
    const std::string members = "  circle { members { caregiver_id: \"anne\" } ";
    return text.substr(0, from) + members + rest + " }\n}\n";
  };
  const std::string by_duty = "steps { on_duty: true } ";
  EXPECT_NE(LoadError(circle(by_duty)).find("no rota"), std::string::npos);
  const std::string days = "rota { caregiver_id: \"anne\" window: \"Mon-Fri 00:00-00:00\" } ";
  EXPECT_NE(LoadError(circle(by_duty + days)).find("at Sat 00:00"), std::string::npos)
      << LoadError(circle(by_duty + days));
  const std::string weekend = "rota { caregiver_id: \"anne\" window: \"Sat,Sun 00:00-00:00\" } ";
  EXPECT_EQ(LoadError(circle(by_duty + days + weekend)), "");
  EXPECT_NE(LoadError(circle("steps { relations: RELATION_TELECARE_CENTRE }"))
                .find("no member of the circle is RELATION_TELECARE_CENTRE"),
            std::string::npos);
  EXPECT_NE(LoadError(circle("steps { }")).find("a step must tell somebody"), std::string::npos);
}

TEST(CarePlan, IsSilentAboutDefaults) {
  const care::v1::CarePlan plan;
  EXPECT_TRUE(CheckCarePlan(plan).empty());
  EXPECT_EQ(DurationOr(plan.night_exit(), "no_return"), absl::Minutes(5));
  EXPECT_EQ(FormatLocalWindow(WindowOr(plan.night_exit(), "window")), "22:00-06:00");
  EXPECT_NE(DescribeRules().find("NIGHT_EXIT"), std::string::npos);
}

TEST(CarePlan, RefusesLevelsInTheWrongOrder) {
  care::v1::CarePlan plan;
  plan.mutable_battery_low()->set_critical_percent(30);
  EXPECT_EQ(CheckCarePlan(plan).size(), 1U);
}

TEST(CarePlan, RefusesParametersThatContradictEachOther) {
  const auto faults = [](const std::string& text) {
    care::v1::CarePlan plan;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &plan)) << text;
    std::string all;
    for (const PlanFault& fault : CheckCarePlan(plan)) all += fault.field + ";";
    return all;
  };
  EXPECT_EQ(faults("inactivity { usual_floor { seconds: 50000 } usual_cap { seconds: 900 } }"),
            "inactivity.usual_floor;");
  EXPECT_EQ(faults("inactivity { day_silence { seconds: 86400 } }"), "inactivity.day_silence;");
  EXPECT_EQ(faults("not_returned { shortest { seconds: 20000 } longest { seconds: 600 } }"),
            "not_returned.shortest;");
  EXPECT_EQ(faults("not_returned { unlearnt { seconds: 3600 } shortest { seconds: 3601 } }"),
            "not_returned.shortest;");
  EXPECT_EQ(faults("bathroom_long { night_patience { seconds: 7200 } high { seconds: 600 } }"),
            "bathroom_long.night_patience;bathroom_long.day_patience;");
  EXPECT_EQ(faults("pacing { moves: 4 least_moves: 20 }"), "pacing.least_moves;");
  EXPECT_EQ(faults("random_walk { moves: 8 rooms: 12 }"), "random_walk.rooms;");
  EXPECT_EQ(faults("off_route { walk { seconds: 1200 } }"), "off_route.walk;");
  EXPECT_EQ(faults("fall { patience { seconds: 1800 } long_lie { seconds: 600 } }"),
            "fall.patience;");
  EXPECT_EQ(faults("geofence_far { alone_m: 200 hysteresis_m: 200 }"),
            "geofence_far.hysteresis_m;");
  EXPECT_EQ(faults("geofence_far { alone_m: 2001 }"), "geofence_far.alone_m;");
  // What is as much as its bound is never less and never more.
  EXPECT_EQ(faults("inactivity { usual_floor { seconds: 900 } usual_cap { seconds: 900 } }"), "");
  EXPECT_EQ(faults("not_returned { shortest { seconds: 600 } longest { seconds: 600 } }"), "");
}

TEST(CarePlan, KnowsTimesOfTheDay) {
  care::v1::CarePlan plan;
  for (const char* time : {"20:00", "08:00"}) plan.mutable_dose()->add_times(time);
  EXPECT_TRUE(CheckCarePlan(plan).empty());
  EXPECT_EQ(TimesOf(plan.dose(), "times"), (std::vector<int>{480, 1200}));
  EXPECT_EQ(ParametersInForce(plan.dose())["times"], "20:00 08:00");
  plan.mutable_dose()->add_times("8h30");
  plan.mutable_dose()->add_times("08:00");
  const auto faults = CheckCarePlan(plan);
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[0].field, "dose.times[2]");
  EXPECT_EQ(faults[0].reason, "'8h30' is not a time of the day such as '08:00'");
  EXPECT_EQ(faults[1].reason, "'08:00' is named twice");
}

TEST(CarePlan, WritesNoUnitWhereThereIsNone) {
  care::v1::CarePlan plan;
  EXPECT_EQ(ParametersInForce(plan.geofence())["hysteresis_ratio"], "0.2");
  EXPECT_EQ(ParametersInForce(plan.geofence())["max_accuracy_m"], "100 m");
  plan.mutable_geofence()->set_hysteresis_ratio(3);
  EXPECT_EQ(CheckCarePlan(plan).at(0).reason, "3 is not in 0..1");
}

// A password that was typed where the account's id belongs.
TEST(Keys, HoldNothingOfWhatWasTypedAtASignIn) {
  EXPECT_EQ(AccountTriesKey("hunter2hunter2").find("hunter2"), std::string::npos);
  EXPECT_NE(AccountTriesKey("anne"), AccountTriesKey("marc"));
}

TEST(Keys, SpreadHomesForEverInTheSameWay) {
  // Changing these numbers would look for every home in the wrong place.
  EXPECT_EQ(PartitionOf("home-1", 64), PartitionOf("home-1", 64));
  EXPECT_EQ(LogKey(7), "veille:{p007}:log");
  EXPECT_EQ(HomeOfAlert("a.b.0123"), "a.b");
  std::set<int> used;
  for (int i = 0; i < 1000; ++i) used.insert(PartitionOf("home-" + std::to_string(i), 64));
  EXPECT_EQ(used.size(), 64U);
}

}  // namespace
}  // namespace veille::domain
