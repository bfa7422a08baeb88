// Who somebody is by their certificate.

#include "common/rpc/identity.h"

#include "gtest/gtest.h"

#include "common/rpc/peer_gate.h"
#include "common/time/clock.h"

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

PeerIdentity Hub(const std::string& trust_domain = "d") {
  return *ParseSpiffe("spiffe://" + trust_domain + "/hub/h");
}

class Everybody final : public DenialList {
 public:
  absl::Status Check(const PeerIdentity& /*peer*/) const override {
    return absl::PermissionDeniedError("denied");
  }
};

TEST(PeerGate, AdmitsItsOwnTrustDomainAndKind) {
  EXPECT_TRUE(PeerGate({.trust_domain = "d"}).Admit({Hub()}).ok());
  EXPECT_TRUE(PeerGate({.trust_domain = "d", .kind = "hub"}).Admit({Hub()}).ok());
  EXPECT_TRUE(
      absl::IsPermissionDenied(PeerGate({.trust_domain = "d", .kind = "svc"}).Admit({Hub()})));
  EXPECT_TRUE(absl::IsPermissionDenied(PeerGate({.trust_domain = "d"}).Admit({Hub("other")})));
}

TEST(PeerGate, AdmitsStrangersOnlyWhereTheyMayCome) {
  EXPECT_TRUE(absl::IsUnauthenticated(PeerGate({.trust_domain = "d"}).Admit({PeerIdentity()})));
  const PeerGate open({.trust_domain = "d", .strangers = true});
  EXPECT_TRUE(open.Admit({PeerIdentity()}).ok());
  EXPECT_TRUE(absl::IsPermissionDenied(open.Admit({Hub("other")})));
  EXPECT_TRUE(absl::IsUnauthenticated(open.Admit({absl::UnauthenticatedError("two ids")})));
}

TEST(PeerGate, SendsAwayWhoseCertificateHasEndedToComeAgain) {
  PeerIdentity hub = Hub();
  hub.not_after = SystemClock().Now() - absl::Seconds(1);
  EXPECT_TRUE(absl::IsUnavailable(PeerGate({.trust_domain = "d"}).Admit({hub})));
}

TEST(PeerGate, AsksWhoIsDenied) {
  EXPECT_TRUE(absl::IsPermissionDenied(
      PeerGate({.trust_domain = "d", .denials = std::make_shared<Everybody>()}).Admit({Hub()})));
}

// Lets nobody call, and everybody stay.
class Closed final : public CallPolicy {
 public:
  absl::Status MayCall(const Presented& /*caller*/) const override {
    return absl::PermissionDeniedError("closed");
  }
  absl::Status MayStay(const Presented& /*caller*/) const override { return absl::OkStatus(); }
};

TEST(PeerGate, AsksItsPolicyOfCallsAndOfStreams) {
  const PeerGate gate({.trust_domain = "d", .policy = std::make_shared<Closed>()});
  EXPECT_TRUE(absl::IsPermissionDenied(gate.Admit({Hub()})));
  EXPECT_TRUE(gate.Retain({Hub()}).ok());
  EXPECT_TRUE(absl::IsPermissionDenied(gate.Retain({Hub("other")})));
}

TEST(Bearer, IsReadFromItsHeader) {
  EXPECT_EQ(BearerOf("Bearer abc"), "abc");
  for (const std::string& bad :
       {std::string(), std::string("abc"), std::string("bearer abc"), std::string("Basic abc"),
        std::string("Bearer "), "Bearer " + std::string(1000, 'a')})
    EXPECT_EQ(BearerOf(bad), "") << bad;
}

}  // namespace
}  // namespace veille::rpc
