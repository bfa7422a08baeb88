#include "common/base/file.h"

#include "gtest/gtest.h"

namespace veille {
namespace {

TEST(File, IsReadAsItWasWritten) {
  const std::string path = ::testing::TempDir() + "/file_test";
  ASSERT_TRUE(WriteFileAtomically(path, std::string("a\0b\n", 4)).ok());
  EXPECT_EQ(ReadFile(path).value_or(""), std::string("a\0b\n", 4));
  ASSERT_TRUE(WriteFileAtomically(path, "").ok());
  EXPECT_EQ(ReadFile(path).value_or("none"), "");
}

// Whoever takes a folder for an empty file empties what he meant to change.
TEST(File, AFolderIsNone) {
  EXPECT_TRUE(absl::IsInvalidArgument(ReadFile(::testing::TempDir()).status()));
  EXPECT_TRUE(absl::IsNotFound(ReadFile(::testing::TempDir() + "/nothing here").status()));
}

}  // namespace
}  // namespace veille
