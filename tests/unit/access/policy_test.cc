// The table of who may call what, walked by the descriptors of all of our services, and compared
// with matrix.txt, in which a change is seen. VEILLE_REWRITE=1 writes it anew: read the difference.

#include "services/domain/access/policy.h"

#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "common/base/file.h"
#include "services/care/core/rights.h"
#include "tests/unit/access/contracts.h"

namespace veille::domain {
namespace {

using google::protobuf::FileDescriptor;
using testing::Files;
using testing::Methods;

constexpr char kMatrix[] = VEILLE_SOURCE_DIR "/tests/unit/access/matrix.txt";

// "AlertService", of every contract in the tree.
std::set<std::string> ServicesOfTheContracts() {
  std::set<std::string> services;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(VEILLE_SOURCE_DIR "/protos/veille")) {
    if (entry.path().extension() != ".proto") continue;
    std::istringstream text(ReadFile(entry.path()).value_or(""));
    for (std::string line; std::getline(text, line);)
      if (line.rfind("service ", 0) == 0) services.insert(line.substr(8, line.find(' ', 8) - 8));
  }
  return services;
}

TEST(Policy, KnowsEveryServiceOfTheContracts) {
  std::set<std::string> known;
  for (const FileDescriptor* file : Files())
    for (int s = 0; s < file->service_count(); ++s) known.insert(file->service(s)->name());
  EXPECT_GE(known.size(), 5U);
  EXPECT_EQ(ServicesOfTheContracts(), known)
      << "add the file to Files(), in contracts.h and in tests/integration/access/matrix_test.cc";
}

TEST(Policy, NamesEveryMethodOfEveryService) {
  for (const std::string& method : Methods())
    EXPECT_NE(FindMethodRule(method), nullptr)
        << method << ": say in services/domain/access/policy.cc who may call it";
}

TEST(Policy, NamesNoMethodThatThereIsNot) {
  const std::vector<std::string> all = Methods();
  const std::set<std::string_view> known(all.begin(), all.end());
  for (const MethodRule& rule : MethodRules()) {
    if (rule.method.substr(0, 6) == "/grpc.") continue;
    EXPECT_EQ(known.count(rule.method), 1U) << rule.method;
  }
}

TEST(Policy, NamesEachMethodOnce) {
  const auto& rules = MethodRules();
  for (std::size_t i = 1; i < rules.size(); ++i) EXPECT_LT(rules[i - 1].method, rules[i].method);
}

TEST(Policy, LetsNobodyCallWhatItDoesNotName) {
  for (const Principal principal : kPrincipals)
    for (const char* method : {"", "/", "/veille.alert.v1.AlertService/Nothing",
                               "veille.alert.v1.AlertService/GetAlert"})
      EXPECT_FALSE(MayCall(principal, method)) << NameOf(principal) << " " << method;
}

// The registry has finer rights of its own: the two tables say the same of who is in a circle.
TEST(Policy, AgreesWithTheRightsOfTheRegistry) {
  constexpr std::string_view kPrefix = "/veille.care.v1.CareService/";
  for (const MethodRule& rule : MethodRules()) {
    if (rule.method.substr(0, kPrefix.size()) != kPrefix) continue;
    const auto right = care::RightOf(std::string_view(rule.method).substr(kPrefix.size()));
    ASSERT_TRUE(right.has_value()) << rule.method;
    const bool operators_only = *right == care::Right::kOperate;
    EXPECT_EQ(rule.scope, operators_only ? Scope::kAll : Scope::kGrant) << rule.method;
    EXPECT_EQ(MayCall(Principal::kCaregiver, rule.method), !operators_only) << rule.method;
  }
}

TEST(Policy, IsWhatTheMatrixSays) {
  std::string text = "# Who may call what, and whose data they get. Made by policy_test.cc.\n";
  for (const MethodRule& rule : MethodRules()) {
    text += rule.method + "\n  " + NameOf(rule.scope) + ":";
    for (const Principal principal : kPrincipals)
      if (MayCall(principal, rule.method)) text += std::string(" ") + NameOf(principal);
    text += "\n";
  }
  if (std::getenv("VEILLE_REWRITE") != nullptr) {
    ASSERT_TRUE(WriteFileAtomically(kMatrix, text).ok());
  }
  const absl::StatusOr<std::string> golden = ReadFile(kMatrix);
  ASSERT_TRUE(golden.ok()) << golden.status();
  EXPECT_EQ(text, *golden) << "if that is meant, VEILLE_REWRITE=1 writes it anew";
}

}  // namespace
}  // namespace veille::domain
