// eval FOLDER [--split FILE] [--json FILE] [--html FILE]: see tests/eval/run.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "tests/eval/report.h"

namespace {

// Of each pattern, for each home and each set of walks: a share of 0.95 is then known to 0.03.
constexpr int kSequences = 200, kMadeWalks = 200;

bool Write(const std::string& path, const std::string& text) {
  if (path.empty()) return true;
  std::ofstream file(path);
  file << text;
  file.close();
  if (file) return true;
  std::fprintf(stderr, "eval: %s cannot be written\n", path.c_str());
  return false;
}

bool HoldsRecordings(const std::string& folder) {
  std::error_code ignored;
  for (const auto& [part, file] :
       {std::pair{"falls", "recordings.csv"}, std::pair{"home", "events.txt"},
        std::pair{"gps", "recordings.csv"}}) {
    for (const auto& each : std::filesystem::directory_iterator(folder + "/" + part, ignored))
      if (std::filesystem::exists(each.path() / file, ignored)) return true;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  std::string folder, split, json, html;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    std::string* value = argument == "--split"  ? &split
                         : argument == "--json" ? &json
                         : argument == "--html" ? &html
                                                : nullptr;
    if (value != nullptr && i + 1 < argc) {
      *value = argv[++i];
    } else if (value == nullptr && folder.empty()) {
      folder = argument;
    } else {
      folder.clear();
      break;
    }
  }
  if (folder.empty()) {
    std::fprintf(stderr,
                 "usage: eval FOLDER [--split FILE] [--json FILE] [--html FILE]\n"
                 "FOLDER holds falls/<set>, home/<home> or gps/<set>\n");
    return 2;
  }
  if (!HoldsRecordings(folder)) {
    std::fprintf(stderr,
                 "eval: %s holds no recordings: neither falls/<set>/recordings.csv nor "
                 "home/<home>/events.txt nor gps/<set>/recordings.csv is in it\n",
                 folder.c_str());
    return 2;
  }
  veille::eval::Report report;
  report.folder = std::filesystem::path(folder).lexically_normal().string();
  report.falls = veille::eval::JudgeFalls(folder, split);
  const auto homes = veille::eval::ReadHomes(folder);
  report.homes = veille::eval::JudgeHomes(folder, homes);
  report.injected = veille::eval::JudgeInjected(homes);
  report.patterns = veille::eval::JudgePatterns(homes, kSequences);
  report.walks = veille::eval::JudgeWalks(folder, split);
  report.made_walks = veille::eval::JudgeMadeWalks(folder, kMadeWalks, split);
  std::fputs(veille::eval::ToText(report).c_str(), stdout);
  const bool written =
      Write(json, veille::eval::ToJson(report)) && Write(html, veille::eval::ToHtml(report));
  if (!veille::eval::IsAnythingJudged(report)) {
    std::fprintf(stderr, "eval: nothing in %s could be judged; the report says why\n",
                 folder.c_str());
    return 1;
  }
  return written ? 0 : 1;
}
