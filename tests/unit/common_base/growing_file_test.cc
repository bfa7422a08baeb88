#include "common/base/growing_file.h"

#include <filesystem>

#include "gtest/gtest.h"

#include "common/base/file.h"
#include "tests/support/process.h"

namespace veille {
namespace {

TEST(GrowingFile, IsSeenOnceItIsWhole) {
  const testing::TempFolder folder;
  const std::string path = folder.path() + "/export";
  ASSERT_TRUE(WriteFileAtomically(path, "before").ok());
  absl::StatusOr<GrowingFile> file = GrowingFile::Create(path);
  ASSERT_TRUE(file.ok()) << file.status();
  const std::string piece(100'000, 'x');
  std::string all;
  for (int i = 0; i < 7; ++i) {
    ASSERT_TRUE(file->Append(piece).ok());
    all += piece;
  }
  EXPECT_EQ(ReadFile(path).value_or(""), "before");
  ASSERT_TRUE(file->Finish().ok());
  EXPECT_EQ(ReadFile(path).value_or(""), all);
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(GrowingFile, ThatIsNotFinishedLeavesNothing) {
  const testing::TempFolder folder;
  {
    absl::StatusOr<GrowingFile> file = GrowingFile::Create(folder.path() + "/export");
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_TRUE(file->Append(std::string(1 << 20, 'x')).ok());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(GrowingFile, SaysWhereItCannotBe) {
  EXPECT_NE(GrowingFile::Create("/proc/nowhere/export").status().message().find("/proc/nowhere"),
            std::string::npos);
}

}  // namespace
}  // namespace veille
