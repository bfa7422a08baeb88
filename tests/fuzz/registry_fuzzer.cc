// Arbitrary home files: refused with reasons, or loaded and compiled.

#include <cstdint>

#include "common/base/check.h"
#include "common/config/text_proto.h"
#include "services/detector/core/home_plan.h"
#include "services/domain/home_check.h"
#include "services/domain/registry.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  veille::config::Faults faults;
  veille::config::TextProtoFile file;
  const std::string text(reinterpret_cast<const char*>(data), size);
  // As `veille care import` reads it: with what only people need.
  veille::care::v1::HomeRecord record;
  if (!file.Parse("fuzz", text, record, faults)) return 0;
  for (const auto& fault : veille::domain::CheckHomeRecord(record))
    VEILLE_CHECK(!fault.field.empty() && !fault.reason.empty());
  const veille::care::v1::Home home = veille::domain::HomeOf(record);
  const auto registry = veille::domain::Registry::Make({home});
  if (!registry.ok()) return 0;
  for (const auto* good : (*registry)->homes())
    veille::detector::HomePlan::Compile(*good).status().IgnoreError();
  return 0;
}
