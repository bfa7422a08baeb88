// Any events.txt, and behind "====" any sensors.csv and home.csv: read or refused with a reason,
// and what is read can be judged.

#include <algorithm>
#include <cstdint>

#include "common/base/check.h"
#include "services/detector/core/home_plan.h"
#include "services/domain/recordings/readers.h"
#include "tests/fuzz/reader_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const veille::fuzz::ReaderFolder folder;
  const auto files = veille::fuzz::CutIntoFiles(data, size);
  // Each sensor checks in every half an hour of what may be two years.
  constexpr std::ptrdiff_t kMostSensors = 8;
  const std::string sensors = files.size() > 1 ? files[1]
                                               : "sensor,kind,room,role\nM001,motion,Hall,\n"
                                                 "D001,contact,Hall,exit_door\n";
  if (std::count(sensors.begin(), sensors.end(), '\n') > kMostSensors) return 0;
  if (std::count(sensors.begin(), sensors.end(), '\r') > 0) return 0;
  folder.Write("events.txt", files[0]);
  folder.Write("sensors.csv", sensors);
  folder.Write("home.csv", files.size() > 2
                               ? files[2]
                               : "home,zone,residents,note\nhome,Europe/Paris,1,made\n");
  const auto recording = veille::domain::ReadHome(folder.path());
  if (!recording.ok()) {
    VEILLE_CHECK(!recording.status().message().empty());
    return 0;
  }
  VEILLE_CHECK(!recording->events.empty());
  VEILLE_CHECK(recording->start <= recording->end);
  VEILLE_CHECK(veille::detector::HomePlan::Compile(recording->home).ok());
  return 0;
}
