// Judges the whole tree, and first the judge: a rule that cannot fail is no rule.

#include "tests/unit/tidy/tidy.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace veille::tidy {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Sources of core that a test reaches through another suite than their own.
const std::map<std::string, std::string> kTestedElsewhere = {
    {"services/detector/core/rule_table.cc", "every test of the engine asks its rules"},
    {"services/detector/core/home_plan.cc", "every test of the engine compiles a plan"},
    {"services/detector/core/rules/fall_rule.cc", "TEST(Fall, …)"},
    {"services/detector/core/rules/geofence_rule.cc", "TEST(Geofence, …)"},
    {"services/detector/core/rules/presence.cc", "TEST(Circumstances, …)"},
    {"services/detector/core/rules/urgent.cc", "TEST(Sos, …)"},
};

std::string Text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Every file that is ours, by its path in the repository.
std::map<std::string, std::string> Tree() {
  const fs::path root = VEILLE_SOURCE_DIR;
  std::map<std::string, std::string> files;
  for (fs::recursive_directory_iterator at(root), end; at != end; ++at) {
    const std::string name = at->path().filename().string();
    if (name == "build" || name == ".git" || name == "node_modules" || name == ".cache") {
      at.disable_recursion_pending();
    } else if (at->is_regular_file()) {
      files[fs::relative(at->path(), root).generic_string()] = Text(at->path());
    }
  }
  return files;
}

TEST(Tidy, TreeHasNoFaults) {
  const std::map<std::string, std::string> tree = Tree();
  ASSERT_TRUE(tree.count("services/detector/core/advance.cc"));
  for (const auto& [path, text] : tree) EXPECT_THAT(Faults(path, text), IsEmpty());
}

TEST(Tidy, EverySourceOfCoreIsTested) {
  const std::map<std::string, std::string> tree = Tree();
  std::map<std::string, std::string> tests;  // By role.
  for (const auto& [path, text] : tree) {
    const std::size_t room = std::string("tests/unit/").size();
    if (path.rfind("tests/unit/", 0) == 0) {
      tests[path.substr(room, path.find('/', room) - room)] += text;
    }
  }
  for (const auto& [path, text] : tree) {
    const bool core = path.rfind("services/", 0) == 0 && path.find("/core/") != std::string::npos;
    if (!core || fs::path(path).extension() != ".cc") continue;
    const std::string role = path.substr(9, path.find('/', 9) - 9);
    EXPECT_NE(HasTest(path, tests[role]), kTestedElsewhere.count(path) == 1)
        << path << ": add tests/unit/" << role << "/…, or take it off kTestedElsewhere";
  }
}

struct Sample {
  const char* path;
  const char* text;
  const char* fault;
};

TEST(Tidy, FindsEveryKindOfFault) {
  const Sample samples[] = {
      {"services/gateway/core/a.cc", "#include \"grpcpp/grpcpp.h\"\n", "core is pure"},
      {"services/gateway/core/a.cc", "#include \"absl/time/clock.h\"\n", "core is pure"},
      {"services/gateway/core/a.cc", "#include \"services/detector/core/a.h\"\n", "core is pure"},
      {"services/gateway/core/a.cc", "#include <mutex>\n", "no lock"},
      {"services/gateway/core/a.cc", "#include <fstream>\n", "no input"},
      {"services/gateway/app/a.cc", "#include \"services/gateway/adapters/a.h\"\n", "no adapter"},
      {"services/gateway/app/a.cc", "#include \"common/redis/client.h\"\n", "no adapter"},
      {"services/gateway/app/a.cc", "#include <hiredis/hiredis.h>\n", "edges"},
      {"services/gateway/adapters/a.cc", "#include \"services/notifier/app/a.h\"\n", "own role"},
      {"services/gateway/role.cc", "#include \"services/notifier/role.h\"\n", "one another"},
      {"services/domain/a.cc", "#include \"services/hub/a.h\"\n", "does not know the roles"},
      {"services/hub/a.cc", "#include \"services/gateway/core/a.h\"\n", "protos only"},
      {"services/client/a.cc", "#include \"services/notifier/core/a.h\"\n", "pure rules only"},
      {"common/base/a.cc", "#include \"common/log/log.h\"\n", "nothing of ours"},
      {"common/time/a.cc", "#include \"common/log/log.h\"\n", "downward"},
      {"common/log/a.cc", "#include \"common/redis/a.h\"\n", "downward"},
      {"common/redis/a.cc", "#include \"common/rpc/a.h\"\n", "one another"},
      {"common/app/a.cc", "#include \"services/domain/keys.h\"\n", "no service"},
      {"services/hub/a.cc", "  t = absl::Now();\n", "time is injected"},
      {"tests/e2e/a.cc", "  t = std::chrono::steady_clock::now();\n", "time is injected"},
      {"services/hub/a.cc", "  call->Finish(status);\n", "finish a call"},
      {"services/hub/a.cc", "  StartRead(&message);\n", "drives a stream"},
      {"common/log/a.cc", "using namespace std;\n", "spell"},
      {"common/log/a.cc", "  std::thread worker(run);\n", "threads start"},
      {"common/log/a.cc", "  std::mutex mutex_;\n", "use common/sync"},
      {"common/log/a.cc", "  absl::SleepFor(d);\n", "sleep through"},
      {"common/log/a.cc", "  SleepReally(d);\n", "wait on conditions"},
      {"common/log/a.cc", "  delete it;\n", "an owner deletes"},
      {"common/log/a.cc", "  T* it = new T();\n", "make_unique"},
      {"common/log/a.cc", "  throw 1;\n", "Status"},
      {"common/log/a.h", "#ifndef LOG_A_H_\n", "COMMON_LOG_A_H_"},
      {"README.md",
       "see ../sha"
       "red/x\n",
       "beside the repository"},
  };
  for (const Sample& sample : samples) {
    EXPECT_THAT(Faults(sample.path, sample.text), ElementsAre(HasSubstr(sample.fault)))
        << sample.path << ": " << sample.text;
  }
}

TEST(Tidy, NamesTheLine) {
  EXPECT_THAT(Faults("common/log/a.cc", "int a;\n\nusing namespace std;\n"),
              ElementsAre("common/log/a.cc:3: spell names out"));
}

TEST(Tidy, CountsCharactersNotBytes) {
  std::string hundred;
  for (int i = 0; i < kMaxColumns; ++i) hundred += "é";
  EXPECT_THAT(Faults("common/log/a.cc", "//" + hundred), ElementsAre(HasSubstr("columns")));
  EXPECT_THAT(Faults("common/log/a.cc", hundred), IsEmpty());
}

TEST(Tidy, MeasuresFunctions) {
  std::string body;
  for (int i = 2; i < kMaxFunctionLines; ++i) body += "  f();\n";
  EXPECT_THAT(Faults("common/log/a.cc", "void F() {\n" + body + "}\n"), IsEmpty());
  EXPECT_THAT(Faults("common/log/a.cc", "void F() {\n" + body + "  f();\n}\n"),
              ElementsAre(HasSubstr("a function of 71 lines")));
}

TEST(Tidy, LeavesCommentsLiteralsAndOwnersAlone) {
  EXPECT_THAT(Faults("services/hub/a.cc",
                     "// absl::Now() is banned.\n"
                     "const char* kText = \"using namespace\";\n"
                     "  std::unique_ptr<T> it(new T());\n"
                     "  int a = 1'000; t = clock.Now();\n"),
              IsEmpty());
}

TEST(Tidy, KnowsATestByItsIncludeOrItsSuite) {
  const std::string path = "services/detector/core/rules/night_exit.cc";
  EXPECT_TRUE(HasTest(path, "TEST(NightExit, Told) {"));
  EXPECT_TRUE(HasTest(path, "#include \"services/detector/core/rules/night_exit.h\""));
  EXPECT_FALSE(HasTest(path, "TEST(NightExits, Told) {"));
}

}  // namespace
}  // namespace veille::tidy
