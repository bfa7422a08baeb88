#include "tests/bench/notify/served.h"

#include <cstdlib>
#include <filesystem>

#include "veille/care/v1/home.pb.h"
#include "veille/config/v1/config.pb.h"

#include "common/base/check.h"
#include "common/time/clock.h"
#include "services/domain/keys.h"
#include "tests/bench/notify/watchers.h"
#include "tests/bench/support/measure.h"
#include "tests/support/inputs.h"

namespace veille::bench {
namespace {

care::v1::Home MakeHome(int index, absl::Duration step_delay) {
  care::v1::Home home;
  home.set_home_id(HomeId(index));
  home.set_zone("Europe/Paris");
  home.add_sources()->set_source_id("hub-" + home.home_id());
  care::v1::Patient& patient = *home.add_patients();
  patient.set_patient_id("p" + std::to_string(index));
  patient.set_display_name("Madame Petit");
  patient.mutable_circle()->add_members()->set_caregiver_id(CaregiverId(index));
  for (int i = 0; i < 2; ++i) {
    auto& step = *patient.mutable_circle()->add_steps();
    step.add_caregiver_ids(CaregiverId(index));
    step.mutable_delay()->set_seconds(absl::ToInt64Seconds(step_delay));
  }
  return home;
}

void RunToTheEnd(std::vector<std::string> argv, const std::string& log) {
  testing::Process process(std::move(argv), log);
  process.Start();
  VEILLE_CHECK(process.Wait(absl::Minutes(1)) == 0);
}

}  // namespace

Served::Served(int homes, absl::Duration step_delay) {
  const std::string homes_folder = folder_.path() + "/homes";
  std::filesystem::create_directories(homes_folder);
  for (int i = 0; i < homes; ++i)
    testing::WriteText(homes_folder + "/" + HomeId(i) + ".textproto", MakeHome(i, step_delay));
  address_ = "127.0.0.1:" + std::to_string(testing::FreePort());
  config::v1::Config config;
  config.mutable_redis()->set_endpoint("unix:" + redis_.socket_path());
  testing::MakeDoorsAndKeys(folder_.path(), config);
  config.set_homes_folder(homes_folder);
  config.mutable_rpc()->set_notifier_address(address_);
  config.mutable_notifier()->add_operator_ids("operator");
  config.mutable_notifier()->mutable_default_step_delay()->set_seconds(3600);
  const std::string file = folder_.path() + "/veille.textproto";
  testing::WriteText(file, config);
  RunToTheEnd({testing::VeilleBinary(), "init", "--config=" + file}, folder_.path() + "/init.log");
  const std::string ready = folder_.path() + "/ready.json";
  notifier_ = std::make_unique<testing::Process>(
      std::vector<std::string>{testing::VeilleBinary(), "notifier", "--config=" + file,
                               "--metrics=127.0.0.1:0", "--ready_file=" + ready},
      folder_.path() + "/notifier.log");
  notifier_->Start();
  while (!std::filesystem::exists(ready)) {
    VEILLE_CHECK(notifier_->Alive());
    SleepReally(absl::Milliseconds(10));
  }
}

void Served::Queue(int home, std::size_t number) {
  store::v1::Finding finding = testing::MakeSosFinding(HomeId(home), "p" + std::to_string(home),
                                                       number, SystemClock().Now());
  finding.mutable_reason()->set_fr("Appel à l'aide : le médaillon a été pressé");
  finding.mutable_reason()->set_en("Call for help: the pendant was pressed");
  finding.mutable_evidence()->set_rule_version(1);
  const int partition = domain::PartitionOf(finding.home_id(), domain::kDefaultPartitions);
  redis_.client().Command(
      {"XADD", domain::QueueKey(partition), "*", "f", finding.SerializeAsString()},
      [](const absl::StatusOr<redis::Reply>& reply) { VEILLE_CHECK(reply.ok()); });
}

double Served::Cpu() { return CpuOf(notifier_pid()) + CpuOf(redis_pid()); }

std::size_t NumberOf(const std::string& alert_id) {
  return std::strtoul(alert_id.substr(alert_id.rfind('.') + 1).c_str(), nullptr, 10);
}

}  // namespace veille::bench
