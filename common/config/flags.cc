#include "common/config/flags.h"

#include <cctype>
#include <cstdio>
#include <cstdlib>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/parse.h"
#include "absl/flags/reflection.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"

namespace veille::config {
namespace {

// Abseil and others have flags, too.
bool IsOurs(const std::string& file) {
  return file.find("services/") != std::string::npos || file.find("tests/") != std::string::npos;
}

}  // namespace

std::vector<std::string> ParseFlags(int argc, char** argv, const std::string& usage) {
  absl::SetProgramUsageMessage(usage);
  absl::FlagsUsageConfig config;
  config.contains_help_flags = [](absl::string_view file) { return IsOurs(std::string(file)); };
  absl::SetFlagsUsageConfig(config);
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    const std::string flag_name(name.data(), name.size());
    if (!IsOurs(std::string(flag->Filename()))) continue;
    std::string variable = "VEILLE_";
    for (const char c : flag_name)
      variable += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    const char* value = std::getenv(variable.c_str());
    std::string error;
    if (value != nullptr && !flag->ParseFrom(value, &error)) {
      std::fprintf(stderr, "veille: %s: %s\n", variable.c_str(), error.c_str());
      std::exit(2);
    }
  }
  const std::vector<char*> left = absl::ParseCommandLine(argc, argv);
  return {left.begin(), left.end()};
}

}  // namespace veille::config
