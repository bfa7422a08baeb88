// Raw bytes on the two ports that speak HTTP, for metrics and for the page behind a link: answered
// or hung up on, and the next caller is served. Without a link that we signed nobody sees an alert
// or takes one.
//
// The first byte says which port; "@" in the rest becomes a link's token that is valid.

#include <cstdint>
#include <string>

#include "common/base/timestamp.h"
#include "common/metrics/http_server.h"
#include "services/notifier/adapters/acknowledge_door.h"
#include "services/notifier/core/acknowledge_link.h"
#include "tests/fuzz/loopback.h"
#include "tests/unit/notifier/fake_alert_store.h"

namespace {

namespace v1 = veille::alert::v1;
using veille::fuzz::Socket;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr char kName[] = "Odette Vasseur";

std::shared_ptr<const veille::domain::Registry> Homes() {
  veille::care::v1::Home home;
  home.set_home_id("h1");
  home.set_zone("Europe/Paris");
  home.add_sources()->set_source_id("hub-h1");
  auto& patient = *home.add_patients();
  patient.set_patient_id("p1");
  patient.set_display_name(kName);
  patient.mutable_circle()->add_members()->set_caregiver_id("anne");
  return *veille::domain::Registry::Make({home});
}

veille::store::v1::Finding Emergency() {
  veille::store::v1::Finding finding;
  finding.set_format(1);
  finding.set_home_id("h1");
  finding.set_patient_id("p1");
  finding.set_rule_key("SOS/1");
  finding.set_alert_id("h1.1");
  finding.set_finding_id("h1.1/1");
  finding.set_kind(veille::store::v1::Finding::KIND_RAISE);
  finding.set_severity(v1::SEVERITY_HIGH);
  finding.set_status(v1::STATUS_ACTUAL);
  finding.mutable_evidence()->set_rule("SOS");
  for (auto* stamp : {finding.mutable_event_time(), finding.mutable_decide_time(),
                      finding.mutable_receive_time()})
    veille::SetTime(kNow, *stamp);
  return finding;
}

class Doors {
 public:
  Doors() {
    store_.on_deliver = [](const std::string&, const v1::Update&) {};
    VEILLE_CHECK(desk_.OnFinding(Emergency(), "1").ok());
    veille::notifier::AcknowledgeLink link;
    link.alert_id = "h1.1";
    link.caregiver_id = "anne";
    link.version = 1;
    link.expiry = kNow + absl::Hours(1);
    token_ = veille::notifier::SignLink(link, kKey);
  }

  int metrics_port() const { return metrics_->port(); }
  int page_port() const { return page_->port(); }
  const std::string& token() const { return token_; }
  bool Taken() { return desk_.Get("h1.1", "anne")->handling() != v1::HANDLING_UNACKNOWLEDGED; }

 private:
  static constexpr char kKey[] = "the key of the links, of 32 bytes";

  static veille::notifier::DeskOptions Options() {
    veille::notifier::DeskOptions options;
    options.registry = Homes();
    options.clock = std::make_shared<veille::VirtualClock>(kNow);
    return options;
  }

  veille::metrics::Registry registry_;
  veille::notifier::FakeAlertStore store_;
  veille::notifier::AlertDesk desk_{Options(), store_, registry_};
  std::string token_;
  std::unique_ptr<veille::metrics::HttpServer> metrics_ =
      *veille::metrics::HttpServer::Start("127.0.0.1:0", registry_, nullptr);
  std::unique_ptr<veille::notifier::AcknowledgeDoor> page_ =
      *veille::notifier::AcknowledgeDoor::Start(
          {"127.0.0.1:0", kKey, std::make_shared<veille::VirtualClock>(kNow)}, desk_);
};

std::string Ask(int port, const std::string& bytes) {
  const Socket socket(Socket::Connect(port));
  socket.Say(bytes);
  socket.SayNoMore();
  return socket.HearUntil("");
}

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void AskForPage(Doors& doors, std::string bytes) {
  bool signed_by_us = false;
  for (std::size_t at; (at = bytes.find('@')) != std::string::npos;) {
    if (bytes.size() > (64U << 10U)) return;
    bytes.replace(at, 1, doors.token());
    signed_by_us = true;
  }
  const bool taken_before = doors.Taken();
  const std::string answer = Ask(doors.page_port(), bytes);
  if (!signed_by_us) {
    VEILLE_CHECK(!Contains(answer, kName));
    VEILLE_CHECK(doors.Taken() == taken_before);
  }
  // Only a press of the button takes.
  if (!taken_before && doors.Taken()) VEILLE_CHECK(Contains(bytes, "POST"));
  const std::string page =
      Ask(doors.page_port(), "GET /take/" + doors.token() + " HTTP/1.0\r\n\r\n");
  VEILLE_CHECK(page.rfind("HTTP/1.", 0) == 0 && page.substr(8, 5) == " 200 ");
}

void AskForMetrics(Doors& doors, const std::string& bytes) {
  Ask(doors.metrics_port(), bytes);
  const std::string health = Ask(doors.metrics_port(), "GET /healthz HTTP/1.0\r\n\r\n");
  VEILLE_CHECK(health.rfind("HTTP/1.", 0) == 0 && health.substr(8, 5) == " 200 ");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static auto* doors = new Doors;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    AskForMetrics(*doors, bytes);
  } else {
    AskForPage(*doors, bytes);
  }
  return 0;
}
