#include "tests/e2e/all_in_one.h"

#include <filesystem>

#include "google/protobuf/text_format.h"

#include "common/base/check.h"
#include "common/base/file.h"
#include "tests/e2e/raw_hub.h"

namespace veille::testing {

AllInOne::AllInOne(const std::string& config) {
  std::filesystem::create_directories(data() + "/homes");
  std::string home;
  google::protobuf::TextFormat::PrintToString(HomeZero(), &home);
  VEILLE_CHECK(WriteFileAtomically(data() + "/homes/home-0.textproto", home).ok());
  Configure(config);
  process_ = std::make_unique<Process>(
      std::vector<std::string>{VeilleBinary(), "all", "--data=" + data(),
                               "--config=" + data() + "/veille.textproto"},
      folder_.path() + "/log");
}

void AllInOne::Configure(const std::string& config) {
  const std::string text = "rpc { gateway_address: \"" + gateway() + "\" notifier_address: \"" +
                           notifier() + "\" }\n" + config;
  VEILLE_CHECK(WriteFileAtomically(data() + "/veille.textproto", text).ok());
}

std::string AllInOne::Log() const { return ReadFile(folder_.path() + "/log").value_or(""); }

}  // namespace veille::testing
