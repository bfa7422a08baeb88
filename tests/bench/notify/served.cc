#include "tests/bench/notify/served.h"

#include <cstdlib>
#include <filesystem>

#include "google/protobuf/text_format.h"

#include "veille/care/v1/home.pb.h"
#include "veille/config/v1/config.pb.h"

#include "common/base/check.h"
#include "common/base/file.h"
#include "common/base/timestamp.h"
#include "common/time/clock.h"
#include "services/domain/keys.h"
#include "tests/bench/notify/watchers.h"
#include "tests/bench/support/measure.h"

namespace veille::bench {
namespace {

void Write(const std::string& path, const google::protobuf::Message& message) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(message, &text);
  VEILLE_CHECK(WriteFileAtomically(path, text).ok());
}

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
    Write(homes_folder + "/" + HomeId(i) + ".textproto", MakeHome(i, step_delay));
  address_ = "127.0.0.1:" + std::to_string(testing::FreePort());
  config::v1::Config config;
  config.mutable_redis()->set_endpoint("unix:" + redis_.socket_path());
  config.set_homes_folder(homes_folder);
  config.mutable_rpc()->set_notifier_address(address_);
  config.mutable_notifier()->add_operator_ids("operator");
  config.mutable_notifier()->mutable_default_step_delay()->set_seconds(3600);
  const std::string file = folder_.path() + "/veille.textproto";
  Write(file, config);
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
  store::v1::Finding finding;
  finding.set_format(1);
  finding.set_home_id(HomeId(home));
  finding.set_patient_id("p" + std::to_string(home));
  finding.set_rule_key("SOS/" + std::to_string(number));
  finding.set_alert_id(finding.home_id() + "." + std::to_string(number));
  finding.set_finding_id(finding.alert_id() + "/1");
  finding.set_kind(store::v1::Finding::KIND_RAISE);
  finding.set_severity(alert::v1::SEVERITY_HIGH);
  finding.set_status(alert::v1::STATUS_ACTUAL);
  finding.set_latching(true);
  finding.mutable_reason()->set_fr("Appel à l'aide : le médaillon a été pressé");
  finding.mutable_reason()->set_en("Call for help: the pendant was pressed");
  finding.mutable_evidence()->set_rule("SOS");
  finding.mutable_evidence()->set_rule_version(1);
  const absl::Time now = SystemClock().Now();
  SetTime(now, *finding.mutable_event_time());
  SetTime(now, *finding.mutable_decide_time());
  SetTime(now, *finding.mutable_receive_time());
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
