#include "services/domain/care_presets.h"

#include "google/protobuf/text_format.h"

#include "common/base/check.h"

namespace veille::domain {
namespace {

using care::v1::CarePlan;

// Own defaults: who is safe outside alone is given time; who has been lost is not.
constexpr char kLowRisk[] = R"(
night_exit { no_return { seconds: 900 } }
door_left_open { night_patience { seconds: 900 } }
geofence { severity: SEVERITY_LOW }
disorientation { severity: SEVERITY_LOW }
)";

constexpr char kHighRisk[] = R"(
night_exit { no_return { seconds: 180 } }
door_left_open { night_patience { seconds: 120 } day_patience { seconds: 600 } }
geofence { severity: SEVERITY_HIGH }
disorientation { severity: SEVERITY_HIGH }
not_returned { longest { seconds: 14400 } dusk_margin { seconds: 1800 } }
inactivity { day_silence { seconds: 7200 } }
no_morning { window: "04:00-10:00" }
hub_offline { high_risk: true }
)";

// Whose movement it was cannot be told: what one movement proves of the person is not concluded.
// What proves that somebody is well (inactivity) would be calmed by the wrong one; a wearable is
// the person's own.
constexpr char kWithSpouse[] = R"(
pacing { enabled: false }
lapping { enabled: false }
random_walk { enabled: false }
bathroom_long { enabled: false }
meal_missed { enabled: false }
door_left_open { night_patience { seconds: 600 } }
)";

CarePlan Parse(const char* text) {
  CarePlan plan;
  VEILLE_CHECK(google::protobuf::TextFormat::ParseFromString(text, &plan));
  return plan;
}

const CarePlan& OfRisk(care::v1::Risk risk) {
  static const CarePlan none, low = Parse(kLowRisk), high = Parse(kHighRisk);
  return risk == care::v1::RISK_LOW ? low : risk == care::v1::RISK_HIGH ? high : none;
}

const CarePlan& OfHousehold(care::v1::Household household) {
  static const CarePlan none, spouse = Parse(kWithSpouse);
  return household == care::v1::HOUSEHOLD_WITH_SPOUSE ? spouse : none;
}

std::string Section(const std::string& name, const char* text) {
  return "### " + name + "\n\n```" + text + "```\n\n";
}

}  // namespace

bool HasPreset(const CarePlan& plan) {
  return plan.risk() == care::v1::RISK_LOW || plan.risk() == care::v1::RISK_HIGH ||
         plan.household() == care::v1::HOUSEHOLD_WITH_SPOUSE;
}

CarePlan WithPreset(const CarePlan& plan) {
  CarePlan whole = OfRisk(plan.risk());
  whole.MergeFrom(OfHousehold(plan.household()));
  whole.MergeFrom(plan);
  return whole;
}

std::string DescribeProfiles() {
  return "An empty profile, `risk: RISK_MEDIUM` and `household: HOUSEHOLD_ALONE` set nothing: the "
         "defaults hold.\nWhat the plan itself says comes before its profile.\n\n" +
         Section("risk: RISK_LOW", kLowRisk) + Section("risk: RISK_HIGH", kHighRisk) +
         Section("household: HOUSEHOLD_WITH_SPOUSE", kWithSpouse);
}

}  // namespace veille::domain
