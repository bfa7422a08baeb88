#include <string_view>

#include <gtest/gtest.h>

#include "common/redis/script.h"

namespace veille::redis::test_scripts {
extern const Script kScripts[];
extern const unsigned long kScriptCount;

namespace {

TEST(EmbedLua, TakesTheNumberOfKeysFromTheFileName) {
  const std::span<const Script> scripts(kScripts, kScriptCount);
  EXPECT_EQ(scripts.size(), 2U);
  EXPECT_EQ(FindScript(scripts, "add-once").num_keys, 2);
  EXPECT_EQ(FindScript(scripts, "always").num_keys, 0);
}

TEST(EmbedLua, KeepsTheFlagsLineFirstAndTheTextWhole) {
  const std::string_view body =
      FindScript(std::span<const Script>(kScripts, kScriptCount), "always").body;
  EXPECT_EQ(body.substr(0, 22), "#!lua flags=allow-oom\n");
  EXPECT_NE(body.find(")lua\" and any \"quotes\""), std::string_view::npos);
}

TEST(FindScriptDeathTest, EndsTheProgramOnANameThatIsNotEmbedded) {
  EXPECT_DEATH(FindScript(std::span<const Script>(kScripts, kScriptCount), "absent"),
               "no script named absent");
}

}  // namespace
}  // namespace veille::redis::test_scripts
