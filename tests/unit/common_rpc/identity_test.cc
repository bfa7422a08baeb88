// Who somebody is by their certificate.

#include "common/rpc/identity.h"

#include "gtest/gtest.h"

namespace veille::rpc {
namespace {

TEST(Spiffe, NamesAHubOrARole) {
  const auto hub = ParseSpiffe("spiffe://veille.example/hub/hub-7");
  ASSERT_TRUE(hub.ok()) << hub.status();
  EXPECT_EQ(hub->trust_domain, "veille.example");
  EXPECT_EQ(hub->kind, "hub");
  EXPECT_EQ(hub->id, "hub-7");
  EXPECT_TRUE(hub->authenticated);
  EXPECT_EQ(ParseSpiffe("spiffe://veille.example/svc/notifier")->kind, "svc");
}

TEST(Spiffe, IsRefusedInEveryOtherShape) {
  for (const std::string& bad :
       {std::string(), std::string("https://veille.example/hub/h"), std::string("spiffe://"),
        std::string("spiffe:///hub/h"), std::string("spiffe://d/hub"),
        std::string("spiffe://d/hub/"), std::string("spiffe://d/hub/h/x"),
        std::string("spiffe://d/nurse/h"), std::string("spiffe://d/hub/.."),
        std::string("spiffe://d/hub/h?x=1"), std::string("spiffe://d/hub/h\n"),
        "spiffe://d/hub/" + std::string(3000, 'h')}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseSpiffe(bad).status())) << bad;
  }
}

TEST(Identity, NeedsExactlyOneUri) {
  EXPECT_TRUE(IdentityOfUris({"spiffe://d/hub/h"}).ok());
  EXPECT_TRUE(absl::IsUnauthenticated(IdentityOfUris({}).status()));
  EXPECT_TRUE(
      absl::IsUnauthenticated(IdentityOfUris({"spiffe://d/hub/h", "spiffe://d/hub/g"}).status()));
  EXPECT_TRUE(absl::IsUnauthenticated(IdentityOfUris({"urn:x"}).status()));
}

}  // namespace
}  // namespace veille::rpc
