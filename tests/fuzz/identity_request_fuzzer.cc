// Arbitrary requests of IdentityService: the method's name, a line break, the request in text
// format. Refused with a reason or carried out; nobody gets a certificate without the code, and a
// renewal is of the caller's own id.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "veille/identity/v1/identity_service.pb.h"

#include "common/base/check.h"
#include "common/rpc/identity.h"
#include "services/domain/recordings/recording.h"
#include "services/domain/registry.h"
#include "services/identity/app/identity_desk.h"
#include "tests/fuzz/request_text.h"

namespace {

using veille::identity::IdentityDesk;
using veille::store::v1::Denial;
namespace v1 = veille::identity::v1;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// Nobody's code is right.
class Store final : public veille::identity::IdentityStore {
 public:
  absl::Status PutCode(const std::string&, const std::string& hub_id,
                       absl::Duration life) override {
    VEILLE_CHECK(hub_id == "hub-h" && life > absl::ZeroDuration());
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> Redeem(const Redemption&) override {
    return absl::PermissionDeniedError("a wrong code");
  }
  absl::Status Record(const Issue& issue) override {
    VEILLE_CHECK(issue.id == "hub/hub-h");
    return absl::OkStatus();
  }
  absl::StatusOr<bool> WasIssued(const std::string& id) override { return id == "hub/hub-h"; }
  absl::Status Deny(const std::string& subject, const Denial& denial) override {
    VEILLE_CHECK(!subject.empty() && subject.size() <= 300);
    denials_[subject] = denial;
    return absl::OkStatus();
  }
  absl::Status Allow(const std::string& subject) override {
    return denials_.erase(subject) > 0 ? absl::OkStatus() : absl::NotFoundError("not denied");
  }
  absl::StatusOr<std::vector<std::pair<std::string, Denial>>> Denials() override {
    return std::vector<std::pair<std::string, Denial>>(denials_.begin(), denials_.end());
  }

 private:
  std::map<std::string, Denial> denials_;
};

const std::string& Folder() {
  static const auto* folder = [] {
    auto* path = new std::string(std::filesystem::temp_directory_path() / "veille-fuzz-XXXXXX");
    VEILLE_CHECK(mkdtemp(path->data()) != nullptr);
    VEILLE_CHECK(veille::pki::AuthorityFolder(*path).MakeIfMissing("veille.test", kNow).ok());
    return path;
  }();
  return *folder;
}

const veille::identity::Holder kOperator = {"svc", "operator", "02", "svc/operator"};

template <typename Request, typename Ask>
void With(const std::string& text, Ask ask) {
  Request request;
  if (veille::fuzz::ParseRequest(text, request)) ask(request);
}

void Ask(IdentityDesk& desk, const std::string& method, const std::string& text) {
  if (method == "GetTrustBundle")
    With<v1::GetTrustBundleRequest>(text,
                                    [&](const auto&) { VEILLE_CHECK(desk.TrustBundle().ok()); });
  if (method == "Enroll")
    With<v1::EnrollRequest>(text, [&](const auto& r) {
      VEILLE_CHECK(!desk.Enroll(r.secret(), r.certificate_request_pem(), "address").ok());
    });
  if (method == "RenewCertificate")
    With<v1::RenewCertificateRequest>(text, [&](const auto& r) {
      const auto renewed = desk.Renew({"hub", "hub-h", "01", ""}, r.certificate_request_pem());
      if (!renewed.ok()) return;
      const auto identity = veille::rpc::IdentityOfCertificate(renewed->chain_pem);
      VEILLE_CHECK(identity.ok() && identity->subject() == "hub/hub-h");
    });
  if (method == "CreateEnrollmentCode")
    With<v1::CreateEnrollmentCodeRequest>(text, [&](const auto& r) {
      desk.MakeCode(kOperator, r.hub_id(), absl::Seconds(r.lifetime().seconds()))
          .status()
          .IgnoreError();
    });
  if (method == "DenyPeer")
    With<v1::DenyPeerRequest>(text, [&](const auto& r) {
      desk.Deny(kOperator, {r.subject(), r.reason(), r.force()}).status().IgnoreError();
    });
  if (method == "AllowPeer")
    With<v1::AllowPeerRequest>(
        text, [&](const auto& r) { desk.Allow(kOperator, r.subject()).IgnoreError(); });
  if (method == "ListDenials")
    With<v1::ListDenialsRequest>(text, [&](const auto&) { VEILLE_CHECK(desk.Denials().ok()); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto input = veille::fuzz::SplitRequest(data, size);
  if (!input.has_value()) return 0;
  Store store;
  veille::SeededRandom random(1);
  veille::identity::DeskOptions options;
  options.folder = Folder();
  options.hub_lifetime = absl::Hours(720);
  options.service_lifetime = absl::Hours(168);
  options.registry =
      *veille::domain::Registry::Make({veille::domain::MakeHome("h", "Europe/Paris")});
  options.clock = std::make_shared<veille::VirtualClock>(kNow);
  options.random = &random;
  options.record = [](const veille::store::v1::AuditEntry& entry) {
    VEILLE_CHECK(!entry.action().empty());
    return absl::OkStatus();
  };
  IdentityDesk desk(options, store);
  Ask(desk, input->method, input->text);
  return 0;
}
