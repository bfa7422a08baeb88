// Any file of fixes, and behind "====" any recordings.csv: read or refused with a reason, and every
// fix is one that a gateway takes.

#include <cstdint>

#include "common/base/check.h"
#include "services/domain/recordings/readers.h"
#include "services/gateway/core/validate.h"
#include "tests/fuzz/reader_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const veille::fuzz::ReaderFolder folder;
  const auto files = veille::fuzz::CutIntoFiles(data, size);
  folder.Write("walk.csv", files[0]);
  folder.Write("recordings.csv", files.size() > 1 ? files[1]
                                                  : "file,subject,kind,truth,zone,points\n"
                                                    "walk.csv,S,walk,direct,Europe/Paris,9\n");
  veille::domain::ReadReport report;
  const auto walks = veille::domain::ListWalks(folder.path(), report);
  if (!walks.ok()) return 0;
  for (const veille::domain::Walk& walk : *walks) {
    // Only what the fuzzer wrote is read.
    if (walk.path != folder.path() + "/walk.csv") continue;
    const auto recording = veille::domain::ReadWalk(walk, {});
    if (!recording.ok()) continue;
    for (const auto& event : recording->events)
      VEILLE_CHECK(!veille::gateway::FindViolation(event).has_value());
  }
  return 0;
}
