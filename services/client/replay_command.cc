// veille replay: judges a recording offline and says what would have been told.

#include <cstdio>
#include <map>

#include "absl/flags/flag.h"

#include "common/config/text_proto.h"
#include "services/client/commands.h"
#include "services/client/flags.h"
#include "services/client/replay_engine.h"
#include "services/domain/care_plan.h"

ABSL_FLAG(std::string, care_plan, "",
          "replay: file with another care plan (veille.care.v1.CarePlan, text format).");

namespace veille::client {
namespace {

using store::v1::Finding;

// A clip has no exact time of its fall, and rules tell a while later.
constexpr absl::Duration kSlack = absl::Minutes(5);

absl::Status UseCarePlan(const std::string& path, domain::Recording& recording) {
  if (path.empty()) return absl::OkStatus();
  care::v1::CarePlan plan;
  config::Faults faults;
  config::TextProtoFile file;
  if (file.Load(path, plan, faults)) {
    for (const domain::PlanFault& fault : domain::CheckCarePlan(plan))
      faults.Add(file.PlaceOf(fault.field), fault.field, fault.reason);
  }
  if (!faults.ok()) return faults.ToStatus();
  for (auto& patient : *recording.home.mutable_patients()) *patient.mutable_care_plan() = plan;
  return absl::OkStatus();
}

void PrintFinding(const Finding& finding, const domain::Recording& recording) {
  if (JsonFromFlags()) {
    std::printf("{\"finding\":%s}\n", ToJson(finding).c_str());
    return;
  }
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(recording.home.zone(), &zone)) zone = absl::UTCTimeZone();
  const Style style = StyleFromFlags();
  const bool french = style.language == Language::kFrench;
  std::printf("%s  %-9s  %-16s  %s%s\n",
              absl::FormatTime("%Y-%m-%d %H:%M:%S",
                               absl::FromUnixSeconds(finding.event_time().seconds()), zone)
                  .c_str(),
              SeverityWord(finding.severity(), style.language).c_str(),
              finding.evidence().rule().c_str(),
              finding.kind() == Finding::KIND_CLEAR ? (french ? "(fin) " : "(over) ") : "",
              (french ? finding.reason().fr() : finding.reason().en()).c_str());
}

}  // namespace

int RunReplay(const std::vector<std::string>& /*args*/) {
  auto recording = domain::OpenRecording(absl::GetFlag(FLAGS_source));
  if (!recording.ok()) return Complain(recording.status());
  if (absl::Status used = UseCarePlan(absl::GetFlag(FLAGS_care_plan), *recording); !used.ok())
    return Complain(used);
  const auto findings = Replay(*recording, {});
  if (!findings.ok()) return Complain(findings.status());
  std::map<std::string, int> counts;
  for (const Finding& finding : *findings) {
    PrintFinding(finding, *recording);
    if (finding.kind() == Finding::KIND_RAISE)
      ++counts[finding.evidence().rule() + " " + alert::v1::Severity_Name(finding.severity())];
  }
  for (const std::string& line : recording->bad_lines)
    std::fprintf(stderr, "veille: %s\n", line.c_str());
  const auto missed = Missed(*recording, *findings, kSlack);
  const double days = absl::ToDoubleHours(recording->end - recording->start) / 24;
  if (JsonFromFlags()) {
    std::printf(
        "{\"summary\":{\"name\":\"%s\",\"days\":%.4f,\"findings\":%zu,\"expected\":%zu,"
        "\"missed\":%zu,\"bad_lines\":%lu}}\n",
        recording->name.c_str(), days, findings->size(), recording->truth.size(), missed.size(),
        static_cast<unsigned long>(recording->bad_line_count));
    return 0;
  }
  std::printf("\n%s: %.2f days, %zu events, %lu lines that could not be read%s\n",
              recording->name.c_str(), days, recording->events.size(),
              static_cast<unsigned long>(recording->bad_line_count),
              recording->made_check_ins ? "; the check-ins are made" : "");
  for (const auto& [what, count] : counts)
    std::printf("  %-40s %4d  (%.2f a day)\n", what.c_str(), count, days > 0 ? count / days : 0);
  if (recording->truth_known) {
    std::printf("  expected %zu, missed %zu\n", recording->truth.size(), missed.size());
    for (const domain::Expected& expected : missed)
      std::printf("  missed: %s at %s\n", expected.rule.c_str(),
                  absl::FormatTime(expected.time).c_str());
  }
  return 0;
}

}  // namespace veille::client
