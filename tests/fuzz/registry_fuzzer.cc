// Arbitrary home files: refused with reasons, or loaded and compiled.

#include <cstdint>

#include "common/config/text_proto.h"
#include "services/detector/core/home_plan.h"
#include "services/domain/registry.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  veille::care::v1::Home home;
  veille::config::Faults faults;
  veille::config::TextProtoFile file;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (!file.Parse("fuzz", text, home, faults)) return 0;
  const auto registry = veille::domain::Registry::Make({home});
  if (!registry.ok()) return 0;
  for (const auto* good : (*registry)->homes())
    veille::detector::HomePlan::Compile(*good).status().IgnoreError();
  return 0;
}
