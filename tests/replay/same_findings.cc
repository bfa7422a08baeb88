// Same log, same findings, on the recordings of a folder: same_findings FOLDER [N]
//
// All of them, which takes hours, or N, spread evenly over the folder.
//
// Judges homes, walks and falls, several at a time as homes of one partition, in one go, and again
// in random chunks with restarts between, with every batch sent twice, and with hubs interleaved at
// random. Prints what differs; exit code 0 only when nothing does. VEILLE_SEED repeats.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"

#include "common/base/random.h"
#include "services/domain/recordings/recording.h"
#include "tests/replay/same_log.h"
#include "tests/support/inputs.h"

namespace veille {
namespace {

// Recordings that share a partition: enough to be interleaved, few enough to be kept in memory.
constexpr std::size_t kTogether = 32;
constexpr int kRandomRounds = 3;

// The sources of a folder of the layout that services/domain/recordings reads.
std::vector<std::string> SourcesIn(const std::filesystem::path& folder) {
  std::vector<std::string> sources;
  std::error_code ignored;
  for (const auto& home : std::filesystem::directory_iterator(folder / "home", ignored))
    if (std::filesystem::exists(home.path() / "events.txt"))
      sources.push_back("home:" + home.path().string());
  for (const std::string kind : {"gps", "falls"}) {
    for (const auto& set : std::filesystem::directory_iterator(folder / kind, ignored)) {
      std::ifstream list(set.path() / "recordings.csv");
      std::string line;
      std::getline(list, line);
      while (std::getline(list, line)) {
        const std::string file = line.substr(0, line.find(','));
        if (std::filesystem::exists(set.path() / file))
          sources.push_back(kind + ":" + (set.path() / file).string());
      }
    }
  }
  return sources;
}

// At most `most` of them, evenly spread; the first is among them.
std::vector<std::string> Thinned(std::vector<std::string> sources, std::size_t most) {
  if (sources.size() <= most) return sources;
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < most; ++i) kept.push_back(sources[i * sources.size() / most]);
  return kept;
}

// Homes of which the two differ; says so.
int Differences(const testing::ComparableFindings& expected,
                const testing::ComparableFindings& found, const std::vector<std::string>& names,
                const char* way) {
  int differences = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string home = "r" + std::to_string(i);
    const auto a = expected.find(home), b = found.find(home);
    const bool same =
        a == expected.end() ? b == found.end() : b != found.end() && a->second == b->second;
    if (same) continue;
    std::printf("%s: other findings %s\n", names[i].c_str(), way);
    ++differences;
  }
  return differences;
}

struct Tally {
  std::size_t recordings = 0, with_findings = 0;
  uint64_t sent_twice = 0;
  int wrong = 0;
};

void Judge(std::vector<domain::Recording> recordings, const std::vector<std::string>& names,
           SeededRandom& random, Tally& tally) {
  const testing::SameLog log(std::move(recordings));
  const testing::ComparableFindings expected = log.InOneGo();
  tally.recordings += names.size();
  tally.with_findings += expected.size();
  tally.sent_twice += log.duplicates();
  tally.wrong +=
      Differences(expected, log.OfEveryBatchTwice(), names, "with every batch sent twice");
  for (int round = 0; round < kRandomRounds; ++round) {
    tally.wrong += Differences(expected, log.InChunksWithRestarts(random), names,
                               "in random chunks with restarts");
    tally.wrong +=
        Differences(expected, log.Interleaved(random), names, "with hubs interleaved at random");
  }
}

}  // namespace
}  // namespace veille

int main(int argc, char** argv) {
  std::size_t most = std::numeric_limits<std::size_t>::max();
  if (argc < 2 || argc > 3 || (argc == 3 && !absl::SimpleAtoi(argv[2], &most))) {
    std::fprintf(stderr, "usage: same_findings FOLDER [how many recordings]\n");
    return 2;
  }
  veille::SeededRandom random(veille::testing::SeedOfThisRun());
  veille::Tally tally;
  std::vector<veille::domain::Recording> recordings;
  std::vector<std::string> names;
  const std::vector<std::string> sources = veille::Thinned(veille::SourcesIn(argv[1]), most);
  const auto judge = [&] {
    if (names.empty()) return;
    veille::Judge(std::exchange(recordings, {}), names, random, tally);
    names.clear();
    std::fprintf(stderr, "%zu of %zu recordings\n", tally.recordings, sources.size());
  };
  for (const std::string& source : sources) {
    auto recording = veille::domain::OpenRecording(source);
    if (!recording.ok()) {
      std::printf("%s: %s\n", source.c_str(), recording.status().ToString().c_str());
      ++tally.wrong;
      continue;
    }
    recordings.push_back(*std::move(recording));
    names.push_back(source);
    if (names.size() == veille::kTogether) judge();
  }
  judge();
  std::printf("%zu recordings, %zu with findings, %lu batches sent twice, %d differences\n",
              tally.recordings, tally.with_findings, static_cast<unsigned long>(tally.sent_twice),
              tally.wrong);
  return tally.wrong == 0 && tally.recordings > 0 ? 0 : 1;
}
