#include "services/domain/homes_folder.h"

#include <filesystem>

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

#include "common/base/file.h"
#include "services/domain/live_registry.h"
#include "services/domain/recordings/recording.h"
#include "tests/support/process.h"

namespace veille::domain {
namespace {

class HomesFolderTest : public ::testing::Test {
 protected:
  void Put(const std::string& id) const {
    std::string text;
    google::protobuf::TextFormat::PrintToString(MakeHome(id, "Europe/Paris"), &text);
    PutText(id, text);
  }
  void PutText(const std::string& id, const std::string& text) const {
    ASSERT_TRUE(WriteFileAtomically(folder_.path() + "/" + id + ".textproto", text).ok());
  }

  const testing::TempFolder folder_;
  HomesFolder homes_{folder_.path()};
};

TEST_F(HomesFolderTest, AChangeIsReadOnceItHasStoodStill) {
  Put("a");
  ASSERT_TRUE(homes_.Load().ok());
  EXPECT_EQ(*homes_.LoadWhenChanged(), nullptr);
  Put("b");
  EXPECT_EQ(*homes_.LoadWhenChanged(), nullptr);
  const auto changed = homes_.LoadWhenChanged();
  ASSERT_TRUE(changed.ok());
  ASSERT_NE(*changed, nullptr);
  EXPECT_EQ((*changed)->homes().size(), 2U);
  EXPECT_EQ(*homes_.LoadWhenChanged(), nullptr);
}

TEST_F(HomesFolderTest, AFaultIsSaidOnce) {
  Put("a");
  ASSERT_TRUE(homes_.Load().ok());
  PutText("b", "home_id: 7");
  EXPECT_EQ(*homes_.LoadWhenChanged(), nullptr);
  EXPECT_FALSE(homes_.LoadWhenChanged().ok());
  EXPECT_EQ(*homes_.LoadWhenChanged(), nullptr);
  std::filesystem::remove(folder_.path() + "/b.textproto");
  EXPECT_EQ(*homes_.LoadWhenChanged(), nullptr);
  EXPECT_NE(*homes_.LoadWhenChanged(), nullptr);
}

TEST_F(HomesFolderTest, CopiesOfALiveRegistryShareIt) {
  Put("a");
  const LiveRegistry live(*homes_.Load());
  const LiveRegistry copy = live;
  const auto before = copy.Get();
  live.Replace(*Registry::Make({}));
  EXPECT_EQ(copy.version(), 2U);
  EXPECT_TRUE(copy.Get()->homes().empty());
  EXPECT_EQ(before->homes().size(), 1U);
}

}  // namespace
}  // namespace veille::domain
