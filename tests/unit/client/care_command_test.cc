#include "services/client/care_command.h"

#include "gtest/gtest.h"

namespace veille::client {
namespace {

std::string FaultOf(const std::vector<std::string>& args) {
  return std::string(ParseCareCommand(args).status().message());
}

TEST(CareCommand, NamesAResourceInAHome) {
  const auto command = ParseCareCommand({"device", "update", "h", "fridge", "room=kitchen"});
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_STREQ(command->noun->method, "Device");
  EXPECT_EQ(command->home_id, "h");
  EXPECT_EQ(command->id, "fridge");
  EXPECT_EQ(command->fields[0], std::pair(std::string("room"), std::string("kitchen")));
}

TEST(CareCommand, NamesAPersonsByHomeAndPersonOrByTheHomeAlone) {
  EXPECT_EQ(ParseCareCommand({"zone", "get", "h/martin", "park"})->patient_id, "martin");
  EXPECT_EQ(ParseCareCommand({"plan", "get", "h"})->patient_id, "");
  EXPECT_NE(FaultOf({"device", "list", "h/martin"}).find("is no home"), std::string::npos);
}

TEST(CareCommand, APlanHasRevisionsAndAFileMayStandForFields) {
  EXPECT_EQ(ParseCareCommand({"plan", "get", "h", "12"})->revision, 12U);
  EXPECT_EQ(ParseCareCommand({"plan", "rollback", "h", "12"})->revision, 12U);
  EXPECT_EQ(ParseCareCommand({"plan", "update", "h", "plan.textproto"})->file, "plan.textproto");
  EXPECT_NE(FaultOf({"plan", "rollback", "h", "yesterday"}).find("no revision"), std::string::npos);
}

TEST(CareCommand, SaysWhatIsMissing) {
  EXPECT_NE(FaultOf({}).find("what shall it do"), std::string::npos);
  EXPECT_NE(FaultOf({"garden", "list"}).find("'garden' is unknown"), std::string::npos);
  EXPECT_NE(FaultOf({"circle", "delete", "h"}).find("no 'delete' of a circle"), std::string::npos);
  EXPECT_NE(FaultOf({"device", "get", "h"}).find("the id is missing"), std::string::npos);
  EXPECT_NE(FaultOf({"device", "update", "h", "d"}).find("what shall change"), std::string::npos);
  EXPECT_NE(FaultOf({"device", "update", "h", "d", "f", "room=a"}).find("either a file"),
            std::string::npos);
}

std::string FlagFaultOf(const std::vector<std::string>& args, const CareFlags& flags) {
  return std::string(CheckCareFlags(ParseCareCommand(args).value(), flags).message());
}

// Whoever says --dry_run must not find the home gone.
TEST(CareCommand, RefusesFlagsThatItWouldLeaveOut) {
  const CareFlags dry{.dry_run = true};
  EXPECT_EQ(FlagFaultOf({"home", "update", "h", "zone=UTC"}, dry), "");
  EXPECT_EQ(FlagFaultOf({"plan", "update", "h", "risk=high"}, dry), "");
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"home", "delete", "h"},
                                             {"device", "delete", "h", "d"},
                                             {"device", "create", "h", "d"},
                                             {"plan", "rollback", "h", "3"},
                                             {"context", "remove-outing", "h", "market"}})
    EXPECT_NE(FlagFaultOf(args, dry).find("these have: home create, home update, plan update"),
              std::string::npos)
        << FlagFaultOf(args, dry);
  EXPECT_NE(FlagFaultOf({"device", "create", "h", "d"}, {.etag = true}), "");
  EXPECT_EQ(FlagFaultOf({"device", "update", "h", "d", "room=a"}, {.etag = true}), "");
  EXPECT_NE(FlagFaultOf({"device", "update", "h", "d", "room=a"}, {.request_id = true}), "");
  EXPECT_EQ(FlagFaultOf({"device", "create", "h", "d"}, {.request_id = true}), "");
  EXPECT_NE(FlagFaultOf({"home", "update", "h", "zone=UTC"}, {.from_template = true}), "");
}

// Every command has a method; CheckCareFlags dies where it has none.
TEST(CareCommand, NamesItsMethod) {
  EXPECT_EQ(MethodOf(ParseCareCommand({"hub", "list", "h"}).value()), "ListSources");
  EXPECT_EQ(MethodOf(ParseCareCommand({"plan", "history", "h"}).value()), "ListCarePlanRevisions");
  EXPECT_EQ(MethodOf(ParseCareCommand({"context", "add-absence", "h", "name=a"}).value()),
            "UpdateContext");
}

}  // namespace
}  // namespace veille::client
