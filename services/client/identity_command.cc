// veille identity …: codes, denials, certificates of services, the life of an authority.

#include <cstdio>
#include <filesystem>
#include <map>

#include "absl/flags/flag.h"
#include "absl/strings/str_format.h"
#include <grpcpp/grpcpp.h>

#include "veille/identity/v1/identity_service.grpc.pb.h"

#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/pki/authority_folder.h"
#include "common/pki/certificate.h"
#include "common/rpc/bearer.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "common/time/clock.h"
#include "services/client/commands.h"
#include "services/client/flags.h"
#include "services/client/tell_certificate.h"
#include "services/domain/identity/local_tls.h"
#include "services/domain/identity/service_roles.h"
#include "services/domain/keys.h"

ABSL_FLAG(std::string, identity, "127.0.0.1:7442", "Address of the identity service.");
ABSL_FLAG(absl::Duration, lifetime, absl::ZeroDuration(),
          "identity: of a code, 1m to 168h, default 24h; of an issued certificate, default 168h.");
ABSL_FLAG(
    std::string, reason, "",
    "identity deny: lost, stolen, replaced, compromised or other. account break-glass: why, in "
    "words.");
ABSL_FLAG(std::string, trust_domain, "",
          "identity init: the domain of a new authority's ids, spiffe://DOMAIN/…; default "
          "veille.internal.");
ABSL_FLAG(std::string, out, "",
          "identity issue: the folder that gets ca.crt, tls.crt and tls.key; of the exercise's hub "
          "hub.crt and hub.key. rights export, erase: the folder of their files.");
ABSL_FLAG(bool, force, false,
          "identity retire: also before every certificate has been renewed. identity deny: also "
          "what you are yourself.");

namespace veille::client {
namespace {

using identity::v1::IdentityService;
using Words = std::vector<std::string>;

constexpr char kUsage[] =
    "usage: veille identity WORD, with --data FOLDER where that is not the user's own:\n"
    "  invite HUB      a code that enrols a hub, once; certificates that it had are denied then\n"
    "  deny SUBJECT    hub/ID, svc/ROLE or serial/HEX: closed within seconds, refused from then "
    "on;\n"
    "                  --reason lost|stolen|replaced|compromised|other\n"
    "  allow SUBJECT   ends that\n"
    "  denials         who is denied, since when and why\n"
    "  init            makes an authority in FOLDER/identity\n"
    "  issue svc/ROLE --out FOLDER   a certificate for a service, as a Kubernetes secret has it\n"
    "  rotate          a new root; the old one stays trusted beside it\n"
    "  retire          trusts the new root only, once everybody knows it";

constexpr absl::Duration kPatience = absl::Seconds(20);

std::string Folder() { return DataFolder() + "/identity"; }

template <typename Request, typename Response, typename Method>
absl::StatusOr<Response> Call(Method method, const Request& request) {
  VEILLE_ASSIGN_OR_RETURN(const Speaker speaker, OperatorFromFlags("svc/identity"));
  const std::string address = absl::GetFlag(FLAGS_identity);
  VEILLE_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel,
                          rpc::MakeChannel(address, speaker.tls));
  const auto stub = IdentityService::NewStub(channel);
  grpc::ClientContext context;
  rpc::ShowBearer(speaker.token, context);
  context.set_deadline(rpc::DeadlineAfter(kPatience));
  Response response;
  const absl::Status status = rpc::FromGrpc(((*stub).*method)(&context, request, &response));
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) {
    return absl::UnavailableError("the identity service at " + address + " does not answer (" +
                                  std::string(status.message()) +
                                  "): --identity HOST:PORT names another");
  }
  if (!status.ok()) return status;
  return response;
}

std::string Moment(const google::protobuf::Timestamp& stamp) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", ToTime(stamp), absl::UTCTimeZone());
}

absl::Status Invite(const Words& words) {
  identity::v1::CreateEnrollmentCodeRequest request;
  request.set_hub_id(words[1]);
  request.mutable_lifetime()->set_seconds(absl::ToInt64Seconds(absl::GetFlag(FLAGS_lifetime)));
  VEILLE_ASSIGN_OR_RETURN(
      const auto made,
      (Call<identity::v1::CreateEnrollmentCodeRequest, identity::v1::CreateEnrollmentCodeResponse>(
          &IdentityService::Stub::CreateEnrollmentCode, request)));
  if (JsonFromFlags()) {
    std::printf("{\"code\":%s,\"expire_time\":%s}\n", JsonString(made.code()).c_str(),
                JsonString(Moment(made.expire_time())).c_str());
  } else {
    std::printf("%s\n", made.code().c_str());
    std::fprintf(stderr, "veille: once, until %s, on the hub: veille hub enroll CODE\n",
                 Moment(made.expire_time()).c_str());
  }
  return absl::OkStatus();
}

absl::Status Deny(const Words& words) {
  identity::v1::DenyPeerRequest request;
  request.set_subject(words[1]);
  request.set_reason(absl::GetFlag(FLAGS_reason));
  request.set_force(absl::GetFlag(FLAGS_force));
  VEILLE_ASSIGN_OR_RETURN(const auto denied,
                          (Call<identity::v1::DenyPeerRequest, identity::v1::DenyPeerResponse>(
                              &IdentityService::Stub::DenyPeer, request)));
  if (denied.unknown()) {
    std::fprintf(stderr,
                 "veille: %s is denied, but nobody of that id was ever enrolled: check it; 'veille "
                 "identity allow' takes it back\n",
                 Printable(words[1]).c_str());
  }
  return absl::OkStatus();
}

absl::Status Allow(const Words& words) {
  identity::v1::AllowPeerRequest request;
  request.set_subject(words[1]);
  return Call<identity::v1::AllowPeerRequest, identity::v1::AllowPeerResponse>(
             &IdentityService::Stub::AllowPeer, request)
      .status();
}

absl::Status ListDenials(const Words& /*words*/) {
  identity::v1::ListDenialsRequest request;
  do {
    VEILLE_ASSIGN_OR_RETURN(
        const auto page, (Call<identity::v1::ListDenialsRequest, identity::v1::ListDenialsResponse>(
                             &IdentityService::Stub::ListDenials, request)));
    for (const identity::v1::Denial& denial : page.denials()) {
      if (JsonFromFlags()) {
        std::printf("{\"subject\":%s,\"deny_time\":%s,\"reason\":%s}\n",
                    JsonString(denial.subject()).c_str(),
                    JsonString(Moment(denial.deny_time())).c_str(),
                    JsonString(denial.reason()).c_str());
      } else {
        std::printf("%s  since %s  %s\n", Printable(denial.subject()).c_str(),
                    Moment(denial.deny_time()).c_str(), Printable(denial.reason()).c_str());
      }
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

absl::Status Init(const Words& /*words*/) {
  return pki::AuthorityFolder(Folder()).MakeIfMissing(absl::GetFlag(FLAGS_trust_domain),
                                                      SystemClock().Now());
}

// Under the names that a Kubernetes secret of type kubernetes.io/tls has.
absl::Status Issue(const Words& words) {
  const std::string out = absl::GetFlag(FLAGS_out);
  // The hub of a drill lives in no home, where it could keep a key of its own.
  const bool exercise = words[1] == "hub/" + std::string(domain::kExerciseHome);
  const bool service = words[1].rfind("svc/", 0) == 0;
  if (out.empty() || (!service && !exercise))
    return absl::InvalidArgumentError("issue svc/ROLE --out FOLDER: hubs enrol instead");
  if (service && !domain::IsServiceRole(std::string_view(words[1]).substr(4))) {
    return absl::InvalidArgumentError("there is no role " + Printable(words[1].substr(4)) +
                                      ": svc/ROLE is one of " + domain::ServiceRoleNames());
  }
  const absl::Duration lifetime = absl::GetFlag(FLAGS_lifetime);
  if (lifetime < absl::ZeroDuration())
    return absl::InvalidArgumentError("--lifetime: must not be negative");
  VEILLE_ASSIGN_OR_RETURN(const pki::Authority authority, pki::AuthorityFolder(Folder()).Load());
  VEILLE_ASSIGN_OR_RETURN(const pki::KeyAndRequest made, pki::MakeRequest());
  pki::Authority::Order order;
  order.request_pem = made.request_pem;
  order.id = words[1];
  order.dns_names = {"localhost"};
  order.now = SystemClock().Now();
  order.lifetime = lifetime == absl::ZeroDuration() ? domain::kServiceLifetime : lifetime;
  VEILLE_ASSIGN_OR_RETURN(const pki::Authority::Issued issued, authority.Issue(order));
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (error) return absl::UnavailableError("cannot make " + out + ": " + error.message());
  VEILLE_RETURN_IF_ERROR(WriteFileAtomically(out + "/ca.crt", authority.trusted_pem()));
  const std::string name = out + (exercise ? "/hub" : "/tls");
  VEILLE_RETURN_IF_ERROR(WriteFileAtomically(name + ".crt", issued.chain_pem));
  VEILLE_RETURN_IF_ERROR(WriteFileAtomically(name + ".key", made.key_pem));
  if (JsonFromFlags()) {
    std::printf("{\"issued\":%s,%s}\n", JsonString(words[1]).c_str(),
                CertificateJson(issued.chain_pem).c_str());
  } else {
    std::printf("%s: %s\n", words[1].c_str(), CertificateText(issued.chain_pem).c_str());
  }
  if (issued.not_after < order.now + order.lifetime - absl::Minutes(1))
    std::fputs(
        "veille: it ends before the time that was asked for: the authority's own ends then\n",
        stderr);
  return absl::OkStatus();
}

absl::Status Rotate(const Words& /*words*/) {
  return pki::AuthorityFolder(Folder()).Rotate(SystemClock().Now());
}

absl::Status Retire(const Words& /*words*/) {
  return pki::AuthorityFolder(Folder()).Retire(SystemClock().Now(), domain::kHubLifetime,
                                               absl::GetFlag(FLAGS_force));
}

struct Word {
  std::size_t words;
  absl::Status (*run)(const Words&);
};

}  // namespace

int RunIdentity(const std::vector<std::string>& args) {
  static const std::map<std::string, Word> kWords = {
      {"invite", {2, Invite}},       {"deny", {2, Deny}},     {"allow", {2, Allow}},
      {"denials", {1, ListDenials}}, {"init", {1, Init}},     {"issue", {2, Issue}},
      {"rotate", {1, Rotate}},       {"retire", {1, Retire}},
  };
  const auto word = kWords.find(args.empty() ? "" : args[0]);
  if (word == kWords.end() || args.size() != word->second.words)
    return ComplainOfUsage(absl::InvalidArgumentError(kUsage));
  const absl::Status status = word->second.run(args);
  return status.ok() ? 0 : Complain(status);
}

}  // namespace veille::client
