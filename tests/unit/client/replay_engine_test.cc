// What the offline replay concludes from recordings as their readers give them.

#include "services/client/replay_engine.h"

#include "gtest/gtest.h"

#include "common/base/file.h"
#include "services/domain/recordings/playlist.h"
#include "tests/support/process.h"

namespace veille::client {
namespace {

// Two kilometres to the north in ten minutes, a fix every 20 s.
std::string Walk(const std::string& accuracy) {
  std::string text = "time,lat,lon,accuracy_m,speed_mps\n";
  for (int i = 0; i < 30; ++i) {
    const absl::Time at = absl::FromUnixSeconds(1768482120 + 20 * i);
    text += absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", at, absl::UTCTimeZone()) + "," +
            std::to_string(49.9 + i * 0.0006) + ",2.3," + accuracy + ",\n";
  }
  return text;
}

int Exits(const std::string& text, const domain::ReadOptions& options) {
  const testing::TempFolder folder;
  EXPECT_TRUE(WriteFileAtomically(folder.path() + "/walk.csv", text).ok());
  const auto recording = domain::OpenRecording("gps:" + folder.path() + "/walk.csv", options);
  EXPECT_TRUE(recording.ok()) << recording.status();
  const auto findings = Replay(*recording, {});
  EXPECT_TRUE(findings.ok()) << findings.status();
  int exits = 0;
  for (const auto& finding : *findings) exits += finding.evidence().rule() == "GEOFENCE_EXIT";
  return exits;
}

TEST(Replay, LetsNoFixOfUnknownAccuracyCrossAFenceUnlessOneIsSupposed) {
  EXPECT_EQ(Exits(Walk("12"), {}), 1);
  EXPECT_EQ(Exits(Walk(""), {}), 0);
  EXPECT_EQ(Exits(Walk("-1"), {}), 0);
  EXPECT_EQ(Exits(Walk(""), {15}), 1);
  EXPECT_EQ(Exits(Walk("500"), {15}), 0);
}

}  // namespace
}  // namespace veille::client
