// Mutual TLS from files: who is let in, and who they are taken for; what changes while calls go on.

#include <atomic>
#include <fstream>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <openssl/ssl.h>

#include "common/base/file.h"
#include "common/pki/authority_folder.h"
#include "common/pki/certificate.h"
#include "common/rpc/call_limits.h"
#include "common/rpc/credentials.h"
#include "common/rpc/deadline.h"
#include "common/rpc/peer_gate.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "tests/integration/rpc/echo_service.h"
#include "tests/support/certificates.h"
#include "tests/support/process.h"

namespace veille::rpc {
namespace {

using hub::v1::HubGatewayService;
using testing::Authority;

TlsFiles ToTls(const Authority::Files& files) {
  TlsFiles tls;
  tls.ca_file = files.ca_file;
  tls.certificate_file = files.certificate_file;
  tls.key_file = files.key_file;
  tls.reload = absl::Seconds(1);
  return tls;
}

// Whom a test denies.
class TestDenials final : public DenialList {
 public:
  absl::Status Check(const PeerIdentity& peer) const override {
    MutexLock lock(mu_);
    const bool denied = denied_.count(peer.subject()) + denied_.count(peer.serial) > 0;
    return denied ? absl::PermissionDeniedError("denied") : absl::OkStatus();
  }
  void Deny(const std::string& who) {
    MutexLock lock(mu_);
    denied_.insert(who);
  }

 private:
  mutable Mutex mu_;
  std::set<std::string> denied_ ABSL_GUARDED_BY(mu_);
};

absl::StatusOr<std::string> Ask(HubGatewayService::Stub& stub, absl::Duration patience) {
  grpc::ClientContext context;
  context.set_deadline(DeadlineAfter(patience));
  hub::v1::SendEventsResponse response;
  const grpc::Status status = stub.SendEvents(&context, {}, &response);
  if (!status.ok()) return FromGrpc(status);
  return response.rejections(0).field();
}

class MutualTls : public ::testing::Test {
 protected:
  MutualTls() : server_(Options()) {}
  Server::Options Options() {
    Server::Options options;
    options.tls = ToTls(authority_.Issue("server", {"spiffe://veille.test/svc/gateway"}));
    options.denials = denials_;
    return options;
  }
  std::string address() const { return "localhost:" + std::to_string(server_.server->port()); }
  // Who the server takes the caller for; or why it does not.
  absl::StatusOr<std::string> WhoAmI(const TlsFiles& files) {
    // Refused in the handshake: tried again and again until then.
    return Ask(*HubGatewayService::NewStub(*MakeChannel(address(), files)), absl::Seconds(20));
  }
  // The same of a client that does not look at its own certificate, and knows us by our name.
  absl::StatusOr<std::string> WhoAmIAnyway(const Authority::Files& files) {
    grpc::SslCredentialsOptions ssl;
    ssl.pem_root_certs = *ReadFile(files.ca_file);
    ssl.pem_cert_chain = *ReadFile(files.certificate_file);
    ssl.pem_private_key = *ReadFile(files.key_file);
    return Ask(
        *HubGatewayService::NewStub(grpc::CreateChannel(address(), grpc::SslCredentials(ssl))),
        absl::Seconds(20));
  }
  TlsFiles Hub(const std::string& id = "hub-7") {
    return ToTls(authority_.Issue(id, {"spiffe://veille.test/hub/" + id}));
  }

  const testing::TempFolder folder_;
  Authority authority_{folder_.path(), "ours"};
  const std::shared_ptr<TestDenials> denials_ = std::make_shared<TestDenials>();
  EchoServer server_;
};

TEST_F(MutualTls, KnowsAHubByItsSpiffeId) {
  const auto who = WhoAmI(Hub());
  ASSERT_TRUE(who.ok()) << who.status();
  EXPECT_EQ(*who, "hub/hub-7");
}

TEST_F(MutualTls, RefusesACertificateWithoutAnId) {
  EXPECT_TRUE(absl::IsUnauthenticated(WhoAmIAnyway(authority_.Issue("none", {})).status()));
}

TEST_F(MutualTls, RefusesACertificateWithTwoIds) {
  const auto who = WhoAmIAnyway(authority_.Issue(
      "two", {"spiffe://veille.test/hub/hub-7", "spiffe://veille.test/hub/hub-8"}));
  EXPECT_TRUE(absl::IsUnauthenticated(who.status())) << who.status();
}

TEST_F(MutualTls, RefusesTheIdsOfAnotherTrustDomain) {
  const auto who = WhoAmIAnyway(authority_.Issue("far", {"spiffe://other.test/hub/hub-7"}));
  EXPECT_TRUE(absl::IsPermissionDenied(who.status())) << who.status();
}

TEST_F(MutualTls, RefusesACertificateThatHasEnded) {
  const auto who = WhoAmIAnyway(
      authority_.Issue("old", {"spiffe://veille.test/hub/hub-7"}, {.from = -7200, .to = -60}));
  EXPECT_FALSE(who.ok());
}

TEST_F(MutualTls, RefusesACertificateThatIsNotValidYet) {
  const auto who = WhoAmIAnyway(
      authority_.Issue("early", {"spiffe://veille.test/hub/hub-7"}, {.from = 3600, .to = 7200}));
  EXPECT_FALSE(who.ok());
}

TEST_F(MutualTls, RefusesAnotherAuthoritysCertificate) {
  Authority stranger(folder_.path(), "stranger");
  TlsFiles files = ToTls(stranger.Issue("hub", {"spiffe://veille.test/hub/hub-7"}));
  files.ca_file = authority_.ca_file();  // It trusts us; we do not trust it.
  EXPECT_TRUE(absl::IsUnavailable(WhoAmI(files).status()));
}

TEST_F(MutualTls, AClientTrustsOnlyItsAuthority) {
  Authority stranger(folder_.path(), "stranger");
  TlsFiles files = Hub();
  files.ca_file = stranger.ca_file();
  EXPECT_TRUE(absl::IsUnavailable(WhoAmI(files).status()));
}

TEST_F(MutualTls, AClientTalksToTheServiceThatItMeansOnly) {
  TlsFiles files = Hub();
  files.server = "svc/notifier";
  EXPECT_TRUE(absl::IsUnavailable(WhoAmI(files).status()));
  files.server = "svc/gateway";
  EXPECT_TRUE(WhoAmI(files).ok());
}

TEST_F(MutualTls, AHubIsNoServer) {
  Server::Options options;
  options.tls = Hub("hub-8");
  const EchoServer impostor(options);
  const auto stub = HubGatewayService::NewStub(
      *MakeChannel("localhost:" + std::to_string(impostor.server->port()), Hub()));
  EXPECT_TRUE(absl::IsUnavailable(Ask(*stub, absl::Seconds(10)).status()));
}

TEST_F(MutualTls, RefusesAClientWithoutTls) { EXPECT_FALSE(WhoAmI({}).ok()); }

TEST_F(MutualTls, APortForServicesRefusesHubs) {
  Server::Options options = Options();
  options.peer_kind = "svc";
  const EchoServer server(options);
  const auto stub = HubGatewayService::NewStub(
      *MakeChannel("localhost:" + std::to_string(server.server->port()), Hub()));
  EXPECT_TRUE(absl::IsPermissionDenied(Ask(*stub, absl::Seconds(20)).status()));
}

TEST_F(MutualTls, RefusesWhoIsDeniedByIdOrBySerial) {
  const TlsFiles seven = Hub("hub-7"), eight = Hub("hub-8");
  denials_->Deny("hub/hub-7");
  denials_->Deny(pki::Inspect(*ReadFile(eight.certificate_file))->serial);
  EXPECT_TRUE(absl::IsPermissionDenied(WhoAmI(seven).status()));
  EXPECT_TRUE(absl::IsPermissionDenied(WhoAmI(eight).status()));
  EXPECT_TRUE(WhoAmI(Hub("hub-9")).ok());
}

TEST_F(MutualTls, ACallerInHasteIsRefusedWithATimeAndOthersAreServed) {
  metrics::Registry metrics;
  Server::Options options = Options();
  CallLimits::Options calls;
  calls.rate = {0.001, 2};
  options.limits = std::make_shared<CallLimits>(std::move(calls), metrics);
  const EchoServer hasty(options);
  const auto call = [&hasty](const TlsFiles& files) {
    const auto channel = *MakeChannel("localhost:" + std::to_string(hasty.server->port()), files);
    return Ask(*HubGatewayService::NewStub(channel), absl::Seconds(20)).status();
  };
  const TlsFiles seven = Hub("hub-7");
  EXPECT_TRUE(call(seven).ok());
  EXPECT_TRUE(call(seven).ok());
  const absl::Status refused = call(seven);
  EXPECT_GT(PutOffFor(refused).value_or(absl::ZeroDuration()), absl::Minutes(10)) << refused;
  EXPECT_TRUE(call(Hub("hub-8")).ok());
}

// What OpenSSL agrees on with the server when it offers this version only: "TLSv1.3", and the
// cipher; empty when they do not.
std::string Agreed(int port, const TlsFiles& files, int version) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, version);
  SSL_CTX_set_max_proto_version(context, version);
  // Old versions are offered although Debian would not.
  SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
  SSL_CTX_use_certificate_chain_file(context, files.certificate_file.c_str());
  SSL_CTX_use_PrivateKey_file(context, files.key_file.c_str(), SSL_FILETYPE_PEM);
  const unsigned char http2[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context, http2, sizeof(http2));
  BIO* connection = BIO_new_ssl_connect(context);
  BIO_set_conn_hostname(connection, ("127.0.0.1:" + std::to_string(port)).c_str());
  std::string agreed;
  if (BIO_do_handshake(connection) == 1) {
    SSL* ssl = nullptr;
    BIO_get_ssl(connection, &ssl);
    agreed = std::string(SSL_get_version(ssl)) + " " + SSL_get_cipher_name(ssl);
  }
  BIO_free_all(connection);
  SSL_CTX_free(context);
  return agreed;
}

TEST_F(MutualTls, SpeaksTls13AndASane12) {
  const int port = server_.server->port();
  const TlsFiles files = Hub();
  EXPECT_EQ(Agreed(port, files, TLS1_1_VERSION), "");
  EXPECT_THAT(Agreed(port, files, TLS1_2_VERSION),
              ::testing::MatchesRegex("TLSv1.2 ECDHE-.*GCM.*"));
  EXPECT_THAT(Agreed(port, files, TLS1_3_VERSION), ::testing::StartsWith("TLSv1.3 TLS_"));
}

TEST_F(MutualTls, ClosesAStreamWithin5sOfItsDenial) {
  const auto stub = HubGatewayService::NewStub(*MakeChannel(address(), Hub()));
  grpc::ClientContext context;
  const auto stream = stub->Connect(&context);
  hub::v1::ConnectRequest request;
  request.mutable_batch()->set_sequence(1);
  ASSERT_TRUE(stream->Write(request));
  hub::v1::ConnectResponse response;
  ASSERT_TRUE(stream->Read(&response));
  const absl::Duration began = MonotonicNow();
  denials_->Deny("hub/hub-7");
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_LT(MonotonicNow() - began, absl::Seconds(5));
}

// Calls one after the other, each on a connection of its own, until told to stop.
class Callers {
 public:
  Callers(std::string address, const TlsFiles& files)
      : address_(std::move(address)), files_(files) {
    threads_.reserve(4);
    for (int i = 0; i < 4; ++i) threads_.emplace_back("caller", [this] { Run(); });
  }
  ~Callers() { Stop(); }
  void Stop() {
    stop_ = true;
    threads_.clear();
  }
  int calls() const { return calls_; }
  std::string failure() {
    MutexLock lock(mu_);
    return failure_;
  }

 private:
  void Run() {
    // One connection that lasts, beside those that are made anew.
    const auto lasting = HubGatewayService::NewStub(*MakeChannel(address_, files_));
    while (!stop_) {
      Take(Ask(*lasting, absl::Seconds(30)).status());
      Take(Ask(*HubGatewayService::NewStub(*MakeChannel(address_, files_)), absl::Seconds(30))
               .status());
    }
  }
  void Take(const absl::Status& status) {
    ++calls_;
    if (status.ok()) return;
    MutexLock lock(mu_);
    failure_ = status.ToString();
  }

  const std::string address_;
  const TlsFiles files_;
  std::atomic<bool> stop_{false};
  std::atomic<int> calls_{0};
  Mutex mu_;
  std::string failure_ ABSL_GUARDED_BY(mu_);
  std::vector<Worker> threads_;
};

// A server and callers whose certificates come out of one folder, as in `veille all`.
class Renewal : public ::testing::Test {
 protected:
  Renewal() {
    EXPECT_TRUE(folder_.MakeIfMissing("veille.test", SystemClock().Now()).ok());
    Server::Options options;
    options.tls = Files("svc/gateway");
    server_ = std::make_unique<EchoServer>(options);
  }
  TlsFiles Files(const std::string& id, absl::Time now = SystemClock().Now()) const {
    TlsFiles files;
    files.certificate_file = *folder_.Ensure(id, absl::Hours(1), now);
    files.key_file = files.certificate_file;
    files.ca_file = folder_.trusted_file();
    files.reload = absl::Seconds(1);
    return files;
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(server_->server->port()); }
  // As if two thirds of its life had passed.
  void Replace(const std::string& id) const {
    const pki::KeyAndRequest made = *pki::MakeRequest();
    const pki::Authority::Issued issued =
        *folder_.Load()->Issue({made.request_pem, id, {}, SystemClock().Now(), absl::Hours(1)});
    ASSERT_TRUE(WriteFileAtomically(folder_.FileOf(id), made.key_pem + issued.chain_pem).ok());
  }
  // Long enough for every watcher to have looked, and for many calls.
  static void Settle(const Callers& callers) {
    const int before = callers.calls();
    const absl::Duration until = MonotonicNow() + absl::Seconds(3);
    while (MonotonicNow() < until || callers.calls() < before + 40)
      SleepReally(absl::Milliseconds(20));
  }

  const testing::TempFolder temp_;
  const pki::AuthorityFolder folder_{temp_.path() + "/identity"};
  std::unique_ptr<EchoServer> server_;
};

TEST_F(Renewal, UnderLoadFailsNoCall) {
  Callers callers(address(), Files("hub/h1"));
  // Each time both ends get new keys, in files that are replaced as a whole.
  for (int i = 0; i < 3; ++i) {
    const std::string before = *ReadFile(folder_.FileOf("svc/gateway"));
    Replace("svc/gateway");
    Replace("hub/h1");
    EXPECT_NE(*ReadFile(folder_.FileOf("svc/gateway")), before);
    Settle(callers);
  }
  callers.Stop();
  EXPECT_EQ(callers.failure(), "");
  EXPECT_GT(callers.calls(), 100);
}

TEST_F(Renewal, OfTheAuthorityItselfFailsNoCall) {
  Callers callers(address(), Files("hub/h1"));
  Settle(callers);
  ASSERT_TRUE(folder_.Rotate(SystemClock().Now()).ok());
  // The server has a certificate of the new root, the hub still one of the old; then both.
  Files("svc/gateway");
  Settle(callers);
  Files("hub/h1");
  Settle(callers);
  ASSERT_TRUE(folder_.Retire(SystemClock().Now(), absl::Hours(1), true).ok());
  Settle(callers);
  callers.Stop();
  EXPECT_EQ(callers.failure(), "");
  EXPECT_GT(callers.calls(), 100);
}

// A person's client: it shows no certificate, and lives for months.
TEST_F(Renewal, OfTheAuthorityReachesAClientThatHasItsRootsAlone) {
  Server::Options options;
  options.tls = Files("svc/gateway");
  options.strangers = true;
  server_ = std::make_unique<EchoServer>(options);
  options.address = address();
  TlsFiles files;
  files.ca_file = temp_.path() + "/roots.pem";
  files.reload = absl::Seconds(1);
  ASSERT_TRUE(WriteFileAtomically(files.ca_file, *ReadFile(folder_.trusted_file())).ok());
  const auto stub = HubGatewayService::NewStub(*MakeChannel(address(), files));
  ASSERT_TRUE(Ask(*stub, absl::Seconds(20)).ok());

  ASSERT_TRUE(folder_.Rotate(SystemClock().Now()).ok());
  ASSERT_TRUE(folder_.Retire(SystemClock().Now(), absl::Hours(1), true).ok());
  options.tls = Files("svc/gateway");
  server_.reset();
  server_ = std::make_unique<EchoServer>(options);
  EXPECT_FALSE(Ask(*stub, absl::Seconds(3)).ok());
  ASSERT_TRUE(WriteFileAtomically(files.ca_file, *ReadFile(folder_.trusted_file())).ok());
  const absl::Duration until = MonotonicNow() + absl::Seconds(60);
  absl::StatusOr<std::string> answer = Ask(*stub, absl::Seconds(20));
  while (!answer.ok() && MonotonicNow() < until) answer = Ask(*stub, absl::Seconds(20));
  EXPECT_TRUE(answer.ok()) << answer.status();
}

TEST_F(Renewal, AfterARetirementTheOldRootIsNotBelieved) {
  const std::string old = *ReadFile(Files("hub/h1").certificate_file);
  const std::string old_roots = *ReadFile(folder_.trusted_file());
  ASSERT_TRUE(folder_.Rotate(SystemClock().Now()).ok());
  ASSERT_TRUE(folder_.Retire(SystemClock().Now(), absl::Hours(1), true).ok());
  Server::Options options;
  options.tls = Files("svc/gateway");
  server_ = std::make_unique<EchoServer>(options);
  TlsFiles files = Files("hub/h1");
  EXPECT_TRUE(
      Ask(*HubGatewayService::NewStub(*MakeChannel(address(), files)), absl::Seconds(20)).ok());
  std::ofstream(temp_.path() + "/old.pem") << old;
  files.certificate_file = files.key_file = temp_.path() + "/old.pem";
  EXPECT_FALSE(
      Ask(*HubGatewayService::NewStub(*MakeChannel(address(), files)), absl::Seconds(10)).ok());
}

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
