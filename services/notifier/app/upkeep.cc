#include "services/notifier/app/upkeep.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"

#include "common/base/status_macros.h"
#include "services/domain/keys.h"

namespace veille::notifier {
namespace {

constexpr char kMissed[] = "EXERCISE_MISSED";
constexpr char kUnowned[] = "PARTITION_UNOWNED";
// A detector that dies is followed by another well within this.
constexpr absl::Duration kUnownedFor = absl::Seconds(30);
// More partitions are not listed, only counted.
constexpr std::size_t kListed = 16;
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
  if (!gone_round.ok()) Forget();
  return gone_round;
}

void Upkeep::Forget() {
  began_.reset();
  looked_.reset();
}

absl::Status Upkeep::GoRound() {
  VEILLE_ASSIGN_OR_RETURN(const bool ours, store_.Hold(kHold));
  if (!ours) {
    Forget();
    return absl::OkStatus();
  }
  if (!began_.has_value()) began_ = options_.clock->Now();
  VEILLE_ASSIGN_OR_RETURN(told_, store_.LoadUpkeep());
  VEILLE_RETURN_IF_ERROR(LookAtPartitions());
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

absl::Status Upkeep::LookAtPartitions() {
  VEILLE_ASSIGN_OR_RETURN(const UpkeepStore::Owners owners, store_.PartitionOwners());
  if (!looked_.has_value()) looked_ = owners.now;
  std::vector<std::string> unowned;
  for (std::size_t partition = 0; partition < owners.kept.size(); ++partition) {
    if (owners.now - std::max(owners.kept[partition], *looked_) >= kUnownedFor)
      unowned.push_back(std::to_string(partition));
  }
  // Who has just begun cannot tell yet: what was told stands until an owner was seen again.
  const bool patient = owners.now - *looked_ < kUnownedFor;
  if (patient && told_.concerns().contains(kUnowned) &&
      std::any_of(owners.kept.begin(), owners.kept.end(),
                  [&](absl::Time kept) { return owners.now - kept >= kUnownedFor; })) {
    return absl::OkStatus();
  }
  std::vector<Condition> holding;
  if (!unowned.empty()) {
    Condition& condition = holding.emplace_back();
    condition.severity = alert::v1::SEVERITY_HIGH;
    // More of them are told again only when they are all.
    const bool all = unowned.size() == owners.kept.size();
    condition.digest = all ? "all" : "some";
    const std::string count =
        std::to_string(unowned.size()) + "/" + std::to_string(owners.kept.size());
    unowned.resize(std::min(unowned.size(), kListed));
    const std::string which = count + " (" + absl::StrJoin(unowned, ", ") + ")";
    condition.reason =
        Words("Partitions sans détecteur depuis 30 s, leurs foyers ne sont pas jugés : " + which,
              "Partitions without a detector for 30 s, their homes are not judged: " + which);
  }
  return Report(kUnowned, holding,
                Words("Toutes les partitions ont un détecteur", "Every partition has a detector"),
                absl::InfiniteDuration());
}

}  // namespace veille::notifier
