// veille replay: judges a recording offline and says what would have been told.

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>

#include "absl/flags/flag.h"
#include "absl/strings/str_format.h"

#include "common/base/status_macros.h"
#include "common/config/text_proto.h"
#include "common/time/local_time.h"
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

// Nothing when `path` is empty: each recording keeps its own.
absl::StatusOr<std::optional<care::v1::CarePlan>> LoadCarePlan(const std::string& path) {
  if (path.empty()) return std::nullopt;
  care::v1::CarePlan plan;
  config::Faults faults;
  config::TextProtoFile file;
  if (file.Load(path, plan, faults)) {
    for (const domain::PlanFault& fault : domain::CheckCarePlan(plan))
      faults.Add(file.PlaceOf(fault.field), fault.field, fault.reason);
  }
  if (!faults.ok()) return faults.ToStatus();
  return plan;
}

void PrintFinding(const Finding& finding, const domain::Recording& recording) {
  if (JsonFromFlags()) {
    std::printf("{\"recording\":%s,\"finding\":%s}\n", JsonString(recording.name).c_str(),
                ToJson(finding).c_str());
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

// Of one recording, or of all of them together.
struct Score {
  std::size_t recordings = 0, failed = 0;
  double days = 0;
  std::size_t events = 0, findings = 0, expected = 0, missed = 0;
  uint64_t bad_lines = 0;
  int unexpected = 0;
  bool truth_known = false;
  // Raised, by rule and severity.
  std::map<std::string, int> raised;

  void Add(const Score& other) {
    recordings += other.recordings;
    failed += other.failed;
    days += other.days;
    events += other.events;
    findings += other.findings;
    expected += other.expected;
    missed += other.missed;
    bad_lines += other.bad_lines;
    unexpected += other.unexpected;
    truth_known = truth_known || other.truth_known;
    for (const auto& [what, count] : other.raised) raised[what] += count;
  }
};

std::string ScoreJson(const Score& score) {
  std::string json = absl::StrFormat("\"days\":%.4f,\"events\":%d,\"findings\":%d,\"bad_lines\":%d",
                                     score.days, score.events, score.findings, score.bad_lines);
  // Where nothing is known to be true, nothing can be missed or be too much.
  if (score.truth_known) {
    json += absl::StrFormat(",\"expected\":%d,\"missed\":%d,\"unexpected\":%d", score.expected,
                            score.missed, score.unexpected);
  }
  return json;
}

void PrintScore(const std::string& name, const Score& score) {
  const std::string length = score.days < 0.5 ? absl::StrFormat("%.1f min", score.days * 24 * 60)
                                              : absl::StrFormat("%.2f days", score.days);
  std::printf("\n%s: %s, %zu events, %lu lines that could not be read\n", Printable(name).c_str(),
              length.c_str(), score.events, static_cast<unsigned long>(score.bad_lines));
  for (const auto& [what, count] : score.raised) {
    // A rate of what lasted minutes says nothing.
    const std::string rate =
        score.days < 0.5 ? "" : absl::StrFormat("  (%.2f a day)", count / score.days);
    std::printf("  %-40s %4d%s\n", what.c_str(), count, rate.c_str());
  }
  if (!score.truth_known) return;
  std::printf("  expected %zu, missed %zu, not expected %d\n", score.expected, score.missed,
              score.unexpected);
}

std::string NotesJson(const domain::ReadReport& report) {
  std::string json;
  for (const std::string& note : report.notes) json += (json.empty() ? "" : ",") + JsonString(note);
  return "[" + json + "]";
}

absl::StatusOr<Score> ReplayOne(const domain::Recording& recording) {
  VEILLE_ASSIGN_OR_RETURN(const std::vector<Finding> findings, Replay(recording, {}));
  Score score;
  score.recordings = 1;
  score.days = absl::ToDoubleHours(recording.end - recording.start) / 24;
  score.events = recording.events.size();
  score.findings = findings.size();
  score.bad_lines = recording.bad_line_count;
  score.truth_known = recording.truth_known;
  for (const Finding& finding : findings) {
    PrintFinding(finding, recording);
    if (finding.kind() == Finding::KIND_RAISE)
      ++score
            .raised[finding.evidence().rule() + " " + alert::v1::Severity_Name(finding.severity())];
  }
  const std::vector<domain::Expected> missed = Missed(recording, findings, kSlack);
  score.expected = recording.truth.size();
  score.missed = missed.size();
  if (recording.truth_known) score.unexpected = CountUnexpected(recording, findings, kSlack);
  if (JsonFromFlags()) {
    std::printf("{\"summary\":{\"name\":%s,%s,\"notes\":%s}}\n", JsonString(recording.name).c_str(),
                ScoreJson(score).c_str(), NotesJson(recording).c_str());
    return score;
  }
  PrintScore(recording.name, score);
  const absl::TimeZone zone = LoadZone(recording.home.zone()).value_or(absl::UTCTimeZone());
  for (const domain::Expected& expected : missed) {
    std::printf("  missed: %s at %s\n", expected.rule.c_str(),
                absl::FormatTime("%Y-%m-%d %H:%M:%S", expected.time, zone).c_str());
  }
  return score;
}

absl::StatusOr<Score> ReadAndReplay(const domain::Playlist& playlist, std::size_t index,
                                    const std::optional<care::v1::CarePlan>& care_plan) {
  VEILLE_ASSIGN_OR_RETURN(domain::Recording recording, playlist.Read(index));
  TellReading(playlist.name(index), recording);
  if (care_plan.has_value()) {
    for (auto& patient : *recording.home.mutable_patients())
      *patient.mutable_care_plan() = *care_plan;
  }
  return ReplayOne(recording);
}

void PrintTotal(const Score& total) {
  if (JsonFromFlags()) {
    std::printf("{\"total\":{\"recordings\":%zu,\"failed\":%zu,%s}}\n", total.recordings,
                total.failed, ScoreJson(total).c_str());
    return;
  }
  PrintScore(absl::StrFormat("all %d recordings", total.recordings), total);
  if (total.failed > 0) std::printf("  %zu recordings could not be read\n", total.failed);
}

}  // namespace

int RunReplay(const std::vector<std::string>& args) {
  if (absl::Status status = CheckCommandLine(args); !status.ok()) return ComplainOfUsage(status);
  auto playlist = PlaylistFromFlags();
  if (!playlist.ok()) return Complain(playlist.status());
  const auto care_plan = LoadCarePlan(absl::GetFlag(FLAGS_care_plan));
  if (!care_plan.ok()) return Complain(care_plan.status());
  playlist->Thin(static_cast<std::size_t>(std::max(0, absl::GetFlag(FLAGS_limit))));
  TellReading("", playlist->report());
  Score total;
  total.bad_lines = playlist->report().bad_line_count;
  for (std::size_t i = 0; i < playlist->size(); ++i) {
    const absl::StatusOr<Score> score = ReadAndReplay(*playlist, i, *care_plan);
    if (score.ok()) {
      total.Add(*score);
    } else {
      ++total.failed;
      Complain(score.status());
    }
  }
  if (playlist->size() > 1) PrintTotal(total);
  return total.failed == 0 ? 0 : 1;
}

}  // namespace veille::client
