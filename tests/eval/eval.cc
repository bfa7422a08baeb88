// eval FOLDER [--split FILE] [--json FILE] [--html FILE]: see tests/eval/run.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/eval/report.h"

namespace {

bool Write(const std::string& path, const std::string& text) {
  if (path.empty()) return true;
  std::ofstream file(path);
  file << text;
  file.close();
  if (file) return true;
  std::fprintf(stderr, "eval: %s cannot be written\n", path.c_str());
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
  if (folder.empty() || !std::filesystem::is_directory(folder)) {
    std::fprintf(stderr,
                 "usage: eval FOLDER [--split FILE] [--json FILE] [--html FILE]\n"
                 "FOLDER holds falls/<set>, home/<home> or gps/<set>\n");
    return 2;
  }
  veille::eval::Report report;
  report.folder = std::filesystem::path(folder).lexically_normal().string();
  report.falls = veille::eval::JudgeFalls(folder, split);
  const auto homes = veille::eval::ReadHomes(folder);
  report.homes = veille::eval::JudgeHomes(folder, homes);
  report.walks = veille::eval::JudgeWalks(folder);
  std::fputs(veille::eval::ToText(report).c_str(), stdout);
  const bool written =
      Write(json, veille::eval::ToJson(report)) && Write(html, veille::eval::ToHtml(report));
  if (report.falls.clips.empty() && report.homes.empty() && report.walks.empty()) {
    std::fprintf(stderr, "eval: %s holds no recording of the layout\n", folder.c_str());
    return 1;
  }
  return written ? 0 : 1;
}
