#include "tests/support/inputs.h"

#include <cstdio>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "google/protobuf/text_format.h"

#include "common/base/check.h"
#include "common/base/file.h"
#include "common/base/random.h"
#include "common/base/timestamp.h"
#include "services/domain/vault/key_ring.h"

namespace veille::testing {

uint64_t SeedOfThisRun() {
  uint64_t seed = 1;
  const char* text = std::getenv("VEILLE_SEED");
  if (text == nullptr || !absl::SimpleAtoi(text, &seed)) seed = SystemRandom().UInt64() % 1000000;
  std::printf("seed: VEILLE_SEED=%lu\n", static_cast<unsigned long>(seed));
  return seed;
}

void MakeDoorsAndKeys(const std::string& folder, config::v1::Config& config) {
  config.mutable_rpc()->set_plaintext(true);
  config.mutable_keys()->set_kek_file(folder + "/kek.keys");
  *config.mutable_keys()->mutable_store() = config.redis();
  VEILLE_CHECK(domain::KeyRing::MakeFile(config.keys().kek_file()).ok());
}

void WriteText(const std::string& path, const google::protobuf::Message& message) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(message, &text);
  VEILLE_CHECK(WriteFileAtomically(path, text).ok());
}

store::v1::Finding MakeSosFinding(const std::string& home_id, const std::string& patient_id,
                                  std::size_t number, absl::Time now) {
  store::v1::Finding finding;
  finding.set_format(1);
  finding.set_home_id(home_id);
  finding.set_patient_id(patient_id);
  finding.set_rule_key("SOS/" + std::to_string(number));
  finding.set_alert_id(home_id + "." + std::to_string(number));
  finding.set_finding_id(finding.alert_id() + "/1");
  finding.set_kind(store::v1::Finding::KIND_RAISE);
  finding.set_severity(alert::v1::SEVERITY_HIGH);
  finding.set_status(alert::v1::STATUS_ACTUAL);
  finding.set_latching(true);
  finding.mutable_evidence()->set_rule("SOS");
  SetTime(now, *finding.mutable_event_time());
  SetTime(now, *finding.mutable_decide_time());
  SetTime(now, *finding.mutable_receive_time());
  return finding;
}

}  // namespace veille::testing
