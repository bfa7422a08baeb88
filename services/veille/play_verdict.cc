#include "services/veille/play_verdict.h"

#include <cstdio>
#include <set>
#include <string>

#include "common/base/timestamp.h"
#include "services/client/render.h"

namespace veille {
namespace {

using alert::v1::Alert;

// A rule tells a while after what it saw began.
constexpr absl::Duration kSlack = absl::Minutes(10);

bool WasTold(const Alert& alert) {
  for (const auto& delivery : alert.deliveries())
    if (delivery.state() == alert::v1::DELIVERY_STATE_DELIVERED ||
        delivery.state() == alert::v1::DELIVERY_STATE_SEEN)
      return true;
  return false;
}

// Somebody took it, nothing climbed afterwards, and there would have been more steps.
bool WasStopped(const Alert& alert, uint32_t steps) {
  bool taken = false;
  for (const auto& transition : alert.transitions()) {
    if (transition.kind() == alert::v1::Transition::KIND_ACKNOWLEDGED) taken = true;
    if (taken && transition.kind() == alert::v1::Transition::KIND_ESCALATED) return false;
  }
  return taken && alert.step() < steps;
}

}  // namespace

void JudgeRecording(const domain::Recording& recording, const std::vector<Alert>& alerts,
                    absl::Time reached, bool json, PlayVerdict& verdict) {
  const auto steps = static_cast<uint32_t>(recording.home.patients(0).circle().steps_size());
  std::vector<const Alert*> ours;
  for (const Alert& alert : alerts)
    if (alert.home_id() == recording.home.home_id()) ours.push_back(&alert);
  std::set<std::string> expected_ids;
  for (const domain::Expected& expected : recording.truth) {
    bool told = false;
    for (const Alert* alert : ours) {
      if (alert->rule() != expected.rule ||
          absl::AbsDuration(ToTime(alert->event_time()) - expected.time) > kSlack) {
        continue;
      }
      expected_ids.insert(alert->alert_id());
      told = told || WasTold(*alert);
    }
    const bool played = told || expected.time < reached;
    verdict.untold += told || !played ? 0 : 1;
    if (!json) {
      const char* outcome = told ? "told" : played ? "NOT TOLD" : "not played";
      std::printf("  %-14s %-10s  %s\n", expected.rule.c_str(), outcome,
                  client::Printable(recording.name).c_str());
    }
  }
  for (const Alert* alert : ours) {
    verdict.stopped += WasStopped(*alert, steps) ? 1 : 0;
    if (recording.truth_known && alert->severity() >= alert::v1::SEVERITY_MEDIUM &&
        expected_ids.count(alert->alert_id()) == 0) {
      ++verdict.extra;
    }
  }
  ++verdict.recordings;
  verdict.expected += recording.truth.size();
}

void PrintVerdict(const PlayVerdict& verdict, bool good, bool json) {
  if (json) {
    std::printf(
        "{\"summary\":{\"recordings\":%zu,\"events\":%lu,\"alerts\":%zu,\"expected\":%zu,"
        "\"untold\":%d,\"stopped_by_acknowledgement\":%d,\"unexpected\":%d,\"good\":%s}}\n",
        verdict.recordings, static_cast<unsigned long>(verdict.events), verdict.alerts,
        verdict.expected, verdict.untold, verdict.stopped, verdict.extra, good ? "true" : "false");
  } else {
    std::printf(
        "%lu events, %zu alerts; %zu expected, %d untold, %d not expected; "
        "an acknowledgement stopped %d escalations\n",
        static_cast<unsigned long>(verdict.events), verdict.alerts, verdict.expected,
        verdict.untold, verdict.extra, verdict.stopped);
  }
  std::fflush(stdout);
}

}  // namespace veille
