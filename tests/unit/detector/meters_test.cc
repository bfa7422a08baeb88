// Water, gas and electricity.

#include "services/detector/core/rules/meters.h"

#include "gtest/gtest.h"

#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {
namespace {

using Strings = std::vector<std::string>;
using Reader = void (event::v1::MeterReading::*)(double);

constexpr Reader kLitres = &event::v1::MeterReading::set_water_litres;
constexpr Reader kFlow = &event::v1::MeterReading::set_water_litres_per_minute;
constexpr Reader kGas = &event::v1::MeterReading::set_gas_m3;
constexpr Reader kGasFlow = &event::v1::MeterReading::set_gas_m3_per_hour;
constexpr Reader kEnergy = &event::v1::MeterReading::set_electricity_kwh;

// A meter, and somebody in the hall now and then.
class Meter : public ::testing::Test {
 protected:
  Meter() {
    home.Device("meter", care::v1::ROLE_METER);
    home.Device("kitchen-motion", care::v1::ROLE_MOTION, "kitchen");
    home.care_plan().mutable_sensor_silent()->set_enabled(false);
    home.care_plan().mutable_inactivity()->set_enabled(false);
    home.Compile();
  }
  absl::Time At(int minute) const { return home.At(1, 15, 8, 0) + absl::Minutes(minute); }
  event::v1::Event Seen(int minute, Reader set, double value) const {
    event::v1::Event event = domain::MakeEvent(At(minute), "meter");
    (event.mutable_meter_reading()->*set)(value);
    return event;
  }
  Strings Read(int minute, Reader set, double value) {
    home.See(Seen(minute, set, value));
    return home.Told();
  }
  // The same value again and again, and what was told.
  Strings ReadEach(int from, int to, int step, Reader set, double value, double more = 0) {
    Strings told;
    for (int minute = from; minute <= to; minute += step, value += more)
      for (const std::string& line : Read(minute, set, value)) told.push_back(line);
    return told;
  }
  Strings Beat(int minute) {
    home.Beat(At(minute));
    return home.Told();
  }

  Home home;
};

using WaterRunning = Meter;

TEST_F(WaterRunning, AFlowStandsUntilTheNextReading) {
  EXPECT_EQ(Read(0, kFlow, 4), Strings{});
  EXPECT_EQ(Read(1, kFlow, 4.1), Strings{});
  EXPECT_EQ(Beat(30), Strings{});
  EXPECT_EQ(Beat(31), Strings{"RAISE WATER_RUNNING/meter MEDIUM"});
  EXPECT_EQ(home.last().reason().en(), "More than 4.0 L of water a minute since 08:01 (30 min)");
  EXPECT_EQ(Read(40, kFlow, 6), Strings{});
  EXPECT_EQ(Read(41, kFlow, 0), Strings{"CLEAR WATER_RUNNING/meter MEDIUM"});
}

TEST_F(WaterRunning, AReadingThatIsLowOnceBeginsItAnew) {
  Read(0, kFlow, 9);
  Read(29, kFlow, 2);
  Read(30, kFlow, 9);
  EXPECT_EQ(Beat(59), Strings{});
  home.Restart();
  EXPECT_EQ(Beat(60), Strings{"RAISE WATER_RUNNING/meter MEDIUM"});
}

TEST_F(WaterRunning, OfACumulativeMeterIsToldByReadingsThatStandCloseEnough) {
  EXPECT_EQ(ReadEach(0, 25, 5, kLitres, 1000, 25), Strings{});
  EXPECT_EQ(Read(30, kLitres, 1150), Strings{"RAISE WATER_RUNNING/meter MEDIUM"});
  EXPECT_EQ(Read(30, kLitres, 1150), Strings{}) << "twice";
  EXPECT_EQ(Read(35, kLitres, 1160), Strings{"CLEAR WATER_RUNNING/meter MEDIUM"});
}

// Two baths in an hour are as many litres as a tap that runs.
TEST_F(WaterRunning, AnHourlyMeterDoesNotShowIt) {
  EXPECT_EQ(ReadEach(0, 300, 60, kLitres, 1000, 400), Strings{});
}

TEST_F(WaterRunning, AnExchangedMeterIsNoFlow) {
  ReadEach(0, 20, 5, kLitres, 90000, 30);
  EXPECT_EQ(Read(25, kLitres, 3), Strings{});
  EXPECT_EQ(ReadEach(30, 50, 5, kLitres, 33, 30), Strings{});
  EXPECT_EQ(Read(55, kLitres, 183), Strings{"RAISE WATER_RUNNING/meter MEDIUM"});
}

TEST_F(WaterRunning, IsToldAlthoughContactIsLost) {
  Read(0, kFlow, 9);
  home.Tick(At(31));
  home.Told();
  home.Tick(At(32));
  EXPECT_EQ(home.Told(), Strings{"RAISE WATER_RUNNING/meter MEDIUM"});
  EXPECT_NE(home.last().reason().en().find("not confirmed"), std::string::npos);
}

TEST_F(WaterRunning, ADeadMetersFlowStandsForNothing) {
  home.care_plan().mutable_water_running()->mutable_span()->set_seconds(7200);
  home.Compile();
  Read(0, kFlow, 9);
  EXPECT_EQ(Beat(125), Strings{});
}

using WaterContinuous = Meter;

TEST_F(WaterContinuous, IsADayWithoutOneDryReading) {
  home.care_plan().mutable_water_running()->set_enabled(false);
  home.Compile();
  EXPECT_EQ(ReadEach(0, 23 * 60 + 30, 30, kLitres, 5000, 1), Strings{});
  home.Restart();
  EXPECT_EQ(Read(24 * 60, kLitres, 5048), Strings{"RAISE WATER_CONTINUOUS/meter TECHNICAL"});
  EXPECT_EQ(Read(24 * 60 + 30, kLitres, 5049), Strings{});
  EXPECT_EQ(Read(25 * 60, kLitres, 5049), Strings{"CLEAR WATER_CONTINUOUS/meter TECHNICAL"});
}

TEST_F(WaterContinuous, EndsWithOneDryHourOfTheNight) {
  ReadEach(0, 18 * 60, 60, kLitres, 5000, 10);
  Read(19 * 60, kLitres, 5180);
  EXPECT_EQ(ReadEach(20 * 60, 42 * 60, 60, kLitres, 5190, 10), Strings{});
}

TEST_F(WaterContinuous, ReadingsFarApartDoNotShowIt) {
  EXPECT_EQ(ReadEach(0, 10 * 24 * 60, 24 * 60, kLitres, 5000, 120), Strings{});
  EXPECT_EQ(ReadEach(11 * 24 * 60, 15 * 24 * 60, 180, kFlow, 0.5), Strings{});
}

TEST_F(WaterContinuous, OfAFlowIsTold) {
  EXPECT_EQ(ReadEach(0, 23 * 60, 60, kFlow, 0.3), Strings{});
  EXPECT_EQ(Read(24 * 60, kFlow, 0.3), Strings{"RAISE WATER_CONTINUOUS/meter TECHNICAL"});
}

class WaterNone : public Meter {
 protected:
  // Hours after 8:00. The person is in the hall at each reading.
  Strings Dry(int from, int to, double litres = 100) {
    Strings told;
    for (int hour = from; hour <= to; ++hour) {
      home.See(Home::Motion(At(hour * 60 - 1)));
      for (const std::string& line : Read(hour * 60, kLitres, litres)) told.push_back(line);
    }
    return told;
  }
};

TEST_F(WaterNone, IsToldAfterTwelveHoursOfTheDay) {
  EXPECT_EQ(Dry(0, 11), Strings{});
  EXPECT_EQ(Beat(12 * 60 - 1), Strings{});
  home.Restart();
  EXPECT_EQ(Beat(12 * 60), Strings{"RAISE WATER_NONE MEDIUM"});
  EXPECT_EQ(home.last().reason().en(),
            "No water drawn since 08:00 (12 h of the day), the person is at home, the meter is "
            "alive");
  EXPECT_EQ(Dry(13, 14), Strings{});
  EXPECT_EQ(Read(15 * 60, kLitres, 106), Strings{"CLEAR WATER_NONE MEDIUM"});
}

TEST_F(WaterNone, TheNightDoesNotCount) {
  Dry(0, 5);
  Read(6 * 60, kLitres, 101);  // At 14:00: 8 h until 22:00, and 4 from 7:00 on.
  EXPECT_EQ(Dry(7, 26, 101), Strings{});
  EXPECT_EQ(Beat(27 * 60), Strings{"RAISE WATER_NONE MEDIUM"});
}

// The night on which clocks change is an hour longer, and none of it counts.
TEST_F(WaterNone, TheNightDoesNotCountHoweverLongItIs) {
  const absl::Time evening = home.At(10, 24, 20, 0);
  const auto dry = [&](absl::Time at) {
    event::v1::Event event = domain::MakeEvent(at, "meter");
    event.mutable_meter_reading()->set_water_litres(7);
    home.See(event);
    home.See(Home::Motion(at + absl::Minutes(1)));
  };
  for (absl::Time at = evening; at < home.At(10, 25, 17, 0); at += absl::Hours(1)) dry(at);
  home.Beat(home.At(10, 25, 16, 59));
  EXPECT_EQ(home.Told(), Strings{});
  home.Beat(home.At(10, 25, 17, 0));
  EXPECT_EQ(home.Told(), Strings{"RAISE WATER_NONE MEDIUM"});
}

// A silent meter is no dry tap.
TEST_F(WaterNone, ASilentMeterTellsNothing) {
  Dry(0, 4);
  for (int hour = 5; hour < 40; ++hour) {
    home.See(Home::Motion(At(hour * 60)));
    EXPECT_EQ(Beat(hour * 60 + 5), Strings{});
  }
  // It speaks again: the water stood all the while.
  EXPECT_EQ(Read(40 * 60 + 10, kLitres, 100), Strings{});
  EXPECT_EQ(Beat(40 * 60 + 30), Strings{"RAISE WATER_NONE MEDIUM"});
}

// What was drawn in an outage is known only when the meter is read again.
TEST_F(WaterNone, WaitsForTheReadingThatCoversTheTime) {
  Dry(0, 4);
  home.Send({Seen(20 * 60, kLitres, 130)}, At(20 * 60), At(20 * 60 + 1));
  EXPECT_EQ(home.Told(), Strings{});
}

TEST_F(WaterNone, OfAPersonWhoIsOutTellsNothing) {
  Dry(0, 2);
  home.See(Home::Door(At(125), true));
  home.See(Home::Door(At(126), false));
  home.Told();
  EXPECT_EQ(ReadEach(180, 20 * 60, 60, kLitres, 100), Strings{});
}

TEST_F(WaterNone, AnExchangedMeterBeginsAnew) {
  Dry(0, 10, 5000);
  Read(11 * 60, kLitres, 0);
  EXPECT_EQ(Dry(12, 14, 0), Strings{});
}

TEST_F(WaterNone, AFlowThatStandsIsWater) {
  Read(0, kFlow, 0.2);
  for (int hour = 1; hour < 20; ++hour) {
    home.See(Home::CheckIn(At(hour * 60), "meter"));
    home.See(Home::Motion(At(hour * 60 + 1)));
  }
  EXPECT_EQ(home.Told(), Strings{});
}

class GasFlowLong : public Meter {
 protected:
  // The kitchen's sensor lives.
  void CheckIn(int from, int to) {
    for (int minute = from; minute <= to; minute += 15) {
      home.See(Home::CheckIn(At(minute), "kitchen-motion"));
      home.See(Home::CheckIn(At(minute), "meter"));
    }
  }
};

TEST_F(GasFlowLong, IsToldWhenNobodyIsInTheKitchen) {
  CheckIn(0, 0);
  Read(0, kGasFlow, 0.4);
  CheckIn(15, 75);
  EXPECT_EQ(Beat(89), Strings{});
  EXPECT_EQ(Beat(90), Strings{"RAISE GAS_FLOW_LONG/meter MEDIUM"});
  home.See(Home::Motion(At(95), "kitchen-motion"));
  EXPECT_EQ(home.Told(), Strings{"CLEAR GAS_FLOW_LONG/meter MEDIUM"});
  home.Restart();
  CheckIn(105, 180);
  EXPECT_EQ(Beat(185), Strings{"RAISE GAS_FLOW_LONG/meter MEDIUM"});
  EXPECT_EQ(Read(186, kGasFlow, 0), Strings{"CLEAR GAS_FLOW_LONG/meter MEDIUM"});
}

TEST_F(GasFlowLong, APilotFlameIsNoFlow) {
  CheckIn(0, 0);
  Read(0, kGasFlow, 0.03);
  CheckIn(15, 180);
  EXPECT_EQ(home.Told(), Strings{});
}

TEST_F(GasFlowLong, OfACumulativeMeterIsToldByReadingsThatStandCloseEnough) {
  for (int minute = 0; minute <= 75; minute += 15) {
    CheckIn(minute, minute);
    EXPECT_EQ(Read(minute, kGas, 700 + minute * 0.01), Strings{}) << minute;
  }
  EXPECT_EQ(Read(90, kGas, 700.9), Strings{"RAISE GAS_FLOW_LONG/meter MEDIUM"});
  EXPECT_EQ(Read(105, kGas, 700.9), Strings{"CLEAR GAS_FLOW_LONG/meter MEDIUM"});
}

TEST_F(GasFlowLong, AnHourlyMeterDoesNotShowIt) {
  for (int hour = 0; hour < 6; ++hour) {
    CheckIn(hour * 60, hour * 60 + 45);
    EXPECT_EQ(Read(hour * 60 + 50, kGas, 700 + hour), Strings{});
  }
}

TEST_F(GasFlowLong, SaysNothingOfAKitchenWhoseSensorsAreDead) {
  for (int minute = 0; minute < 300; minute += 10)
    EXPECT_EQ(Read(minute, kGasFlow, 0.4), Strings{});
}

TEST_F(GasFlowLong, IsToldAlthoughContactIsLost) {
  CheckIn(0, 0);
  Read(0, kGasFlow, 0.4);
  home.Tick(At(91));
  home.Told();
  home.Tick(At(92));
  EXPECT_EQ(home.Told(), Strings{"RAISE GAS_FLOW_LONG/meter MEDIUM"});
}

class ElectricityFlat : public Meter {
 protected:
  Strings Power(int from, int to, double watts) {
    Strings told;
    for (int minute = from; minute <= to; minute += 20) {
      home.See(Home::Motion(At(minute)));
      home.See(Home::Watts(At(minute), "meter", watts));
      for (const std::string& line : home.Told()) told.push_back(line);
    }
    return told;
  }
};

TEST_F(ElectricityFlat, IsToldWhenOnlyTheFridgeRuns) {
  Power(0, 0, 60);
  Power(20, 20, 1900);  // A kettle at 8:20.
  EXPECT_EQ(Power(40, 360, 60), Strings{});
  Power(370, 370, 200);
  EXPECT_EQ(Beat(379), Strings{});
  home.Restart();
  EXPECT_EQ(Beat(380), Strings{"RAISE ELECTRICITY_FLAT LOW"});
  EXPECT_EQ(Power(390, 390, 180), Strings{});
  EXPECT_EQ(Power(391, 391, 260), Strings{"CLEAR ELECTRICITY_FLAT LOW"});
}

TEST_F(ElectricityFlat, OfACumulativeMeterIsJudgedByEnergyBeyondTheBase) {
  double kwh = 100;
  Strings told;
  for (int hour = 0; hour <= 6; ++hour) {
    home.See(Home::Motion(At(hour * 60)));
    for (const std::string& line : Read(hour * 60, kEnergy, kwh)) told.push_back(line);
    kwh += hour == 0 ? 0.05 : 0.07;
  }
  EXPECT_EQ(told, Strings{"RAISE ELECTRICITY_FLAT LOW"});
  kwh += 0.1;
  EXPECT_EQ(Read(7 * 60, kEnergy, kwh), Strings{"CLEAR ELECTRICITY_FLAT LOW"});
}

TEST_F(ElectricityFlat, ASilentMeterOrAPersonWhoIsOutTellsNothing) {
  Power(0, 40, 60);
  for (int minute = 60; minute < 12 * 60; minute += 20) {
    home.See(Home::Motion(At(minute)));
    EXPECT_EQ(Beat(minute + 1), Strings{});
  }
}

using MeterBook = Meter;

TEST_F(MeterBook, KnowsTheFirstTheExchangedTheRepeatedAndTheLate) {
  const auto judge = [&](int minute, double litres) {
    Effects effects;
    Context context{home.plan(), home.state(), effects, 0, nullptr};
    Signal seen;
    seen.kind = SignalKind::kMeter;
    seen.device = home.plan().FindDevice("meter");
    seen.code = event::v1::MeterReading::kWaterLitres;
    seen.time_us = absl::ToUnixMicros(At(minute));
    seen.value = litres;
    return ReadMeter(context, seen);
  };
  EXPECT_FALSE(judge(0, 100).known);
  Read(10, kLitres, 100);
  EXPECT_EQ(judge(5, 90).of, Commodity::kNone);
  EXPECT_EQ(judge(10, 100).of, Commodity::kNone);
  EXPECT_TRUE(judge(20, 99).exchanged);
  const Reading next = judge(20, 150);
  EXPECT_TRUE(next.known);
  EXPECT_DOUBLE_EQ(next.amount, 50);
  EXPECT_DOUBLE_EQ(next.rate, 5);
}

}  // namespace
}  // namespace veille::detector
