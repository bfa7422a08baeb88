// Vital signs: off, unless the deployment switches them on.

#include <functional>

#include "gtest/gtest.h"

#include "services/detector/core/rules/news2.h"
#include "services/detector/core/rules/vitals_plan.h"
#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {
namespace {

using Strings = std::vector<std::string>;
using event::v1::Vitals;

// Every row of the chart: each score up to and including a value.
struct Band {
  double to;
  int score;
};
constexpr double kEnd = 1000;

void ExpectChart(int (*score)(double), double from, double step, const std::vector<Band>& bands) {
  std::size_t band = 0;
  for (int i = 0; from + i * step <= 300; ++i) {
    const double value = from + i * step;
    while (value > bands[band].to + step / 4) ++band;
    EXPECT_EQ(score(value), bands[band].score) << value;
  }
}

TEST(News2, IsTheChartAtEveryValue) {
  ExpectChart(ScoreRespiration, 1, 1, {{8, 3}, {11, 1}, {20, 0}, {24, 2}, {kEnd, 3}});
  ExpectChart(ScoreSpo2, 1, 1, {{91, 3}, {93, 2}, {95, 1}, {kEnd, 0}});
  ExpectChart(ScoreSystolic, 1, 1, {{90, 3}, {100, 2}, {110, 1}, {219, 0}, {kEnd, 3}});
  ExpectChart(ScorePulse, 1, 1, {{40, 3}, {50, 1}, {90, 0}, {110, 1}, {130, 2}, {kEnd, 3}});
  ExpectChart(ScoreTemperature, 20, 0.1, {{35.0, 3}, {36.0, 1}, {38.0, 0}, {39.0, 1}, {kEnd, 2}});
}

TEST(News2, WhatIsMissingIsMissingAndNotZero) {
  EXPECT_EQ(Score({}).measured, 0);
  NewsMeasures measures;
  measures.pulse = 135;
  measures.spo2 = 92;
  const PartialNews news = Score(measures);
  EXPECT_EQ(news.measured, 2);
  EXPECT_EQ(news.score, 5);
  EXPECT_EQ(news.worst, 3);
}

class VitalSigns : public ::testing::Test {
 protected:
  VitalSigns() {
    home.Device("watch", care::v1::ROLE_WRIST);
    home.care_plan().mutable_sensor_silent()->set_enabled(false);
    home.care_plan().mutable_inactivity()->set_enabled(false);
    home.Compile({.vital_signs = true});
  }
  Strings Measure(int minute, const std::function<void(Vitals&)>& set,
                  Vitals::Quality quality = Vitals::QUALITY_GOOD,
                  Vitals::Activity activity = Vitals::ACTIVITY_REST) {
    event::v1::Event event =
        domain::MakeEvent(home.At(1, 15, 12, 0) + absl::Minutes(minute), "watch");
    set(*event.mutable_vitals());
    event.mutable_vitals()->set_quality(quality);
    event.mutable_vitals()->set_activity(activity);
    home.See(event);
    return home.Told();
  }
  Strings Spo2(int minute, float percent, Vitals::Quality quality = Vitals::QUALITY_GOOD) {
    return Measure(
        minute, [&](Vitals& vitals) { vitals.set_spo2_percent(percent); }, quality);
  }
  Strings Pulse(int minute, float bpm, Vitals::Activity activity = Vitals::ACTIVITY_REST) {
    return Measure(
        minute, [&](Vitals& vitals) { vitals.set_heart_rate_bpm(bpm); }, Vitals::QUALITY_GOOD,
        activity);
  }
  Strings Celsius(int minute, float celsius) {
    return Measure(minute, [&](Vitals& vitals) { vitals.set_body_temperature_celsius(celsius); });
  }
  void Only(const std::string& rule) {
    auto& plan = home.care_plan();
    plan.mutable_partial_news()->set_enabled(rule == "news");
    plan.mutable_oxygen_low()->set_enabled(rule == "oxygen");
    plan.mutable_pulse()->set_enabled(rule == "pulse");
    plan.mutable_body_temperature()->set_enabled(rule == "temperature");
    home.Compile({.vital_signs = true});
  }
  Home home;
};

using VitalsPlanOff = VitalSigns;

TEST_F(VitalsPlanOff, NothingIsToldNorRememberedUnlessTheDeploymentSwitchesItOn) {
  home.Compile();
  for (int minute = 0; minute < 60; ++minute) {
    EXPECT_EQ(Spo2(minute, 80), Strings{});
    EXPECT_EQ(Pulse(minute, 180), Strings{});
    EXPECT_EQ(Celsius(minute, 33), Strings{});
  }
  EXPECT_FALSE(home.state().record().patients(0).has_vitals());
}

using Spo2Low = VitalSigns;

TEST_F(Spo2Low, IsToldOnThreeGoodReadingsInARow) {
  Only("oxygen");
  EXPECT_EQ(Spo2(0, 92), Strings{});
  EXPECT_EQ(Spo2(4, 91), Strings{});
  EXPECT_EQ(Spo2(5, 85, Vitals::QUALITY_POOR), Strings{});
  EXPECT_EQ(Spo2(6, 85, Vitals::QUALITY_UNSPECIFIED), Strings{});
  home.Restart();
  EXPECT_EQ(Spo2(10, 90), Strings{"RAISE SPO2_LOW HIGH"});
  EXPECT_EQ(Spo2(11, 88), Strings{});
  EXPECT_EQ(Spo2(12, 93), Strings{});
  EXPECT_EQ(Spo2(13, 95), Strings{});
  EXPECT_EQ(Spo2(14, 91), Strings{});
  EXPECT_EQ(Spo2(15, 95), Strings{});
  EXPECT_EQ(Spo2(16, 95), Strings{});
  EXPECT_EQ(Spo2(17, 96), Strings{"CLEAR SPO2_LOW HIGH"});
}

TEST_F(Spo2Low, IsNotToldOnReadingsFarApartOrWithAGoodOneBetween) {
  Only("oxygen");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Spo2(i * 6, 90), Strings{});
  for (int i = 0; i < 30; ++i) EXPECT_EQ(Spo2(100 + i, i % 3 == 2 ? 93 : 90), Strings{});
}

using PulseAtRest = VitalSigns;

TEST_F(PulseAtRest, IsToldAfterTenMinutes) {
  Only("pulse");
  EXPECT_EQ(Pulse(-1, 130), Strings{});
  for (int minute = 0; minute < 10; minute += 2) EXPECT_EQ(Pulse(minute, 131), Strings{});
  home.Restart();
  EXPECT_EQ(Pulse(10, 140), Strings{"RAISE PULSE_AT_REST HIGH"});
  EXPECT_EQ(home.last().reason().fr(), "Pouls au repos à 140 par minute depuis 10 min");
  EXPECT_EQ(Pulse(12, 140), Strings{});
  EXPECT_EQ(Pulse(13, 150, Vitals::ACTIVITY_EXERCISE), Strings{});
  EXPECT_EQ(Pulse(14, 100), Strings{"CLEAR PULSE_AT_REST HIGH"});
}

TEST_F(PulseAtRest, SlowIsToldTooAndMovementIsNoRest) {
  Only("pulse");
  for (int minute = 0; minute < 60; minute += 2)
    EXPECT_EQ(Pulse(minute, 150, Vitals::ACTIVITY_ACTIVE), Strings{});
  for (int minute = 60; minute < 120; minute += 2)
    EXPECT_EQ(Pulse(minute, 150, Vitals::ACTIVITY_UNSPECIFIED), Strings{});
  for (int minute = 120; minute < 130; minute += 2)
    EXPECT_EQ(Pulse(minute, 39, Vitals::ACTIVITY_SLEEP), Strings{});
  EXPECT_EQ(Pulse(130, 39, Vitals::ACTIVITY_SLEEP), Strings{"RAISE PULSE_AT_REST HIGH"});
}

TEST_F(PulseAtRest, WhatIsNotMeasuredIsNotBridged) {
  Only("pulse");
  for (int minute = 0; minute <= 60; minute += 6) EXPECT_EQ(Pulse(minute, 140), Strings{});
}

using BodyTemperatureLow = VitalSigns;

TEST_F(BodyTemperatureLow, IsToldAtOnceAndOverWhenClearlyAbove) {
  Only("temperature");
  EXPECT_EQ(Celsius(0, 35.1F), Strings{});
  EXPECT_EQ(Celsius(1, 35.0F), Strings{"RAISE BODY_TEMPERATURE_LOW HIGH"});
  EXPECT_EQ(Celsius(2, 34.0F), Strings{});
  EXPECT_EQ(Celsius(3, 35.4F), Strings{});
  EXPECT_EQ(Celsius(4, 35.5F), Strings{"CLEAR BODY_TEMPERATURE_LOW HIGH"});
}

using PartialNews2 = VitalSigns;

TEST_F(PartialNews2, IsToldWhenItStaysHighAndSaysWhatIsMissing) {
  Only("news");
  EXPECT_EQ(Pulse(0, 120), Strings{});      // 2
  EXPECT_EQ(Spo2(1, 94), Strings{});        // 1
  EXPECT_EQ(Celsius(2, 39.2F), Strings{});  // 2: five together.
  EXPECT_EQ(Pulse(11, 120), Strings{});
  EXPECT_EQ(Pulse(12, 120), Strings{"RAISE PARTIAL_NEWS2 MEDIUM"});
  EXPECT_EQ(home.last().reason().en(),
            "Partial NEWS2 score 5: SpO₂ 94 (1), pulse 120 (2), temperature 39.2 (2); not "
            "measured: respiration, systolic pressure, consciousness, oxygen");
  EXPECT_EQ(Spo2(13, 90), Strings{});  // Seven.
  EXPECT_EQ(Spo2(22, 90), Strings{});
  home.Restart();
  EXPECT_EQ(Spo2(23, 90), Strings{"WORSEN PARTIAL_NEWS2 HIGH"});
  EXPECT_EQ(Spo2(24, 97), Strings{"CLEAR PARTIAL_NEWS2 HIGH"});
}

TEST_F(PartialNews2, WhatIsOldCountsForNothing) {
  Only("news");
  Pulse(0, 120);
  Celsius(0, 39.2F);
  for (int minute = 61; minute < 100; ++minute) EXPECT_EQ(Spo2(minute, 94), Strings{});
}

TEST_F(PartialNews2, ThreeOfOneMeasureIsEnough) {
  Only("news");
  Spo2(0, 91);
  EXPECT_EQ(Spo2(10, 91), Strings{"RAISE PARTIAL_NEWS2 MEDIUM"});
}

TEST(VitalsPlan, IsOffInEveryPartUnlessSwitchedOn) {
  const VitalsPlan off = MakeVitalsPlan({}, false);
  EXPECT_FALSE(off.news.enabled || off.oxygen.enabled || off.pulse.enabled ||
               off.temperature.enabled);
  const VitalsPlan on = MakeVitalsPlan({}, true);
  EXPECT_TRUE(on.news.enabled && on.oxygen.enabled && on.pulse.enabled && on.temperature.enabled);
}

}  // namespace
}  // namespace veille::detector
