#include "services/notifier/app/upkeep.h"

#include <algorithm>
#include <utility>

#include "common/base/status_macros.h"
#include "services/domain/keys.h"

namespace veille::notifier {
namespace {

constexpr char kMissed[] = "EXERCISE_MISSED";
// A holder that dies is followed by another after three rounds.
constexpr absl::Duration kHold = absl::Seconds(15);
// Some exercises may be pressed beside the daily one.
constexpr int kNewestExercises = 8;

alert::v1::Text Words(std::string fr, std::string en) {
  alert::v1::Text text;
  text.set_fr(std::move(fr));
  text.set_en(std::move(en));
  return text;
}

}  // namespace

absl::Status Upkeep::Round() {
  absl::Status gone_round = GoRound();
  if (!gone_round.ok()) began_.reset();
  return gone_round;
}

absl::Status Upkeep::GoRound() {
  VEILLE_ASSIGN_OR_RETURN(const bool ours, store_.Hold(kHold));
  if (!ours) {
    began_.reset();
    return absl::OkStatus();
  }
  if (!began_.has_value()) began_ = options_.clock->Now();
  VEILLE_ASSIGN_OR_RETURN(told_, store_.LoadUpkeep());
  return LookAtExercise();
}

absl::Status Upkeep::Report(const std::string& rule, const std::vector<Condition>& holding,
                            const alert::v1::Text& over, absl::Duration again) {
  const std::vector<store::v1::Finding> findings =
      Compare(rule, holding, over, again, options_.clock->Now(), told_);
  if (findings.empty()) return absl::OkStatus();
  // Told before it is noted: who dies between the two leaves it to be told twice, never not at all.
  for (const store::v1::Finding& finding : findings)
    VEILLE_RETURN_IF_ERROR(alerts_.Enqueue(finding));
  return store_.SaveUpkeep(told_);
}

absl::StatusOr<std::optional<Condition>> Upkeep::MissedExercise() {
  if (!options_.exercise.has_value()) return std::optional<Condition>();
  const domain::ExerciseSchedule& schedule = *options_.exercise;
  const absl::Time now = options_.clock->Now();
  // The deadline is a matter of networks: of real time.
  const absl::Duration patience = schedule.deadline * options_.clock->speed();
  const absl::Time due = domain::LastDue(schedule, now - patience);
  const bool seen_due = due + patience > *began_ && now >= *began_ + patience;
  const bool open = told_.concerns().contains(kMissed);
  if (arrived_ == due || !(open || seen_due)) return std::optional<Condition>();
  VEILLE_ASSIGN_OR_RETURN(
      const std::vector<store::v1::AlertRecord> newest,
      alerts_.Alerts(std::string(domain::kExerciseHome), std::nullopt, kNewestExercises));
  const bool arrived = std::any_of(newest.begin(), newest.end(), [&](const auto& record) {
    return domain::HasArrived(record.alert(), due);
  });
  if (arrived) {
    arrived_ = due;
    return std::optional<Condition>();
  }
  Condition missed;
  missed.severity = alert::v1::SEVERITY_HIGH;
  missed.digest = absl::FormatTime("%Y-%m-%d %H:%M", due, schedule.zone);
  missed.reason = Words(
      "L'alarme d'exercice de " + missed.digest +
          " n'est pas arrivée : les vraies n'arrivent peut-être pas non plus",
      "The exercise alarm of " + missed.digest + " has not arrived: real ones may not either");
  return std::optional<Condition>(std::move(missed));
}

absl::Status Upkeep::LookAtExercise() {
  VEILLE_ASSIGN_OR_RETURN(const std::optional<Condition> missed, MissedExercise());
  std::vector<Condition> holding;
  if (missed.has_value()) holding.push_back(*missed);
  return Report(kMissed, holding,
                Words("Une alarme d'exercice est arrivée", "An exercise alarm has arrived"),
                absl::InfiniteDuration());
}

}  // namespace veille::notifier
