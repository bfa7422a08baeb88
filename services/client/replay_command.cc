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
#include "services/client/what_if.h"
#include "services/domain/care_plan.h"

ABSL_FLAG(std::string, care_plan, "",
          "replay: file with another care plan (veille.care.v1.CarePlan, text format).");

ABSL_FLAG(std::string, what_if, "",
          "replay: file with another care plan; prints what it would change, not what is told.");

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

void PutCarePlan(const care::v1::CarePlan& care_plan, domain::Recording& recording) {
  for (auto& patient : *recording.home.mutable_patients()) *patient.mutable_care_plan() = care_plan;
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

const char* KindWord(Difference::Kind kind) {
  switch (kind) {
    case Difference::Kind::kComes:
      return "comes";
    case Difference::Kind::kGoes:
      return "goes";
    default:
      return "changes";
  }
}

std::string ToldJson(const Told& told) {
  if (told.alert_id.empty()) return "null";
  return absl::StrFormat(
      "{\"rule_key\":%s,\"patient_id\":%s,\"severity\":%s,\"event_time\":%s,\"decide_time\":%s}",
      JsonString(told.rule_key), JsonString(told.patient_id),
      JsonString(alert::v1::Severity_Name(told.severity)),
      JsonString(absl::FormatTime(absl::RFC3339_full, told.event_time, absl::UTCTimeZone())),
      JsonString(absl::FormatTime(absl::RFC3339_full, told.decide_time, absl::UTCTimeZone())));
}

// "MEDIUM -> HIGH", "5 min sooner"
std::string Change(const Difference& difference, Language language) {
  std::string change;
  const Told &before = difference.before, &after = difference.after;
  if (before.severity != after.severity) {
    change =
        SeverityWord(before.severity, language) + " -> " + SeverityWord(after.severity, language);
  }
  const absl::Duration later = after.decide_time - before.decide_time;
  if (later == absl::ZeroDuration()) return change;
  if (!change.empty()) change += ", ";
  return change + absl::StrFormat("%s %s", absl::FormatDuration(absl::AbsDuration(later)),
                                  later > absl::ZeroDuration() ? "later" : "sooner");
}

void PrintDifference(const Difference& difference, const domain::Recording& recording) {
  if (JsonFromFlags()) {
    std::printf("{\"recording\":%s,\"difference\":{\"kind\":\"%s\",\"before\":%s,\"after\":%s}}\n",
                JsonString(recording.name).c_str(), KindWord(difference.kind),
                ToldJson(difference.before).c_str(), ToldJson(difference.after).c_str());
    return;
  }
  const absl::TimeZone zone = LoadZone(recording.home.zone()).value_or(absl::UTCTimeZone());
  const Style style = StyleFromFlags();
  const Told& told =
      difference.kind == Difference::Kind::kGoes ? difference.before : difference.after;
  std::string more = style.language == Language::kFrench ? told.reason.fr() : told.reason.en();
  if (difference.kind == Difference::Kind::kChanges)
    more = Change(difference, style.language) + "  " + more;
  std::printf("%-7s  %s  %-9s  %-16s  %s\n", KindWord(difference.kind),
              absl::FormatTime("%Y-%m-%d %H:%M:%S", told.event_time, zone).c_str(),
              SeverityWord(told.severity, style.language).c_str(), told.rule_key.c_str(),
              more.c_str());
}

// How often each kind of difference came, over every recording.
struct Differences {
  std::size_t comes = 0, goes = 0, changes = 0;
};

absl::Status WhatIf(domain::Recording recording, const care::v1::CarePlan& other,
                    Differences& count) {
  VEILLE_ASSIGN_OR_RETURN(const std::vector<Finding> before, Replay(recording, {}));
  PutCarePlan(other, recording);
  VEILLE_ASSIGN_OR_RETURN(const std::vector<Finding> after, Replay(recording, {}));
  for (const Difference& difference : Compare(before, after)) {
    PrintDifference(difference, recording);
    ++(difference.kind == Difference::Kind::kComes  ? count.comes
       : difference.kind == Difference::Kind::kGoes ? count.goes
                                                    : count.changes);
  }
  return absl::OkStatus();
}

int PrintWhatIf(const domain::Playlist& playlist,
                const std::optional<care::v1::CarePlan>& care_plan,
                const care::v1::CarePlan& other) {
  Differences count;
  int failed = 0;
  for (std::size_t i = 0; i < playlist.size(); ++i) {
    absl::StatusOr<domain::Recording> recording = playlist.Read(i);
    absl::Status status = recording.status();
    if (status.ok()) {
      TellReading(playlist.name(i), *recording);
      if (care_plan.has_value()) PutCarePlan(*care_plan, *recording);
      status = WhatIf(*std::move(recording), other, count);
    }
    if (status.ok()) continue;
    ++failed;
    Complain(status);
  }
  if (JsonFromFlags()) {
    std::printf("{\"what_if\":{\"comes\":%zu,\"goes\":%zu,\"changes\":%zu}}\n", count.comes,
                count.goes, count.changes);
  } else {
    std::printf("\nwith the other plan %zu alerts come, %zu go, %zu change\n", count.comes,
                count.goes, count.changes);
  }
  return failed == 0 ? 0 : 1;
}

absl::StatusOr<Score> ReadAndReplay(const domain::Playlist& playlist, std::size_t index,
                                    const std::optional<care::v1::CarePlan>& care_plan) {
  VEILLE_ASSIGN_OR_RETURN(domain::Recording recording, playlist.Read(index));
  TellReading(playlist.name(index), recording);
  if (care_plan.has_value()) PutCarePlan(*care_plan, recording);
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
  const auto other = LoadCarePlan(absl::GetFlag(FLAGS_what_if));
  if (!other.ok()) return Complain(other.status());
  if (other->has_value()) return PrintWhatIf(*playlist, *care_plan, **other);
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
