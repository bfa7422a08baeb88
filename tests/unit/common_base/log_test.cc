// Lines that a machine reads, and metrics that Prometheus does.

#include "common/log/log.h"

#include <cmath>

#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

#include "common/metrics/metrics.h"

namespace veille {
namespace {

using ::testing::HasSubstr;

// What a real JSON reader makes of a line.
google::protobuf::Struct Read(const std::string& line) {
  google::protobuf::Struct object;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(line, &object).ok()) << line;
  return object;
}

TEST(Log, WritesOneObjectALineThatAReaderUnderstands) {
  log::Options options;
  options.json = true;
  options.role = "gateway";
  options.clock = std::make_shared<VirtualClock>(absl::FromUnixSeconds(1'800'000'000));
  log::Configure(options);
  ::testing::internal::CaptureStderr();
  VEILLE_LOG(kWarning, "a \"quoted\"\nmessage")
      .Field("source", "hub\\1\t")
      .Field("count", 3)
      .Field("ratio", std::nan(""))
      .Field(absl::UnavailableError("gone"));
  VEILLE_LOG(kDebug, "not told");
  const std::string line = ::testing::internal::GetCapturedStderr();
  log::Configure(log::DefaultOptions());
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  const auto fields = Read(line).fields();
  EXPECT_EQ(fields.at("time").string_value(), "2027-01-15T08:00:00.000Z");
  EXPECT_EQ(fields.at("level").string_value(), "warning");
  EXPECT_EQ(fields.at("role").string_value(), "gateway");
  EXPECT_EQ(fields.at("message").string_value(), "a \"quoted\"\nmessage");
  EXPECT_EQ(fields.at("source").string_value(), "hub\\1\t");
  EXPECT_EQ(fields.at("count").number_value(), 3);
  EXPECT_TRUE(fields.at("ratio").has_null_value());
  EXPECT_THAT(fields.at("error").string_value(), HasSubstr("gone"));
}

TEST(Log, OfARepeatedStateSaysOnlyItsChanges) {
  log::OnChange state;
  EXPECT_TRUE(state.Changed("append", "gone"));
  EXPECT_FALSE(state.Changed("append", "gone"));
  EXPECT_TRUE(state.Changed("other", "gone"));
  EXPECT_TRUE(state.Changed("append", ""));
}

TEST(Metrics, AreExposedAsPrometheusReadsThem) {
  metrics::Registry registry;
  registry.NewCounter("veille_events_total", "Events.", {{"lane", "a\"b\\c"}}).Add(3);
  registry.NewCounter("veille_events_total", "Events.", {{"lane", "bulk"}}).Add();
  registry.NewGauge("veille_held", "Held.").Set(0.5);
  EXPECT_EQ(registry.Expose(),
            "# HELP veille_events_total Events.\n"
            "# TYPE veille_events_total counter\n"
            "veille_events_total{lane=\"a\\\"b\\\\c\"} 3\n"
            "veille_events_total{lane=\"bulk\"} 1\n"
            "# HELP veille_held Held.\n"
            "# TYPE veille_held gauge\n"
            "veille_held 0.5\n");
}

TEST(Metrics, OfTheSameNameAndLabelsAreOne) {
  metrics::Registry registry;
  registry.NewCounter("c", "C.").Add();
  registry.NewCounter("c", "C.").Add();
  EXPECT_EQ(registry.NewCounter("c", "C.").value(), 2U);
}

TEST(Histogram, CountsEachSpanInItsBucketAndAllAbove) {
  metrics::Registry registry;
  metrics::Histogram& histogram = registry.NewHistogram("h_seconds", "H.");
  histogram.Observe(absl::Milliseconds(2));
  histogram.Observe(absl::Milliseconds(3));
  histogram.Observe(absl::Hours(2));
  histogram.Observe(-absl::Seconds(1));
  const std::string text = registry.Expose();
  EXPECT_THAT(text, HasSubstr("h_seconds_bucket{le=\"0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("h_seconds_bucket{le=\"0.002\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("h_seconds_bucket{le=\"0.005\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("h_seconds_bucket{le=\"3600\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("h_seconds_bucket{le=\"+Inf\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("h_seconds_count 4\n"));
}

}  // namespace
}  // namespace veille
