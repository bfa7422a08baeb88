// Same log, same findings, on every recording of a folder: same_findings FOLDER
//
// Judges each home, walk and fall in one go, and again with the state written and read back after
// every batch, after every seventh, and from a parse of the recording of its own. Prints what
// differs; exit code 0 only when nothing does.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "services/client/replay_engine.h"
#include "services/detector/core/bytes.h"
#include "services/domain/recordings/recording.h"

namespace veille {
namespace {

// What is compared: who, what, when, evidence; not receipts and log positions.
std::string Comparable(std::vector<store::v1::Finding> findings) {
  std::string all;
  for (store::v1::Finding& finding : findings) {
    finding.clear_receive_time();
    finding.clear_log_position();
    for (auto& seen : *finding.mutable_evidence()->mutable_observations())
      seen.clear_receive_time();
    all += detector::ToBytes(finding) + '\n';
  }
  return all;
}

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

// The number of findings; −1 when a way of judging differs, or one cannot be done.
int Judge(const std::string& source) {
  const auto recording = domain::OpenRecording(source);
  const auto again = domain::OpenRecording(source);
  if (!recording.ok() || !again.ok()) {
    std::printf("%s: %s\n", source.c_str(), recording.status().ToString().c_str());
    return -1;
  }
  const auto whole = client::Replay(*recording, {});
  if (!whole.ok()) {
    std::printf("%s: %s\n", source.c_str(), whole.status().ToString().c_str());
    return -1;
  }
  const std::string expected = Comparable(*whole);
  for (const int restart : {0, 1, 7}) {
    client::ReplayOptions options;
    options.restart_every_batches = restart;
    const auto other = client::Replay(restart == 0 ? *again : *recording, options);
    if (other.ok() && Comparable(*other) == expected) continue;
    std::printf("%s: other findings with a restart every %d batches\n", source.c_str(), restart);
    return -1;
  }
  return static_cast<int>(whole->size());
}

}  // namespace
}  // namespace veille

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: same_findings FOLDER\n");
    return 2;
  }
  int recordings = 0, findings = 0, wrong = 0;
  for (const std::string& source : veille::SourcesIn(argv[1])) {
    const int found = veille::Judge(source);
    ++recordings;
    wrong += found < 0 ? 1 : 0;
    findings += found > 0 ? found : 0;
  }
  std::printf("%d recordings, %d findings, %d recordings with differences\n", recordings, findings,
              wrong);
  return wrong == 0 && recordings > 0 ? 0 : 1;
}
