// veille rights: what the law gives to the people who are watched over, from a terminal.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "absl/flags/declare.h"
#include "absl/flags/flag.h"
#include "absl/strings/str_format.h"
#include "google/protobuf/util/json_util.h"
#include <grpcpp/grpcpp.h>

#include "veille/rights/v1/rights_service.grpc.pb.h"

#include "common/base/file.h"
#include "common/base/growing_file.h"
#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/rpc/bearer.h"
#include "common/rpc/credentials.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "common/sync/mutex.h"
#include "common/time/clock.h"
#include "services/client/flags.h"
#include "services/domain/audit/erasure_certificate.h"
#include "services/veille/commands.h"

ABSL_DECLARE_FLAG(std::string, care);
ABSL_DECLARE_FLAG(std::string, actor);
ABSL_DECLARE_FLAG(std::string, data);
ABSL_DECLARE_FLAG(std::string, audit_key);
ABSL_DECLARE_FLAG(std::string, out);
ABSL_FLAG(bool, yes, false, "rights erase: carries it out; without, it only says what would go.");
ABSL_FLAG(absl::Duration, wait, absl::Minutes(15),
          "rights erase: waits so long for its end; the service goes on by itself all the same.");

namespace veille {
namespace {

using rights::v1::RightsService;
using store::v1::Erasure;

constexpr char kUsage[] =
    "veille rights export | erase [--yes] | accesses PERSON; rights retention; rights verify FILE "
    "--audit_key FILE";
constexpr absl::Duration kCall = absl::Seconds(30);
constexpr absl::Duration kExport = absl::Minutes(10);
constexpr absl::Duration kLook = absl::Milliseconds(300);
constexpr absl::Duration kLeast = absl::Seconds(1);

std::string ToJson(const google::protobuf::Message& message, bool lines) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.add_whitespace = lines;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) return "{}";
  return json;
}

class RightsTerminal {
 public:
  static absl::StatusOr<RightsTerminal> Connect() {
    RightsTerminal terminal;
    VEILLE_ASSIGN_OR_RETURN(const client::Speaker speaker, client::OperatorFromFlags("svc/care"));
    VEILLE_ASSIGN_OR_RETURN(const auto channel,
                            rpc::MakeChannel(absl::GetFlag(FLAGS_care), speaker.tls));
    terminal.token_ = speaker.token;
    terminal.stub_ = RightsService::NewStub(channel);
    return terminal;
  }

  absl::Status Export(const std::string& patient_id) {
    VEILLE_RETURN_IF_ERROR(TryOut());
    grpc::ClientContext context;
    Prepare(kExport, context);
    rights::v1::ExportPatientRequest request;
    request.set_patient_id(patient_id);
    const std::string stem = OutFile(patient_id);
    VEILLE_ASSIGN_OR_RETURN(GrowingFile lines, GrowingFile::Create(stem + ".jsonl"));
    VEILLE_ASSIGN_OR_RETURN(GrowingFile bundle, GrowingFile::Create(stem + ".fhir.json"));
    VEILLE_RETURN_IF_ERROR(bundle.Append(
        "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"timestamp\":\"" +
        absl::FormatTime("%Y-%m-%dT%H:%M:%SZ",
                         absl::FromUnixSeconds(absl::ToUnixSeconds(SystemClock().Now())),
                         absl::UTCTimeZone()) +
        "\",\"entry\":["));
    const auto reader = stub_->ExportPatient(&context, request);
    std::size_t records = 0, resources = 0;
    absl::Status written;
    rights::v1::ExportPatientResponse part;
    while (written.ok() && reader->Read(&part)) {
      if (part.has_line()) {
        written = lines.Append(part.line() + "\n");
        ++records;
      } else if (part.has_resource()) {
        written = bundle.Append((resources == 0 ? "\n" : ",\n") + part.resource());
        ++resources;
      }
    }
    if (!written.ok()) context.TryCancel();
    const absl::Status read = rpc::FromGrpc(reader->Finish());
    VEILLE_RETURN_IF_ERROR(written);
    VEILLE_RETURN_IF_ERROR(read);
    VEILLE_RETURN_IF_ERROR(lines.Finish());
    VEILLE_RETURN_IF_ERROR(bundle.Append("\n]}\n"));
    VEILLE_RETURN_IF_ERROR(bundle.Finish());
    std::printf("%s.jsonl: %zu records; %s.fhir.json: %zu resources of FHIR R4\n", stem.c_str(),
                records, stem.c_str(), resources);
    return absl::OkStatus();
  }

  absl::Status Erase(const std::string& patient_id) {
    if (absl::GetFlag(FLAGS_yes)) VEILLE_RETURN_IF_ERROR(TryOut());
    rights::v1::ErasePatientRequest request;
    request.set_patient_id(patient_id);
    request.set_validate_only(!absl::GetFlag(FLAGS_yes));
    rights::v1::ErasePatientResponse response;
    VEILLE_RETURN_IF_ERROR(Call(&RightsService::Stub::ErasePatient, request, response));
    const Erasure& erasure = response.erasure();
    std::printf("%s of the home %s%s\n", erasure.patient_id().c_str(), erasure.home_id().c_str(),
                erasure.whole_home() ? ", with the home: nobody else lives there"
                                     : "; others live there, and it stays");
    if (!absl::GetFlag(FLAGS_yes)) {
      return absl::InvalidArgumentError(
          "nothing was erased. It cannot be undone, from backups neither: --yes carries it out");
    }
    return Follow(erasure);
  }

  absl::Status Accesses(const std::string& patient_id) {
    rights::v1::ListAccessesRequest request;
    request.set_patient_id(patient_id);
    request.set_page_size(500);
    do {
      rights::v1::ListAccessesResponse response;
      VEILLE_RETURN_IF_ERROR(Call(&RightsService::Stub::ListAccesses, request, response));
      for (const rights::v1::Access& access : response.accesses()) Print(access);
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    return absl::OkStatus();
  }

  absl::Status Retention() {
    rights::v1::ListRetentionResponse response;
    VEILLE_RETURN_IF_ERROR(
        Call(&RightsService::Stub::ListRetention, rights::v1::ListRetentionRequest(), response));
    for (const rights::v1::RetentionRule& rule : response.rules()) {
      if (client::JsonFromFlags()) {
        std::printf("%s\n", ToJson(rule, false).c_str());
        continue;
      }
      const std::string days = rule.days() == 0 ? "      -" : absl::StrFormat("%5d d", rule.days());
      const std::string deleted =
          rule.deleted() == 0 ? ""
          : IsFrench()
              ? absl::StrFormat(" (%d supprimés pour leur âge depuis le démarrage)", rule.deleted())
              : absl::StrFormat(" (%d deleted for their age since the start)", rule.deleted());
      std::printf("%-12s %s  %s; %s%s%s\n", rule.data_class().c_str(), days.c_str(),
                  (IsFrench() ? rule.fr() : rule.en()).c_str(),
                  IsFrench() ? "prend fin par : " : "ends: ",
                  (IsFrench() ? rule.ends_fr() : rule.ends()).c_str(), deleted.c_str());
    }
    return absl::OkStatus();
  }

 private:
  RightsTerminal() = default;

  static bool IsFrench() { return client::StyleFromFlags().language == client::Language::kFrench; }

  // In --out, else where we are.
  static std::string OutFile(std::string id) {
    std::replace(id.begin(), id.end(), '/', '-');
    const std::string folder = absl::GetFlag(FLAGS_out);
    return (folder.empty() ? "" : folder + "/") + id;
  }

  // Before anything is shown or erased: what comes of it must have its place.
  static absl::Status TryOut() {
    const std::string folder = absl::GetFlag(FLAGS_out);
    std::error_code error;
    if (!folder.empty()) std::filesystem::create_directories(folder, error);
    const std::string probe = OutFile(".veille-rights");
    const absl::Status written =
        error ? absl::UnavailableError(error.message()) : WriteFileAtomically(probe, "");
    if (!written.ok()) {
      return absl::UnavailableError("--out: nothing was done, since nothing can be written to " +
                                    (folder.empty() ? "this folder" : folder) + ": " +
                                    std::string(written.message()));
    }
    std::filesystem::remove(probe, error);
    return absl::OkStatus();
  }

  void Prepare(absl::Duration within, grpc::ClientContext& context) const {
    rpc::ShowBearer(token_, context);
    context.set_deadline(rpc::DeadlineAfter(within));
    context.AddMetadata("veille-client", "terminal");
    if (const std::string actor = absl::GetFlag(FLAGS_actor); !actor.empty())
      context.AddMetadata("veille-actor", actor);
  }

  template <typename Request, typename Response>
  using Method = grpc::Status (RightsService::Stub::*)(grpc::ClientContext*, const Request&,
                                                       Response*);
  template <typename Request, typename Response>
  absl::Status Call(Method<Request, Response> method, const Request& request, Response& response) {
    grpc::ClientContext context;
    Prepare(kCall, context);
    return rpc::FromGrpc((stub_.get()->*method)(&context, request, &response));
  }

  static void Print(const rights::v1::Access& access) {
    if (client::JsonFromFlags()) {
      std::printf("%s\n", ToJson(access, false).c_str());
      return;
    }
    const std::string when =
        absl::FormatTime("%Y-%m-%d %H:%M:%S", ToTime(access.time()), absl::LocalTimeZone());
    std::printf("%s  %s\n", when.c_str(),
                client::Printable(IsFrench() ? access.fr() : access.en()).c_str());
  }

  // Until it is done. A service that is away for a while goes on when it is back.
  absl::Status Follow(const Erasure& begun) {
    rights::v1::GetErasureRequest request;
    request.set_patient_id(begun.patient_id());
    Erasure erasure = begun;
    Erasure::State told = Erasure::STATE_UNSPECIFIED;
    std::string trouble;
    absl::Status last;
    const absl::Duration until = MonotonicNow() + absl::GetFlag(FLAGS_wait);
    while (true) {
      if (erasure.state() != told)
        std::printf("%s\n", Erasure::State_Name(erasure.state()).c_str());
      told = erasure.state();
      if (erasure.trouble() != trouble && !erasure.trouble().empty())
        std::printf("waits: %s\n", erasure.trouble().c_str());
      trouble = erasure.trouble();
      std::fflush(stdout);
      if (told == Erasure::STATE_DONE) return Finish(erasure);
      if (MonotonicNow() >= until) break;
      Pause(kLook);
      // A call that fails at once drives no connection: the next would find none, and so on.
      grpc::ClientContext context;
      Prepare(std::clamp(until - MonotonicNow(), kLeast, kCall), context);
      context.set_wait_for_ready(true);
      rights::v1::GetErasureResponse response;
      last = rpc::FromGrpc(stub_->GetErasure(&context, request, &response));
      if (last.ok()) erasure = response.erasure();
    }
    const std::string why = last.ok() ? erasure.trouble() : std::string(last.message());
    return absl::DeadlineExceededError("the erasure is not done yet; the service goes on with it" +
                                       (why.empty() ? std::string() : ": " + why));
  }

  static void Pause(absl::Duration time) {
    Mutex mu;
    CondVar never;
    MutexLock lock(mu);
    never.WaitFor(mu, time);
  }

  static absl::Status Finish(const Erasure& erasure) {
    const std::string file = OutFile(erasure.patient_id()) + ".erasure.json";
    VEILLE_RETURN_IF_ERROR(
        WriteFileAtomically(file, ToJson(domain::SignedErasureOf(erasure), true)));
    std::printf("erased; the certificate: %s\n", file.c_str());
    return absl::OkStatus();
  }

  std::string token_;  // Of a sign-in.
  std::unique_ptr<RightsService::Stub> stub_;
};

// Without the service: a certificate must hold wherever it is read.
absl::Status Verify(const std::string& file) {
  std::string path = absl::GetFlag(FLAGS_audit_key);
  if (path.empty() && !absl::GetFlag(FLAGS_data).empty())
    path = absl::GetFlag(FLAGS_data) + "/audit.pub";
  if (path.empty())
    return absl::InvalidArgumentError("--audit_key: names the public key that signs certificates");
  VEILLE_ASSIGN_OR_RETURN(const std::string pem, ReadFile(path));
  VEILLE_ASSIGN_OR_RETURN(const VerifyingKey key, VerifyingKey::FromPem(pem));
  VEILLE_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  store::v1::SignedErasure signed_erasure;
  if (!google::protobuf::util::JsonStringToMessage(text, &signed_erasure).ok())
    return absl::InvalidArgumentError(file +
                                      ": is no certificate as 'veille rights erase' writes it");
  VEILLE_ASSIGN_OR_RETURN(const store::v1::ErasureCertificate certificate,
                          domain::VerifyErasure(signed_erasure, key));
  std::printf("%s\nthe signature holds\n", ToJson(certificate, true).c_str());
  return absl::OkStatus();
}

absl::Status Run(const std::vector<std::string>& args) {
  const std::string verb = args.empty() ? "" : args[0];
  if (verb == "verify" && args.size() == 2) return Verify(args[1]);
  const bool of_person = verb == "export" || verb == "erase" || verb == "accesses";
  if ((!of_person || args.size() != 2) && (verb != "retention" || args.size() != 1))
    return absl::InvalidArgumentError(kUsage);
  VEILLE_ASSIGN_OR_RETURN(RightsTerminal terminal, RightsTerminal::Connect());
  if (verb == "export") return terminal.Export(args[1]);
  if (verb == "erase") return terminal.Erase(args[1]);
  if (verb == "accesses") return terminal.Accesses(args[1]);
  return terminal.Retention();
}

}  // namespace

int RunRights(const std::vector<std::string>& args) {
  const absl::Status status = Run(args);
  if (status.ok()) return 0;
  return absl::IsInvalidArgument(status) ? client::ComplainOfUsage(status)
                                         : client::Complain(status);
}

}  // namespace veille
