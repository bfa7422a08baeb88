#include "tests/bench/pipeline/memory.h"

#include <cstdio>

#include "absl/strings/numbers.h"
#include <unistd.h>

#include "common/base/check.h"
#include "common/base/file.h"
#include "common/time/clock.h"
#include "services/detector/core/home_plan.h"
#include "services/domain/recordings/recording.h"
#include "services/domain/registry.h"
#include "tests/bench/pipeline/load.h"
#include "tests/bench/support/measure.h"
#include "tests/e2e/deployment.h"

namespace veille::bench {
namespace {

constexpr absl::Duration kStreaming = absl::Seconds(10);
// Twice the deployment's commit interval, after the last event: everything is committed and quiet.
constexpr absl::Duration kQuiet = absl::Seconds(8);

int64_t DetectorBytes(testing::Deployment& deployment) {
  return ResidentBytesOf(deployment.process(testing::Deployment::kDetector).pid());
}

int64_t BytesOfPlans(const std::string& homes_folder) {
  const testing::TempFolder folder;
  const std::string out = folder.path() + "/out";
  testing::Process process({"/proc/self/exe", "--bytes_of_plans=" + homes_folder}, out);
  process.Start();
  VEILLE_CHECK(process.Wait(absl::Minutes(2)) == 0);
  int64_t bytes = 0;
  VEILLE_CHECK(absl::SimpleAtoi(ReadFile(out).value_or(""), &bytes));
  return bytes;
}

}  // namespace

void PrintBytesOfPlans(const std::string& homes_folder) {
  const int64_t before = ResidentBytesOf(getpid());
  const auto registry = domain::Registry::Load(homes_folder);
  VEILLE_CHECK(registry.ok());
  std::vector<std::shared_ptr<const detector::HomePlan>> plans;
  for (const care::v1::Home* home : (*registry)->homes())
    plans.push_back(*detector::HomePlan::Compile(*home));
  std::printf("%lld\n", static_cast<long long>(ResidentBytesOf(getpid()) - before));
}

double MeasureBytesPerPatient(int homes, int connections) {
  int64_t none = 0;
  {
    testing::Deployment deployment({});
    WaitUntilServing(deployment.gateway_address());
    SleepReally(kQuiet);
    none = DetectorBytes(deployment);
  }
  std::vector<care::v1::Home> registered;
  for (int i = 0; i < homes; ++i) {
    registered.push_back(
        domain::SimulateCrowdHome(1, i, {.start = absl::UnixEpoch(), .emergencies = 0}).home);
  }
  testing::Deployment deployment(registered);
  WaitUntilServing(deployment.gateway_address());
  {
    // One second of the watch a second, as a home sends it.
    const Load load(deployment.gateway_address(), homes, connections,
                    {"acceleration x 1", true, 1, 0}, homes);
    SleepReally(kStreaming);
  }
  SleepReally(kQuiet);
  const int64_t all = DetectorBytes(deployment);
  const int64_t plans = BytesOfPlans(deployment.folder() + "/homes");
  std::printf("detector: %.1f MB with %d homes, %.1f MB with none; plans %.1f MB\n",
              static_cast<double>(all) / 1e6, homes, static_cast<double>(none) / 1e6,
              static_cast<double>(plans) / 1e6);
  return static_cast<double>(all - none - plans) / homes;
}

}  // namespace veille::bench
