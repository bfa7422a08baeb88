#include "services/notifier/app/upkeep.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"

#include "common/base/status_macros.h"
#include "services/domain/channel_check.h"
#include "services/domain/keys.h"
#include "services/notifier/app/circle_desk.h"
#include "services/notifier/core/chain_check.h"
#include "services/notifier/core/channels.h"

namespace veille::notifier {
namespace {

constexpr char kMissed[] = "EXERCISE_MISSED";
constexpr char kUnowned[] = "PARTITION_UNOWNED";
// A detector that dies is followed by another well within this.
constexpr absl::Duration kUnownedFor = absl::Seconds(30);
// More partitions are not listed, only counted.
constexpr std::size_t kListed = 16;
constexpr char kBroken[] = "CHAIN_BROKEN";
// What people change is seen within this, in real time.
constexpr absl::Duration kChainInterval = absl::Minutes(10);
// Who has just begun lets people come back first; real time.
constexpr absl::Duration kSettle = absl::Minutes(1);
// Later ones are counted together.
constexpr int kSteps = 8;
// So far ahead a chain must hold.
constexpr absl::Duration kAhead = absl::Hours(48);
// So many homes a round: nothing else waits for long, nor does a stop.
constexpr std::size_t kHomesARound = 1000;
constexpr absl::Duration kDaily = absl::Hours(24);
// A client that has not watched for so long is not counted on.
constexpr absl::Duration kUnseenFor = absl::Hours(24);
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

// Whether all partitions of a digest are in another.
bool Covers(const std::string& told, const std::string& digest) {
  return told.size() == digest.size() &&
         std::equal(digest.begin(), digest.end(), told.begin(),
                    [](char now, char then) { return now != 'x' || then == 'x'; });
}

std::string HoursOf(absl::Duration span) { return std::to_string(absl::ToInt64Hours(span)) + " h"; }

}  // namespace

Upkeep::Upkeep(UpkeepOptions options, UpkeepStore& store, AlertStore& alerts,
               metrics::Registry& metrics)
    : options_(std::move(options)),
      store_(store),
      alerts_(alerts),
      dead_letters_(metrics.NewGauge("veille_notifier_dead_letters",
                                     "Jobs that were given up and are kept to be looked at.")),
      unreachable_caregivers_(
          metrics.NewGauge("veille_notifier_unreachable_caregivers",
                           "Caregivers of circles without a working channel, at the last check.")),
      broken_chains_(metrics.NewGauge("veille_notifier_broken_chains",
                                      "People whose chain has a fault, at the last check.")),
      unowned_partitions_(metrics.NewGauge("veille_notifier_unowned_partitions",
                                           "Partitions without a detector for 30 s.")),
      exercise_missed_(metrics.NewGauge("veille_notifier_exercise_missed",
                                        "1 while the last exercise that was due is missing.")) {
  pending_.reserve(kSteps + 1);
  for (int step = 1; step <= kSteps + 1; ++step) {
    const std::string name = step > kSteps ? "more" : std::to_string(step);
    pending_.push_back(&metrics.NewGauge(
        "veille_notifier_pending", "Alerts that wait for this step of their chain, or for its end.",
        {{"step", name}}));
  }
}

absl::Status Upkeep::Round() {
  absl::Status gone_round = GoRound();
  if (!gone_round.ok()) Forget();
  return gone_round;
}

void Upkeep::Forget() {
  began_.reset();
  looked_.reset();
  chains_checked_.reset();
  checking_.reset();
  for (metrics::Gauge* gauge : pending_) gauge->Set(0);
  for (metrics::Gauge* gauge : {&dead_letters_, &unreachable_caregivers_, &broken_chains_,
                                &unowned_partitions_, &exercise_missed_}) {
    gauge->Set(0);
  }
}

absl::Status Upkeep::CountBacklog() {
  VEILLE_ASSIGN_OR_RETURN(const UpkeepStore::Backlog backlog, store_.CountBacklog());
  std::vector<int64_t> pending(pending_.size(), 0);
  for (const auto& [step, count] : backlog.pending)
    pending[static_cast<std::size_t>(std::clamp(step, 1, kSteps + 1) - 1)] += count;
  for (std::size_t i = 0; i < pending.size(); ++i)
    pending_[i]->Set(static_cast<double>(pending[i]));
  dead_letters_.Set(static_cast<double>(backlog.dead_letters));
  return absl::OkStatus();
}

absl::Status Upkeep::GoRound() {
  VEILLE_ASSIGN_OR_RETURN(const bool ours, store_.Hold(kHold));
  if (!ours) {
    Forget();
    return absl::OkStatus();
  }
  if (!began_.has_value()) began_ = options_.clock->Now();
  VEILLE_ASSIGN_OR_RETURN(told_, store_.LoadUpkeep());
  VEILLE_RETURN_IF_ERROR(CountBacklog());
  VEILLE_RETURN_IF_ERROR(LookAtPartitions());
  VEILLE_RETURN_IF_ERROR(LookAtExercise());
  return LookAtChains();
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
  exercise_missed_.Set(missed.has_value() ? 1 : 0);
  return Report(kMissed, holding,
                Words("Une alarme d'exercice est arrivée", "An exercise alarm has arrived"),
                absl::InfiniteDuration());
}

absl::Status Upkeep::LookAtPartitions() {
  VEILLE_ASSIGN_OR_RETURN(const UpkeepStore::Owners owners, store_.PartitionOwners());
  if (!looked_.has_value()) looked_ = owners.now;
  std::vector<std::string> unowned;
  // A character of each partition.
  std::string digest(owners.kept.size(), '-');
  for (std::size_t partition = 0; partition < owners.kept.size(); ++partition) {
    if (owners.now - std::max(owners.kept[partition], *looked_) < kUnownedFor) continue;
    unowned.push_back(std::to_string(partition));
    digest[partition] = 'x';
  }
  unowned_partitions_.Set(static_cast<double>(unowned.size()));
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
    // Fewer of them are no news to call anybody for.
    const auto told = told_.concerns().find(kUnowned);
    const bool known = told != told_.concerns().end() && Covers(told->second.told(), digest);
    condition.digest = known ? told->second.told() : digest;
    const std::string count =
        std::to_string(unowned.size()) + "/" + std::to_string(owners.kept.size());
    const char* more = unowned.size() > kListed ? ", …" : "";
    unowned.resize(std::min(unowned.size(), kListed));
    const std::string which = count + " (" + absl::StrJoin(unowned, ", ") + more + ")";
    condition.reason =
        Words("Partitions sans détecteur depuis 30 s, leurs foyers ne sont pas jugés : " + which,
              "Partitions without a detector for 30 s, their homes are not judged: " + which);
  }
  return Report(kUnowned, holding,
                Words("Toutes les partitions ont un détecteur", "Every partition has a detector"),
                absl::InfiniteDuration());
}

absl::StatusOr<std::optional<alert::v1::Text>> Upkeep::WhyUnreachable(
    const care::v1::Member& member) {
  const auto known = unreachable_.find(member.caregiver_id());
  if (known != unreachable_.end()) return known->second;
  VEILLE_ASSIGN_OR_RETURN(const UpkeepStore::Reach reach, store_.ReachOf(member.caregiver_id()));
  std::optional<alert::v1::Text> why;
  if (reach.unseen >= kUnseenFor) {
    why = Words("aucun appareil depuis " + HoursOf(reach.unseen),
                "no device for " + HoursOf(reach.unseen));
    for (const care::v1::Channel& channel : member.channels()) {
      const std::string name = ChannelName(channel.address_case());
      if (options_.channels.count(channel.address_case()) == 0) {
        why->set_fr(why->fr() + ", " + name + " non configuré");
        why->set_en(why->en() + ", " + name + " not configured");
      } else if (!domain::CheckChannel(channel).empty()) {
        why->set_fr(why->fr() + ", " + name + " mal écrit");
        why->set_en(why->en() + ", " + name + " badly written");
      } else if (reach.failed.count(AddressDigest(channel)) > 0) {
        why->set_fr(why->fr() + ", " + name + " refusé");
        why->set_en(why->en() + ", " + name + " refused for good");
      } else {
        why.reset();
        break;
      }
    }
  }
  unreachable_.emplace(member.caregiver_id(), why);
  return why;
}

absl::StatusOr<std::optional<Condition>> Upkeep::BrokenChain(const domain::PatientRef& ref) {
  const care::v1::Circle& circle = ref.patient->circle();
  ChainSubject subject;
  subject.duty = DutyPlanOf(ref);
  subject.steps = {circle.steps().begin(), circle.steps().end()};
  absl::StatusOr<store::v1::CircleState> state = alerts_.GetCircle(ref.home->home_id());
  // What cannot be read silences nobody; the rota alone holds.
  if (absl::IsDataLoss(state.status())) state = store::v1::CircleState();
  VEILLE_RETURN_IF_ERROR(state.status());
  subject.state = *std::move(state);
  for (const care::v1::Member& member : circle.members()) {
    VEILLE_ASSIGN_OR_RETURN(const std::optional<alert::v1::Text> why, WhyUnreachable(member));
    if (why.has_value()) subject.unreachable[member.caregiver_id()] = *why;
  }
  const absl::Time now = options_.clock->Now();
  const std::vector<ChainFault> faults = CheckChain(subject, now, now + kAhead);
  if (faults.empty()) return std::optional<Condition>();
  Condition broken;
  broken.what = subject.duty.patient_id;
  broken.reason = Words("Chaîne d'appel de " + broken.what, "Escalation chain of " + broken.what);
  const char* mark = " : ";
  for (const ChainFault& fault : faults) {
    broken.digest += fault.name + "\n";
    if (fault.nobody) broken.severity = alert::v1::SEVERITY_MEDIUM;
    broken.reason.set_fr(broken.reason.fr() + mark + fault.text.fr());
    broken.reason.set_en(broken.reason.en() + (*mark == ' ' ? ": " : mark) + fault.text.en());
    mark = "; ";
  }
  return std::optional<Condition>(std::move(broken));
}

bool Upkeep::BeginChains() {
  const absl::Time now = options_.clock->Now();
  const double speed = options_.clock->speed();
  if (now < *began_ + kSettle * speed ||
      now < chains_checked_.value_or(absl::InfinitePast()) + kChainInterval * speed) {
    return false;
  }
  chains_checked_ = now;
  checking_ = options_.registry.Get();
  next_home_ = 0;
  broken_.clear();
  unreachable_.clear();
  return true;
}

absl::Status Upkeep::LookAtChains() {
  if (checking_ == nullptr && !BeginChains()) return absl::OkStatus();
  const auto& homes = checking_->homes();
  const std::size_t end = std::min(homes.size(), next_home_ + kHomesARound);
  for (; next_home_ < end; ++next_home_) {
    const care::v1::Home* home = homes[next_home_];
    if (home->home_id() == domain::kExerciseHome) continue;
    for (const care::v1::Patient& patient : home->patients()) {
      VEILLE_ASSIGN_OR_RETURN(std::optional<Condition> one, BrokenChain({home, &patient}));
      if (one.has_value()) broken_.push_back(*std::move(one));
    }
  }
  if (next_home_ < homes.size()) return absl::OkStatus();
  checking_.reset();
  broken_chains_.Set(static_cast<double>(broken_.size()));
  unreachable_caregivers_.Set(static_cast<double>(
      std::count_if(unreachable_.begin(), unreachable_.end(),
                    [](const auto& entry) { return entry.second.has_value(); })));
  return Report(kBroken, broken_,
                Words("La chaîne d'appel est réparée", "The escalation chain is mended"), kDaily);
}

}  // namespace veille::notifier
