#include "tests/integration/access/doors.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "veille/alert/v1/alert_service.pb.h"
#include "veille/care/v1/care_service.pb.h"
#include "veille/store/v1/finding.pb.h"

#include "common/base/check.h"
#include "common/base/digest.h"
#include "common/base/timestamp.h"
#include "common/pki/authority_folder.h"
#include "common/rpc/bearer.h"
#include "common/rpc/credentials.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "services/domain/identity/local_tls.h"
#include "services/domain/keys.h"
#include "services/domain/registry.h"

namespace veille::testing {
namespace {

using domain::Principal;
using google::protobuf::Message;

constexpr int kPartitions = 4;
constexpr absl::Duration kPatience = absl::Seconds(20);

care::v1::HomeRecord HomeWith(const std::string& id, const std::vector<std::string>& circle) {
  care::v1::HomeRecord home;
  home.set_home_id(id);
  home.set_zone("Europe/Paris");
  home.add_sources()->set_source_id("hub-" + id);
  care::v1::Patient& patient = *home.add_patients();
  patient.set_patient_id("patient-" + id);
  patient.set_display_name("Madame " + id);
  for (const std::string& caregiver : circle) {
    patient.mutable_circle()->add_members()->set_caregiver_id(caregiver);
    patient.mutable_circle()->add_steps()->add_caregiver_ids(caregiver);
    care::v1::Grant& grant = *home.add_grants();
    grant.set_patient_id(patient.patient_id());
    grant.set_caregiver_id(caregiver);
    for (int right = care::v1::MEMBER_RIGHT_READ; care::v1::MemberRight_IsValid(right); ++right)
      grant.add_rights(static_cast<care::v1::MemberRight>(right));
  }
  return home;
}

// Every HomeRecord is a Home.
care::v1::Home ToHome(const care::v1::HomeRecord& record) {
  care::v1::Home home;
  home.ParseFromString(record.SerializeAsString());
  home.DiscardUnknownFields();
  return home;
}

std::vector<care::v1::HomeRecord> Homes() {
  return {HomeWith("h1", {"anne", "rita", "olga"}), HomeWith("h2", {"bruno", "clara"})};
}

}  // namespace

Doors::Doors(bool local_terminals) {
  VEILLE_CHECK(
      pki::AuthorityFolder(folder_.path()).MakeIfMissing("veille.test", SystemClock().Now()).ok());
  std::vector<care::v1::Home> homes;
  homes.reserve(2);
  for (const care::v1::HomeRecord& home : Homes()) homes.push_back(ToHome(home));
  registry_.Replace(*domain::Registry::Make(std::move(homes)));
  StartRoles(local_terminals);
  PutHomes();
  RaiseAlerts();
}

Doors::~Doors() {
  identity_->Stop();
  gateway_->Stop();
  care_->Stop();
  notifier_->Stop();
}

void Doors::StartRoles(bool local_terminals) {
  const auto clock = std::make_shared<SystemClock>();
  const auto config_of = [this](const std::string& role) {
    const rpc::TlsFiles files = *domain::LocalTls(folder_.path(), "svc/" + role);
    config::v1::Config config;
    config::v1::Rpc& rpc = *config.mutable_rpc();
    rpc.mutable_tls()->set_ca_file(files.ca_file);
    rpc.mutable_tls()->set_certificate_file(files.certificate_file);
    rpc.mutable_tls()->set_key_file(files.key_file);
    rpc.set_gateway_address("127.0.0.1:0");
    rpc.set_notifier_address("127.0.0.1:0");
    rpc.set_care_address("127.0.0.1:0");
    config.mutable_identity()->set_address("127.0.0.1:0");
    config.mutable_identity()->set_folder(folder_.path());
    return config;
  };
  access_ = std::make_shared<domain::Access>(domain::Access::Options{
      std::make_shared<domain::Sessions>(redis_.endpoint(), clock), local_terminals, false});

  notifier::NotifierOptions notifier;
  notifier.config = config_of("notifier");
  notifier.access = access_;
  notifier.endpoint = redis_.endpoint();
  notifier.partitions = kPartitions;
  notifier.registry = registry_;
  notifier.clock = clock;
  notifier.metrics = &metrics_;
  notifier_ = *notifier::Notifier::Start(std::move(notifier));

  care::CareOptions care;
  care.config = config_of("care");
  care.access = access_;
  care.endpoint = redis_.endpoint();
  care.partitions = kPartitions;
  care.clock = clock;
  care.metrics = &metrics_;
  care_ = *care::Care::Start(care);

  gateway::GatewayOptions gateway;
  gateway.config = config_of("gateway");
  gateway.endpoint = redis_.endpoint();
  gateway.partitions = kPartitions;
  gateway.registry = registry_;
  gateway.clock = clock;
  gateway.metrics = &metrics_;
  gateway_ = *gateway::Gateway::Start(std::move(gateway));

  identity::IdentityOptions identity;
  identity.config = config_of("identity");
  identity.endpoint = redis_.endpoint();
  identity.partitions = kPartitions;
  identity.registry = registry_;
  identity.clock = clock;
  identity.metrics = &metrics_;
  identity_ = *identity::IdentityRole::Start(std::move(identity));
}

void Doors::PutHomes() {
  const auto* create = care::v1::GetHomeRequest::descriptor()
                           ->file()
                           ->FindServiceByName("CareService")
                           ->FindMethodByName("CreateHome");
  for (const care::v1::HomeRecord& home : Homes()) {
    care::v1::CreateHomeRequest request;
    *request.mutable_home() = home;
    const Answer made = CallAs(*create, "svc/operator", "", request);
    VEILLE_CHECK(made.status.ok());
  }
}

std::string Doors::AlertIn(const std::string& home) { return home + "." + Sha256Hex16(home); }

void Doors::RaiseAlerts() {
  for (const char* home : {"h1", "h2"}) {
    store::v1::Finding finding;
    finding.set_format(1);
    finding.set_home_id(home);
    finding.set_patient_id("patient-" + std::string(home));
    finding.set_rule_key("NIGHT_EXIT");
    finding.set_alert_id(AlertIn(home));
    finding.set_finding_id(finding.alert_id() + "/1");
    finding.set_kind(store::v1::Finding::KIND_RAISE);
    finding.set_severity(alert::v1::SEVERITY_HIGH);
    finding.set_status(alert::v1::STATUS_ACTUAL);
    const absl::Time now = SystemClock().Now();
    SetTime(now, *finding.mutable_event_time());
    SetTime(now, *finding.mutable_decide_time());
    SetTime(now, *finding.mutable_receive_time());
    const int partition = domain::PartitionOf(home, kPartitions);
    VEILLE_CHECK(redis()
                     .CommandSync({"XADD", domain::QueueKey(partition), "*", "f",
                                   finding.SerializeAsString()})
                     .ok());
    const auto stored = [&] {
      const auto found =
          redis().CommandSync({"EXISTS", domain::AlertKey(partition, finding.alert_id())});
      return found.ok() && found->integer() == 1;
    };
    for (int i = 0; i < 500 && !stored(); ++i) SleepReally(absl::Milliseconds(20));
    VEILLE_CHECK(stored());
  }
}

std::string Doors::SignIn(const std::string& account_id, account::v1::Role role,
                          bool second_factor) {
  const std::string token = "token-" + std::to_string(++signed_in_);
  store::v1::StoredSession session;
  session.set_format(1);
  session.set_account_id(account_id);
  session.set_session_id("s" + std::to_string(signed_in_));
  session.set_role(role);
  session.set_second_factor(second_factor);
  const absl::Time now = SystemClock().Now();
  SetTime(now, *session.mutable_create_time());
  SetTime(now, *session.mutable_last_use_time());
  SetTime(now + absl::Hours(24), *session.mutable_expire_time());
  const std::string digest = domain::TokenDigest(token);
  VEILLE_CHECK(
      redis()
          .CommandSync({"HSET", domain::SessionsKey(), digest, session.SerializeAsString()})
          .ok());
  VEILLE_CHECK(
      redis()
          .CommandSync({"HSET", domain::SessionsOfKey(account_id), session.session_id(), digest})
          .ok());
  return token;
}

std::shared_ptr<grpc::Channel> Doors::ChannelTo(const std::string& service,
                                                const std::string& certificate) {
  std::shared_ptr<grpc::Channel>& channel = channels_[service + "/" + certificate];
  if (channel != nullptr) return channel;
  int port = identity_->port();
  if (service == "AlertService") port = notifier_->port();
  if (service == "CareService" || service == "RightsService") port = care_->port();
  if (service == "HubGatewayService") port = gateway_->port();
  rpc::TlsFiles files;
  if (certificate.empty()) {
    files.ca_file = pki::AuthorityFolder(folder_.path()).trusted_file();
  } else {
    files = *domain::LocalTls(folder_.path(), certificate);
  }
  channel = *rpc::MakeChannel("127.0.0.1:" + std::to_string(port), files);
  return channel;
}

Answer Doors::CallAs(const google::protobuf::MethodDescriptor& method,
                     const std::string& certificate, const std::string& token,
                     const Message& request) {
  grpc::ClientContext context;
  context.set_deadline(rpc::DeadlineAfter(kPatience));
  rpc::ShowBearer(token, context);
  grpc::CompletionQueue queue;
  const auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  grpc::GenericStub stub(ChannelTo(method.service()->name(), certificate));
  const auto stream =
      stub.PrepareCall(&context, "/" + method.service()->full_name() + "/" + method.name(), &queue);
  stream->StartCall(&context);
  next();
  const std::string bytes = request.SerializeAsString();
  const grpc::Slice slice(bytes);
  stream->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), &context);
  next();
  Answer answer;
  grpc::ByteBuffer received;
  stream->Read(&received, &context);
  const bool read = next();
  if (read) {
    grpc::Slice whole;
    VEILLE_CHECK(received.DumpToSingleSlice(&whole).ok());
    answer.bytes.assign(reinterpret_cast<const char*>(whole.begin()), whole.size());
    // A stream would go on.
    if (method.server_streaming()) context.TryCancel();
  }
  grpc::Status status;
  stream->Finish(&status, &context);
  next();
  answer.status = read && method.server_streaming() ? absl::OkStatus() : rpc::FromGrpc(status);
  return answer;
}

Answer Doors::Call(const google::protobuf::MethodDescriptor& method, Principal principal,
                   const Message& request) {
  switch (principal) {
    case Principal::kStranger:
      return CallAs(method, "", "", request);
    case Principal::kEnrolling:
      return CallAs(method, "", SignIn("olga", account::v1::ROLE_OPERATOR, false), request);
    case Principal::kHub:
      return CallAs(method, "hub/hub-h1", "", request);
    case Principal::kService:
      return CallAs(method, "svc/gateway", "", request);
    case Principal::kExercise:
      return CallAs(method, "svc/exercise", "", request);
    case Principal::kTerminal:
      return CallAs(method, "svc/terminal", "", request);
    case Principal::kAdmin:
      return CallAs(method, "svc/operator", "", request);
    case Principal::kCaregiver:
      return CallAs(method, "", SignIn("anne", account::v1::ROLE_CAREGIVER), request);
    case Principal::kResponder:
      return CallAs(method, "", SignIn("rita", account::v1::ROLE_RESPONDER), request);
    case Principal::kOperator:
      return CallAs(method, "", SignIn("olga", account::v1::ROLE_OPERATOR), request);
  }
  return {};
}

}  // namespace veille::testing
