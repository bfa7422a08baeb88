#include "tests/e2e/all_in_one.h"

#include <filesystem>

#include "google/protobuf/text_format.h"

#include "common/base/check.h"
#include "common/base/file.h"
#include "tests/e2e/raw_hub.h"
#include "tests/support/http.h"

namespace veille::testing {

AllInOne::AllInOne(const std::string& config, std::vector<care::v1::Home> homes, bool tls)
    : tls_(tls) {
  std::filesystem::create_directories(data() + "/homes");
  if (homes.empty()) homes.push_back(HomeZero());
  for (const care::v1::Home& home : homes) PutHome(home);
  Configure(config);
  process_ = std::make_unique<Process>(
      std::vector<std::string>{VeilleBinary(), "all", "--data=" + data(),
                               "--config=" + data() + "/veille.textproto", "--metrics=127.0.0.1:0",
                               "--ready_file=" + folder_.path() + "/ready.json"},
      folder_.path() + "/log");
}

void AllInOne::PutHome(const care::v1::Home& home) const {
  std::string text;
  google::protobuf::TextFormat::PrintToString(home, &text);
  PutHomeFile(home.home_id(), text);
}

void AllInOne::PutHomeFile(const std::string& name, const std::string& text) const {
  VEILLE_CHECK(WriteFileAtomically(data() + "/homes/" + name + ".textproto", text).ok());
}

void AllInOne::Configure(const std::string& config) {
  // What a test counts is its own, unless it asks for the exercise.
  const bool asked = config.find("synthetic_patient") != std::string::npos;
  const std::string exercise = asked ? "" : "synthetic_patient { off: true }\n";
  const std::string text = "rpc { gateway_address: \"" + gateway() + "\" notifier_address: \"" +
                           notifier() + "\"" + (tls_ ? "" : " plaintext: true") + " }\n" +
                           exercise + config;
  VEILLE_CHECK(WriteFileAtomically(data() + "/veille.textproto", text).ok());
}

std::string AllInOne::Log() const { return ReadFile(folder_.path() + "/log").value_or(""); }

std::string AllInOne::Metrics() const { return MetricsOfProcess(folder_.path() + "/ready.json"); }

double AllInOne::Metric(const std::string& metric) const {
  return MetricOfProcess(folder_.path() + "/ready.json", metric);
}

}  // namespace veille::testing
