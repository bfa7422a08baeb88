// The identity service as a whole on a real redis-server, over real TLS: a hub is enrolled,
// renewed, replaced, denied; codes that are used twice, expired or guessed are refused.

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <grpcpp/grpcpp.h>

#include "veille/identity/v1/identity_service.grpc.pb.h"

#include "common/base/file.h"
#include "common/pki/authority_folder.h"
#include "common/pki/certificate.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "common/time/clock.h"
#include "services/domain/audit/audit_log.h"
#include "services/domain/identity/denials.h"
#include "services/domain/identity/enrollment_code.h"
#include "services/domain/identity/local_tls.h"
#include "services/domain/keys.h"
#include "services/domain/recordings/recording.h"
#include "services/hub/enrolled_hub.h"
#include "services/hub/renewal.h"
#include "services/identity/role.h"
#include "tests/support/process.h"
#include "tests/support/redis_server.h"

namespace veille::identity {
namespace {

using ::testing::HasSubstr;
using v1::IdentityService;

class IdentityRoleTest : public ::testing::Test {
 protected:
  IdentityRoleTest() {
    EXPECT_TRUE(
        pki::AuthorityFolder(authority()).MakeIfMissing("veille.test", SystemClock().Now()).ok());
    denials_ = std::make_shared<domain::Denials>(redis_.endpoint());
    Start(absl::Hours(720));
  }

  void Start(absl::Duration hub_lifetime) {
    role_.reset();
    const rpc::TlsFiles tls = *domain::LocalTls(authority(), "svc/identity");
    IdentityOptions options;
    options.config.mutable_identity()->set_folder(authority());
    options.config.mutable_identity()->set_address("127.0.0.1:0");
    options.config.mutable_identity()->mutable_hub_lifetime()->set_seconds(
        absl::ToInt64Seconds(hub_lifetime));
    options.config.mutable_rpc()->mutable_tls()->set_ca_file(tls.ca_file);
    options.config.mutable_rpc()->mutable_tls()->set_certificate_file(tls.certificate_file);
    options.config.mutable_rpc()->mutable_tls()->set_key_file(tls.key_file);
    options.endpoint = redis_.endpoint();
    options.partitions = 4;
    options.clock = std::make_shared<SystemClock>();
    options.metrics = &metrics_;
    options.registry = *domain::Registry::Make({domain::MakeHome("h", "Europe/Paris")});
    options.denials = denials_;
    role_ = *IdentityRole::Start(std::move(options));
  }

  std::string authority() const { return temp_.path() + "/identity"; }
  std::string address() const { return "127.0.0.1:" + std::to_string(role_->port()); }

  std::unique_ptr<IdentityService::Stub> As(rpc::TlsFiles files) const {
    files.server = "svc/identity";
    return IdentityService::NewStub(*rpc::MakeChannel(address(), files));
  }
  std::unique_ptr<IdentityService::Stub> Operator() const {
    return As(*domain::LocalTls(authority(), "svc/operator"));
  }

  template <typename Request, typename Response, typename Method>
  static absl::StatusOr<Response> Call(IdentityService::Stub& stub, Method method,
                                       const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(rpc::DeadlineAfter(absl::Seconds(30)));
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  static absl::StatusOr<std::string> Invite(IdentityService::Stub& stub,
                                            const std::string& hub = "hub-h") {
    v1::CreateEnrollmentCodeRequest request;
    request.set_hub_id(hub);
    auto made = Call<v1::CreateEnrollmentCodeRequest, v1::CreateEnrollmentCodeResponse>(
        stub, &IdentityService::Stub::CreateEnrollmentCode, request);
    if (!made.ok()) return made.status();
    return made->code();
  }
  static absl::Status Renew(IdentityService::Stub& stub) {
    v1::RenewCertificateRequest request;
    request.set_certificate_request_pem(pki::MakeRequest()->request_pem);
    return Call<v1::RenewCertificateRequest, v1::RenewCertificateResponse>(
               stub, &IdentityService::Stub::RenewCertificate, request)
        .status();
  }
  static absl::StatusOr<v1::DenyPeerResponse> DenyAs(IdentityService::Stub& stub,
                                                     const std::string& subject,
                                                     bool force = false) {
    v1::DenyPeerRequest request;
    request.set_subject(subject);
    request.set_force(force);
    return Call<v1::DenyPeerRequest, v1::DenyPeerResponse>(stub, &IdentityService::Stub::DenyPeer,
                                                           request);
  }
  static absl::Status Deny(IdentityService::Stub& stub, const std::string& subject) {
    return DenyAs(stub, subject).status();
  }

  // In a folder of its own: another machine.
  absl::StatusOr<std::string> Enroll(const std::string& code, const std::string& machine) const {
    return hub::Enroll(address(), code, temp_.path() + "/" + machine);
  }
  hub::EnrolledHub HubOn(const std::string& machine) const {
    return {temp_.path() + "/" + machine, "hub/hub-h"};
  }
  // Denials are read about once a second.
  bool IsDeniedSoon(const hub::EnrolledHub& hub) const {
    const auto stub = As(hub.Tls());
    const absl::Duration until = MonotonicNow() + absl::Seconds(10);
    while (MonotonicNow() < until) {
      if (absl::IsPermissionDenied(Renew(*stub))) return true;
      SleepReally(absl::Milliseconds(100));
    }
    return false;
  }

  const testing::TempFolder temp_;
  metrics::Registry metrics_;
  testing::RedisServer redis_;
  std::shared_ptr<const rpc::DenialList> denials_;
  std::unique_ptr<IdentityRole> role_;
};

TEST_F(IdentityRoleTest, ACodeIsNotUsedUpByWhoCannotKeepTheCertificate) {
  const std::string code = *Invite(*Operator());
  ASSERT_TRUE(WriteFileAtomically(temp_.path() + "/file", "no folder").ok());
  EXPECT_FALSE(Enroll(code, "file").ok());
  EXPECT_FALSE(hub::Enroll(address(), code, "/proc/x").ok());
  EXPECT_EQ(Enroll(code, "a").status(), absl::OkStatus());
}

TEST_F(IdentityRoleTest, WhatOperatorsDoIsInTheAuditLog) {
  const auto terminal = Operator();
  ASSERT_EQ(Enroll(*Invite(*terminal), "a").status(), absl::OkStatus());
  ASSERT_EQ(Deny(*terminal, "hub/hub-h"), absl::OkStatus());
  v1::AllowPeerRequest allow;
  allow.set_subject("hub/hub-h");
  ASSERT_TRUE((Call<v1::AllowPeerRequest, v1::AllowPeerResponse>(
                   *terminal, &IdentityService::Stub::AllowPeer, allow))
                  .ok());
  std::vector<std::string> lines;
  for (int partition = 0; partition < 4; ++partition) {
    const domain::StoredAudit stored = *domain::LoadAudit(redis_.client(), partition);
    for (const std::string& bytes : stored.entries) {
      store::v1::AuditEntry entry;
      ASSERT_TRUE(entry.ParseFromString(bytes));
      lines.push_back(entry.actor() + " " + entry.action() + " " + entry.outcome());
    }
  }
  EXPECT_THAT(lines, ::testing::ElementsAre("svc/operator identity.invite OK hub/hub-h",
                                            "hub/hub-h identity.enroll OK",
                                            "svc/operator identity.deny OK hub/hub-h",
                                            "svc/operator identity.allow OK hub/hub-h"));
}

TEST_F(IdentityRoleTest, AReasonIsNoPlaceForWordsAboutPeople) {
  const auto terminal = Operator();
  v1::DenyPeerRequest request;
  request.set_subject("hub/hub-h");
  const auto deny = [&](const char* reason) {
    request.set_reason(reason);
    return Call<v1::DenyPeerRequest, v1::DenyPeerResponse>(
               *terminal, &IdentityService::Stub::DenyPeer, request)
        .status();
  };
  EXPECT_TRUE(absl::IsInvalidArgument(deny("stolen from Mme Zorglub")));
  for (const char* reason : {"", "lost", "stolen", "replaced", "compromised", "other"})
    EXPECT_EQ(deny(reason), absl::OkStatus()) << reason;
}

TEST_F(IdentityRoleTest, NobodyDeniesThemselvesByMistake) {
  const auto terminal = Operator();
  const std::string pem =
      *ReadFile(domain::LocalTls(authority(), "svc/operator")->certificate_file);
  for (const std::string& own :
       {std::string("svc/operator"), domain::SerialSubject(pki::Inspect(pem)->serial)}) {
    const absl::Status status = Deny(*terminal, own);
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("--force"));
  }
  EXPECT_TRUE(DenyAs(*terminal, "svc/operator", true).ok());
}

TEST_F(IdentityRoleTest, ATypingErrorInADenialIsRefusedOrSaid) {
  const auto terminal = Operator();
  for (const char* wrong :
       {"hub/", "hub/ x", "hub/a/b", "serial/zz", "serial/4A", "home/h", "hub", "svc/gate way"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Deny(*terminal, wrong))) << wrong;
  }
  EXPECT_TRUE(DenyAs(*terminal, "hub/typo-hub")->unknown());
  EXPECT_TRUE(DenyAs(*terminal, "svc/typo")->unknown());
  EXPECT_FALSE(DenyAs(*terminal, "hub/hub-h")->unknown());
  EXPECT_FALSE(DenyAs(*terminal, "svc/gateway")->unknown());
}

TEST_F(IdentityRoleTest, EnrolsAHubByItsCode) {
  const std::string code = *Invite(*Operator());
  const auto enrolled = Enroll(code, "a");
  ASSERT_TRUE(enrolled.ok()) << enrolled.status();
  EXPECT_EQ(*enrolled, "hub-h");
  const std::string pem = *ReadFile(HubOn("a").Tls().certificate_file);
  EXPECT_THAT(pki::Inspect(pem)->uris, ::testing::ElementsAre("spiffe://veille.test/hub/hub-h"));
  EXPECT_TRUE(pki::KeyFits(pem, pem));
  EXPECT_TRUE(Renew(*As(HubOn("a").Tls())).ok());
}

TEST_F(IdentityRoleTest, KeepsTheKeyToTheHubsOwner) {
  ASSERT_TRUE(Enroll(*Invite(*Operator()), "a").ok());
  const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  for (const std::string& path : {temp_.path() + "/a", HubOn("a").Tls().key_file})
    EXPECT_EQ(std::filesystem::status(path).permissions() & others, std::filesystem::perms::none);
}

TEST_F(IdentityRoleTest, RefusesACodeThatWasUsed) {
  const std::string code = *Invite(*Operator());
  ASSERT_TRUE(Enroll(code, "a").ok());
  EXPECT_TRUE(absl::IsPermissionDenied(Enroll(code, "b").status()));
}

TEST_F(IdentityRoleTest, GivesTheSameKeyItsAnswerAgain) {
  const auto code = domain::ParseEnrollmentCode(*Invite(*Operator()));
  v1::EnrollRequest request;
  request.set_secret(code->secret);
  request.set_certificate_request_pem(pki::MakeRequest()->request_pem);
  const auto stub = IdentityService::NewStub(
      rpc::MakeFirstContact(address(), *ReadFile(authority() + "/trusted.pem")));
  for (int i = 0; i < 2; ++i) {
    const auto enrolled =
        Call<v1::EnrollRequest, v1::EnrollResponse>(*stub, &IdentityService::Stub::Enroll, request);
    EXPECT_TRUE(enrolled.ok()) << enrolled.status();
  }
}

TEST_F(IdentityRoleTest, RefusesACodeThatHasExpired) {
  const auto code = domain::ParseEnrollmentCode(*Invite(*Operator()));
  const auto keys = redis_.client().CommandSync({"KEYS", "veille:{identity}:code:*"});
  ASSERT_EQ(keys->size(), 1u);
  const std::string key((*keys)[0].str());
  EXPECT_EQ(key.find(code->secret), std::string::npos) << "the secret itself is kept";
  const int64_t ttl = redis_.client().CommandSync({"PTTL", key})->integer();
  EXPECT_GT(ttl, 0);
  EXPECT_LE(ttl, 24 * 3600 * 1000);
  // As if that had passed.
  ASSERT_TRUE(redis_.client().CommandSync({"PEXPIRE", key, "0"}).ok());
  EXPECT_TRUE(absl::IsPermissionDenied(Enroll(domain::ToText(*code), "a").status()));
}

TEST_F(IdentityRoleTest, StopsWhoGuesses) {
  const std::string code = *Invite(*Operator());
  domain::EnrollmentCode guess = *domain::ParseEnrollmentCode(code);
  guess.secret = std::string(domain::kSecretCharacters, 'X');
  for (int i = 0; i < 10; ++i)
    EXPECT_TRUE(absl::IsPermissionDenied(Enroll(domain::ToText(guess), "a").status()));
  EXPECT_TRUE(absl::IsResourceExhausted(Enroll(domain::ToText(guess), "a").status()));
  EXPECT_TRUE(absl::IsResourceExhausted(Enroll(code, "a").status()));
}

TEST_F(IdentityRoleTest, TheCodeGoesToNoOtherServer) {
  domain::EnrollmentCode code = *domain::ParseEnrollmentCode(*Invite(*Operator()));
  code.pin = std::string(domain::kSecretCharacters, 'X');
  const auto enrolled = Enroll(domain::ToText(code), "a");
  EXPECT_TRUE(absl::IsUnauthenticated(enrolled.status())) << enrolled.status();
  EXPECT_THAT(std::string(enrolled.status().message()), HasSubstr("does not have the roots"));
}

TEST_F(IdentityRoleTest, ReplacingAHubDeniesTheOldOne) {
  ASSERT_TRUE(Enroll(*Invite(*Operator()), "broken").ok());
  ASSERT_TRUE(hub::RenewNow(HubOn("broken")).ok());
  ASSERT_TRUE(Enroll(*Invite(*Operator()), "new").ok());
  EXPECT_TRUE(IsDeniedSoon(HubOn("broken")));
  EXPECT_TRUE(Renew(*As(HubOn("new").Tls())).ok());
}

TEST_F(IdentityRoleTest, ADeniedHubIsLetInAgainByANewCodeOnly) {
  ASSERT_TRUE(Enroll(*Invite(*Operator()), "a").ok());
  ASSERT_TRUE(Deny(*Operator(), "hub/hub-h").ok());
  EXPECT_TRUE(IsDeniedSoon(HubOn("a")));
  ASSERT_TRUE(Enroll(*Invite(*Operator()), "b").ok());
  EXPECT_TRUE(IsDeniedSoon(HubOn("a")));
  // The list is read anew within a second or two.
  absl::Status status;
  for (int i = 0; i < 100; ++i) {
    status = Renew(*As(HubOn("b").Tls()));
    if (status.ok()) break;
    SleepReally(absl::Milliseconds(100));
  }
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(IdentityRoleTest, OnlyOperatorsMakeCodesAndDeny) {
  ASSERT_TRUE(Enroll(*Invite(*Operator()), "a").ok());
  const auto hub = As(HubOn("a").Tls());
  EXPECT_TRUE(absl::IsPermissionDenied(Invite(*hub).status()));
  EXPECT_TRUE(absl::IsPermissionDenied(Deny(*hub, "hub/other")));
  const auto stranger = IdentityService::NewStub(
      rpc::MakeFirstContact(address(), *ReadFile(authority() + "/trusted.pem")));
  EXPECT_TRUE(absl::IsUnauthenticated(Invite(*stranger).status()));
  EXPECT_TRUE(absl::IsUnauthenticated(Renew(*stranger)));
}

TEST_F(IdentityRoleTest, EnrolsNoHubWithoutAHome) {
  EXPECT_TRUE(absl::IsNotFound(Invite(*Operator(), "hub-unknown").status()));
}

TEST_F(IdentityRoleTest, ListsDenialsByPages) {
  for (const char* subject : {"hub/c", "hub/a", "hub/b"})
    ASSERT_TRUE(Deny(*Operator(), subject).ok());
  v1::ListDenialsRequest request;
  request.set_page_size(2);
  const auto list = [&] {
    return *Call<v1::ListDenialsRequest, v1::ListDenialsResponse>(
        *Operator(), &IdentityService::Stub::ListDenials, request);
  };
  const auto first = list();
  ASSERT_EQ(first.denials_size(), 2);
  EXPECT_EQ(first.denials(0).subject(), "hub/a");
  request.set_page_token(first.next_page_token());
  const auto second = list();
  ASSERT_EQ(second.denials_size(), 1);
  EXPECT_EQ(second.denials(0).subject(), "hub/c");
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(IdentityRoleTest, ARunningHubRenewsAtTwoThirdsOfALife) {
  Start(absl::Seconds(30));
  ASSERT_TRUE(Enroll(*Invite(*Operator()), "a").ok());
  const hub::EnrolledHub hub = HubOn("a");
  const std::string before = *ReadFile(hub.Tls().certificate_file);
  EXPECT_GT(*hub.RenewalTime(), SystemClock().Now());
  hub::Renewal::Options options;
  options.due = [hub] { return hub.RenewalTime(); };
  options.renew = [hub] { return hub::RenewNow(hub); };
  options.now = [] { return SystemClock().Now(); };
  options.retry = absl::Milliseconds(200);
  const hub::Renewal renewal(options);
  std::string after = before;
  for (int i = 0; i < 600 && after == before; ++i) {
    SleepReally(absl::Milliseconds(100));
    after = *ReadFile(hub.Tls().certificate_file);
  }
  EXPECT_NE(after, before);
  EXPECT_TRUE(Renew(*As(hub.Tls())).ok());
}

}  // namespace
}  // namespace veille::identity
