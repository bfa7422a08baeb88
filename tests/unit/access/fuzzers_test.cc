// The table of what others can send, in tests/fuzz/README.md, held against the services'
// descriptors and the fuzzers that there are: a new call without a fuzzer fails here, as does a
// fuzzer that does not know the request that it is said to mutate.

#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "common/base/file.h"
#include "tests/unit/access/contracts.h"

namespace veille::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kFolder = VEILLE_SOURCE_DIR "/tests/fuzz/";

struct Row {
  std::vector<std::string> cells;
  std::string fuzzer;
};

std::vector<std::string> CellsOf(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream rest(line.substr(1));
  for (std::string cell; std::getline(rest, cell, '|');) {
    const std::size_t begin = cell.find_first_not_of(" `");
    cells.push_back(begin == std::string::npos
                        ? ""
                        : cell.substr(begin, cell.find_last_not_of(" `") + 1 - begin));
  }
  return cells;
}

// Rows whose last cell names a fuzzer.
std::vector<Row> Rows() {
  std::vector<Row> rows;
  std::istringstream text(ReadFile(kFolder + "README.md").value_or(""));
  for (std::string line; std::getline(text, line);) {
    if (line.rfind("| ", 0) != 0) continue;
    Row row;
    row.cells = CellsOf(line);
    row.fuzzer = row.cells.back();
    const std::string end = "_fuzzer";
    if (row.fuzzer.size() > end.size() &&
        row.fuzzer.compare(row.fuzzer.size() - end.size(), end.size(), end) == 0)
      rows.push_back(std::move(row));
  }
  return rows;
}

std::string SourceOf(const std::string& fuzzer) {
  return ReadFile(kFolder + fuzzer + ".cc").value_or("");
}

TEST(Fuzzers, EveryCallOfEveryServiceHasOneThatKnowsItsRequest) {
  std::map<std::string, std::string> table;
  for (const Row& row : Rows())
    if (row.cells.size() == 2) table[row.cells[0]] = row.fuzzer;
  for (const google::protobuf::MethodDescriptor* method : MethodDescriptors()) {
    const std::string name = NameOf(*method);
    ASSERT_EQ(table.count(name), 1U)
        << name << ": write a fuzzer of it, and name it in tests/fuzz/README.md";
    const std::string source = SourceOf(table[name]);
    // One that finds requests by the service's descriptor knows all of them.
    if (source.find("FindServiceByName(\"" + method->service()->name() + "\")") !=
        std::string::npos)
      continue;
    // Its type, or its name where a namespace is said elsewhere.
    EXPECT_THAT(source, HasSubstr("::" + method->input_type()->name())) << table[name];
  }
  const std::vector<std::string> methods = Methods();
  const std::set<std::string> known(methods.begin(), methods.end());
  for (const auto& [name, fuzzer] : table)
    EXPECT_EQ(known.count(name), 1U) << name << " is no call of ours any more";
}

TEST(Fuzzers, EveryOneIsInTheTableBuiltAndHasACorpus) {
  std::set<std::string> named;
  for (const Row& row : Rows()) named.insert(row.fuzzer);
  std::set<std::string> there;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const std::string stem = entry.path().stem().string();
    if (entry.path().extension() == ".cc") there.insert(stem);
  }
  EXPECT_EQ(named, there);
  const std::string build = ReadFile(kFolder + "CMakeLists.txt").value_or("");
  const std::string target = build.substr(std::min(build.find("add_custom_target"), build.size()));
  for (const std::string& fuzzer : there) {
    EXPECT_THAT(target, HasSubstr(fuzzer)) << "tests/run --full does not build it";
    const std::string corpus = kFolder + "corpus/" + fuzzer.substr(0, fuzzer.rfind('_'));
    ASSERT_TRUE(std::filesystem::is_directory(corpus)) << corpus;
    EXPECT_FALSE(std::filesystem::is_empty(corpus)) << corpus;
  }
}

TEST(Fuzzers, WhatTheTableLinksToIsThere) {
  std::vector<std::string> missing;
  int links = 0;
  for (const Row& row : Rows()) {
    for (const std::string& cell : row.cells) {
      const std::size_t at = cell.find("](");
      if (at == std::string::npos) continue;
      ++links;
      const std::string path = kFolder + cell.substr(at + 2, cell.find(')', at) - at - 2);
      if (!std::filesystem::exists(path)) missing.push_back(path);
    }
  }
  EXPECT_GT(links, 10);
  EXPECT_THAT(missing, IsEmpty());
}

}  // namespace
}  // namespace veille::testing
