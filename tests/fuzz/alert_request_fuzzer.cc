// Arbitrary requests of AlertService, by anne, to whom an alert was told: the method's name, a line
// break, the request in text format. Refused with a reason or carried out; bruno, who is in another
// circle, never sees her alert whatever he asks.

#include <cstdint>
#include <memory>
#include <string>

#include "veille/alert/v1/alert_service.pb.h"

#include "common/base/check.h"
#include "common/base/timestamp.h"
#include "services/notifier/app/alert_desk.h"
#include "services/notifier/app/page_token.h"
#include "services/notifier/core/request_texts.h"
#include "tests/fuzz/request_text.h"
#include "tests/unit/notifier/fake_alert_store.h"

namespace {

namespace v1 = veille::alert::v1;
using veille::notifier::AlertDesk;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// What the service's door lets through.
template <typename Request, typename Ask>
void With(const std::string& text, Ask ask) {
  Request request;
  if (veille::fuzz::ParseRequest(text, request) && veille::notifier::OverlongTexts(request).empty())
    ask(request);
}

veille::care::v1::Home HomeOf(const std::string& name, const std::string& caregiver) {
  veille::care::v1::Home home;
  home.set_home_id(name);
  home.set_zone("Europe/Paris");
  home.add_sources()->set_source_id("hub-" + name);
  auto& patient = *home.add_patients();
  patient.set_patient_id("patient-" + name);
  patient.mutable_circle()->add_members()->set_caregiver_id(caregiver);
  return home;
}

veille::store::v1::Finding Emergency() {
  veille::store::v1::Finding finding;
  finding.set_format(1);
  finding.set_home_id("h1");
  finding.set_patient_id("patient-h1");
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

veille::notifier::DutyRequest DutyOf(const std::string& patient, const std::string& window) {
  veille::notifier::DutyRequest duty;
  duty.actor = {"anne", "fuzzer", ""};
  duty.patient_id = patient;
  duty.span.window = window;
  return duty;
}

// What only looks.
void AskToSee(AlertDesk& desk, const std::string& method, const std::string& text) {
  if (method == "ListAlerts")
    With<v1::ListAlertsRequest>(text, [&](const auto& r) {
      veille::notifier::ListQuery query;
      query.patient_id = r.patient_id();
      query.open_only = r.open_only();
      if (r.page_size() > 0 && r.page_size() <= 500) query.limit = r.page_size();
      query.position = veille::notifier::ParseToken(r.page_token());
      desk.List("anne", query).status().IgnoreError();
      const auto hidden = desk.List("bruno", query);
      VEILLE_CHECK(!hidden.ok() || hidden->alerts.empty());
    });
  if (method == "WatchAlerts")
    With<v1::WatchAlertsRequest>(text, [&](const auto& r) {
      VEILLE_CHECK(desk.Snapshot("anne", r.client())->size() == 1);
      VEILLE_CHECK(desk.Snapshot("bruno", r.client())->empty());
    });
  if (method == "ListSnoozes")
    With<v1::ListSnoozesRequest>(
        text, [&](const auto&) { desk.circles().ListSnoozes("anne").status().IgnoreError(); });
}

void Ask(AlertDesk& desk, const std::string& method, const std::string& text) {
  if (method == "GetAlert")
    With<v1::GetAlertRequest>(text, [&](const auto& r) {
      desk.Get(r.alert_id(), "anne").status().IgnoreError();
      VEILLE_CHECK(!desk.Get(r.alert_id(), "bruno").ok());
    });
  if (method == "AcknowledgeAlert")
    With<v1::AcknowledgeAlertRequest>(text, [&](const auto& r) {
      VEILLE_CHECK(!desk.Acknowledge(r.alert_id(), {"bruno", r.client(), r.request_id()}).ok());
      desk.Acknowledge(r.alert_id(), {"anne", r.client(), r.request_id()}).status().IgnoreError();
    });
  if (method == "ResolveAlert")
    With<v1::ResolveAlertRequest>(text, [&](const auto& r) {
      if (!v1::Outcome_IsValid(r.outcome())) return;
      desk.Resolve(r.alert_id(), {"anne", r.client(), r.request_id()}, r.outcome(), r.note())
          .status()
          .IgnoreError();
    });
  if (method == "ReportDeliveries")
    With<v1::ReportDeliveriesRequest>(text, [&](const auto& r) {
      for (const v1::Receipt& receipt : r.receipts()) {
        VEILLE_CHECK(!desk.Receipt("bruno", receipt).ok());
        desk.Receipt("anne", receipt).IgnoreError();
      }
    });
  if (method == "TakeDuty")
    With<v1::TakeDutyRequest>(text, [&](const auto& r) {
      auto duty = DutyOf(r.patient_id(), r.window());
      duty.span.length = absl::Seconds(r.duration().seconds());
      desk.circles().Take(duty).status().IgnoreError();
    });
  if (method == "HandOverDuty")
    With<v1::HandOverDutyRequest>(text, [&](const auto& r) {
      auto duty = DutyOf(r.patient_id(), r.window());
      duty.to = r.to_caregiver_id();
      desk.circles().HandOver(duty).status().IgnoreError();
    });
  if (method == "SnoozeAlerts")
    With<v1::SnoozeAlertsRequest>(text, [&](const auto& r) {
      desk.circles()
          .Snooze({{"anne", r.client(), r.request_id()},
                   r.patient_id(),
                   r.rule(),
                   absl::Seconds(r.duration().seconds())})
          .status()
          .IgnoreError();
    });
  if (method == "CancelSnooze")
    With<v1::CancelSnoozeRequest>(text, [&](const auto& r) {
      desk.circles().CancelSnooze("anne", r.snooze_id()).IgnoreError();
    });
  if (method == "ListDuty")
    With<v1::ListDutyRequest>(text, [&](const auto& r) {
      desk.circles()
          .ListDuty("anne", r.patient_id(), absl::Seconds(r.ahead().seconds()))
          .status()
          .IgnoreError();
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto input = veille::fuzz::SplitRequest(data, size);
  if (!input.has_value()) return 0;

  veille::notifier::FakeAlertStore store;
  store.on_deliver = [](const std::string&, const v1::Update&) {};
  veille::metrics::Registry metrics;
  veille::notifier::DeskOptions options;
  options.registry = *veille::domain::Registry::Make({HomeOf("h1", "anne"), HomeOf("h2", "bruno")});
  options.clock = std::make_shared<veille::VirtualClock>(kNow);
  options.operator_ids = {"operator"};
  AlertDesk desk(options, store, metrics);
  VEILLE_CHECK(desk.OnFinding(Emergency(), "1").ok());
  Ask(desk, input->method, input->text);
  AskToSee(desk, input->method, input->text);
  VEILLE_CHECK(desk.Get("h1.1", "anne").ok());
  return 0;
}
