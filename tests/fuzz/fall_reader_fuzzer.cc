// Any file of acceleration, and behind "====" any recordings.csv: read or refused with a reason,
// and every event is one that a gateway takes.

#include <cstdint>

#include "common/base/check.h"
#include "services/domain/recordings/readers.h"
#include "services/gateway/core/validate.h"
#include "tests/fuzz/reader_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const veille::fuzz::ReaderFolder folder;
  const auto files = veille::fuzz::CutIntoFiles(data, size);
  folder.Write("clip.csv", files[0]);
  folder.Write(
      "recordings.csv",
      files.size() > 1
          ? files[1]
          : "file,subject,group,position,rate_hz,range_g,activity,description,label,onset_s,end_s\n"
            "clip.csv,S,young,wrist,50,8,F1,a fall,fall,1,2\n");
  veille::domain::ReadReport report;
  const auto clips = veille::domain::ListClips(folder.path(), report);
  if (!clips.ok()) return 0;
  for (const veille::domain::Clip& clip : *clips) {
    // Only what the fuzzer wrote is read.
    if (clip.file != "clip.csv") continue;
    const auto recording = veille::domain::ReadClip(clip);
    if (!recording.ok()) continue;
    for (const auto& event : recording->events)
      VEILLE_CHECK(!veille::gateway::FindViolation(event).has_value());
  }
  return 0;
}
