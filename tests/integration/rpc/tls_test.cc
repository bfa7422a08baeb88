// Mutual TLS from files: who is let in, and who they are taken for.

#include <fstream>

#include "gtest/gtest.h"

#include "common/rpc/credentials.h"
#include "common/time/clock.h"
#include "tests/integration/rpc/echo_service.h"
#include "tests/support/certificates.h"
#include "tests/support/process.h"

namespace veille::rpc {
namespace {

using testing::Authority;

TlsFiles ToTls(const Authority::Files& files) {
  return {files.ca_file, files.certificate_file, files.key_file};
}

class MutualTls : public ::testing::Test {
 protected:
  MutualTls() : server_(Options()) {}
  Server::Options Options() {
    Server::Options options;
    options.tls = ToTls(authority_.Issue("server", {"spiffe://veille.test/svc/gateway"}));
    return options;
  }
  // Who the server takes the caller for; or why it does not.
  absl::StatusOr<std::string> WhoAmI(const TlsFiles& files) {
    const auto stub = hub::v1::HubGatewayService::NewStub(
        *MakeChannel("localhost:" + std::to_string(server_.server->port()), files));
    grpc::ClientContext context;
    // Refused in the handshake: tried again and again until then.
    context.set_deadline(DeadlineAfter(absl::Seconds(20)));
    hub::v1::SendEventsResponse response;
    const grpc::Status status = stub->SendEvents(&context, {}, &response);
    if (!status.ok()) return FromGrpc(status);
    return response.rejections(0).field();
  }

  const testing::TempFolder folder_;
  Authority authority_{folder_.path(), "ours"};
  EchoServer server_;
};

TEST_F(MutualTls, KnowsAHubByItsSpiffeId) {
  const auto who = WhoAmI(ToTls(authority_.Issue("hub", {"spiffe://veille.test/hub/hub-7"})));
  ASSERT_TRUE(who.ok()) << who.status();
  EXPECT_EQ(*who, "hub/hub-7");
}

TEST_F(MutualTls, RefusesACertificateWithoutAnId) {
  EXPECT_TRUE(absl::IsUnauthenticated(WhoAmI(ToTls(authority_.Issue("none", {}))).status()));
}

TEST_F(MutualTls, RefusesACertificateWithTwoIds) {
  const auto who = WhoAmI(ToTls(authority_.Issue(
      "two", {"spiffe://veille.test/hub/hub-7", "spiffe://veille.test/hub/hub-8"})));
  EXPECT_TRUE(absl::IsUnauthenticated(who.status())) << who.status();
}

TEST_F(MutualTls, RefusesAnotherAuthoritysCertificate) {
  Authority stranger(folder_.path(), "stranger");
  TlsFiles files = ToTls(stranger.Issue("hub", {"spiffe://veille.test/hub/hub-7"}));
  files.ca_file = authority_.ca_file();  // It trusts us; we do not trust it.
  EXPECT_TRUE(absl::IsUnavailable(WhoAmI(files).status()));
}

TEST_F(MutualTls, AClientTrustsOnlyItsAuthority) {
  Authority stranger(folder_.path(), "stranger");
  TlsFiles files = ToTls(authority_.Issue("hub", {"spiffe://veille.test/hub/hub-7"}));
  files.ca_file = stranger.ca_file();
  EXPECT_TRUE(absl::IsUnavailable(WhoAmI(files).status()));
}

TEST_F(MutualTls, RefusesAClientWithoutTls) { EXPECT_FALSE(WhoAmI({}).ok()); }

TEST_F(MutualTls, SaysWhichFileIsMissingOrIsNone) {
  const TlsFiles good = ToTls(authority_.Issue("hub", {"spiffe://veille.test/hub/h"}));
  TlsFiles half = good;
  half.key_file = "";
  EXPECT_TRUE(absl::IsInvalidArgument(ServerCredentials(half).status()));
  TlsFiles missing = good;
  missing.ca_file = folder_.path() + "/nowhere.pem";
  EXPECT_NE(ServerCredentials(missing).status().message().find("nowhere.pem"), std::string::npos);
  TlsFiles text = good;
  text.certificate_file = folder_.path() + "/text.pem";
  std::ofstream(text.certificate_file) << "not a certificate";
  EXPECT_NE(ClientCredentials(text).status().message().find("is not PEM"), std::string::npos);
}

TEST(WithoutTls, NobodyHasProvedAnything) {
  EchoServer server;
  const auto stub = hub::v1::HubGatewayService::NewStub(*MakeChannel(server.address(), {}));
  grpc::ClientContext context;
  hub::v1::SendEventsResponse response;
  ASSERT_TRUE(stub->SendEvents(&context, {}, &response).ok());
  EXPECT_EQ(response.rejections(0).field(), "");
}

}  // namespace
}  // namespace veille::rpc
