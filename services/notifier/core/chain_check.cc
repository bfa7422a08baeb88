#include "services/notifier/core/chain_check.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/timestamp.h"
#include "common/time/local_time.h"
#include "common/time/weekly_window.h"
#include "services/notifier/core/chain.h"
#include "services/notifier/core/snooze.h"

namespace veille::notifier {
namespace {

using store::v1::AlertRecord;

// More changes than a week of hourly shifts has.
constexpr std::size_t kMostInstants = 512;

// What takes the fewest steps: what it reaches somebody with, everything does.
AlertRecord Least(const ChainSubject& subject) {
  AlertRecord record;
  record.mutable_alert()->set_severity(alert::v1::SEVERITY_TECHNICAL);
  record.mutable_alert()->set_zone(subject.duty.zone);
  for (const auto& member : subject.duty.members) *record.add_members() = member;
  for (const auto& step : subject.steps) *record.add_steps() = step;
  if (!record.steps().empty()) return record;
  auto& step = *record.add_steps();
  for (const auto& member : subject.duty.members) step.add_caregiver_ids(member.caregiver_id());
  return record;
}

// When anything may change.
std::set<absl::Time> InstantsOf(const ChainSubject& subject, absl::Time from, absl::Time to) {
  std::set<absl::Time> instants = {from};
  const auto add = [&](absl::Time at) {
    if (at > from && at < to && instants.size() < kMostInstants) instants.insert(at);
  };
  for (const auto& span : DutySpans(subject.duty, subject.state, from, to))
    add(ToTime(span.start_time()));
  for (const auto& snooze : subject.state.snoozes()) add(ToTime(snooze.expire_time()));
  const absl::TimeZone zone = LoadZone(subject.duty.zone).value_or(absl::UTCTimeZone());
  for (const auto& step : subject.steps) {
    const auto window = ParseWeeklyWindow(step.window());
    if (step.window().empty() || !window.ok()) continue;
    for (absl::Time at = NextWeeklyEdge(from, zone, *window);
         at < to && instants.size() < kMostInstants; at = NextWeeklyEdge(at, zone, *window)) {
      add(at);
    }
  }
  return instants;
}

class Checker {
 public:
  explicit Checker(const ChainSubject& subject)
      : subject_(subject),
        zone_(LoadZone(subject.duty.zone).value_or(absl::UTCTimeZone())),
        record_(Least(subject)) {}

  void Look(absl::Time now) {
    Moment at;
    at.now = now;
    at.on_duty = OnDuty(subject_.duty, subject_.state, now);
    const std::vector<std::string> told = WouldTell(at, record_);
    if (told.empty()) return AddNobody(now, at.on_duty.empty());
    std::vector<std::string> reached;
    for (const std::string& id : told) {
      const auto why = subject_.unreachable.find(id);
      if (why == subject_.unreachable.end()) {
        reached.push_back(id);
      } else {
        Add("unreachable:" + id, {id + " : " + why->second.fr(), id + ": " + why->second.en()});
      }
    }
    if (reached.empty()) {
      return Add("nobody_reached",
                 {"personne de joignable à partir de " + When(now),
                  "from " + When(now) + " on nobody who is told can be reached"},
                 true);
    }
    const std::set<std::string> silent =
        Snoozing(subject_.state, subject_.duty.patient_id, "", now);
    if (std::all_of(reached.begin(), reached.end(),
                    [&](const std::string& id) { return silent.count(id) > 0; })) {
      Add("snoozing", {"tous ceux qui sont joignables sont en pause à partir de " + When(now) +
                           " : ils sont prévenus malgré tout",
                       "from " + When(now) +
                           " on everybody who can be reached snoozes: they are told all the same"});
    }
  }

  std::vector<ChainFault> Take() { return std::move(faults_); }

 private:
  struct Sentence {
    std::string fr, en;
  };

  void AddNobody(absl::Time now, bool no_duty) {
    const bool by_duty = std::any_of(subject_.steps.begin(), subject_.steps.end(),
                                     [](const auto& step) { return step.on_duty(); });
    if (subject_.duty.members.empty())
      return Add("no_circle", {"le cercle est vide", "nobody is in the circle"}, true);
    if (by_duty && no_duty) {
      return Add("no_duty",
                 {"personne de garde à partir de " + When(now),
                  "from " + When(now) + " on nobody is on duty, and no other step takes alerts"},
                 true);
    }
    Add("hole",
        {"aucune étape ne prend les alertes à partir de " + When(now),
         "from " + When(now) + " on no step takes alerts"},
        true);
  }

  void Add(const std::string& name, const Sentence& sentence, bool nobody = false) {
    if (!known_.insert(name).second) return;
    ChainFault& fault = faults_.emplace_back();
    fault.name = name;
    fault.nobody = nobody;
    fault.text.set_fr(sentence.fr);
    fault.text.set_en(sentence.en);
  }

  std::string When(absl::Time at) const { return absl::FormatTime("%Y-%m-%d %H:%M", at, zone_); }

  const ChainSubject& subject_;
  const absl::TimeZone zone_;
  const AlertRecord record_;
  std::set<std::string> known_;
  std::vector<ChainFault> faults_;
};

}  // namespace

std::vector<ChainFault> CheckChain(const ChainSubject& subject, absl::Time from, absl::Time to) {
  Checker checker(subject);
  for (const absl::Time at : InstantsOf(subject, from, to)) checker.Look(at);
  return checker.Take();
}

}  // namespace veille::notifier
