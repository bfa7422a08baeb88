// The notifier's rounds: what it looks at by itself, again and again, and tells the operators of.
//
//   EXERCISE_MISSED     the synthetic patient's call has not arrived by its deadline
//   PARTITION_UNOWNED   nobody judges some homes: for 30 s no detector has renewed their lease
//   CHAIN_BROKEN        a person's chain would not reach everybody it names, or nobody; told again
//                       each day, a person one alert
//
// Of several notifiers one goes round. Who has just begun, or has Redis back, has seen nothing yet:
// all patience counts from then. Blocks on the stores; one thread.

#ifndef SERVICES_NOTIFIER_APP_UPKEEP_H_
#define SERVICES_NOTIFIER_APP_UPKEEP_H_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/metrics/metrics.h"
#include "common/time/clock.h"
#include "services/domain/exercise.h"
#include "services/domain/live_registry.h"
#include "services/notifier/app/alert_store.h"
#include "services/notifier/app/concerns.h"
#include "services/notifier/app/upkeep_store.h"

namespace veille::notifier {

struct UpkeepOptions {
  std::shared_ptr<const Clock> clock;
  std::optional<domain::ExerciseSchedule> exercise;  // Nothing: there is no synthetic patient.
  domain::LiveRegistry registry;
  // The kinds of channels that are configured.
  std::set<care::v1::Channel::AddressCase> channels;
};

class Upkeep {
 public:
  // How often Round() is to be called, in real time.
  static constexpr absl::Duration kInterval = absl::Seconds(5);

  Upkeep(UpkeepOptions options, UpkeepStore& store, AlertStore& alerts, metrics::Registry& metrics);

  absl::Status Round();

 private:
  absl::Status GoRound();
  // Somebody else goes round now, or Redis was away: what was seen counts no more.
  void Forget();
  // Tells what has changed among the conditions of a rule.
  absl::Status Report(const std::string& rule, const std::vector<Condition>& holding,
                      const alert::v1::Text& over, absl::Duration again);
  absl::StatusOr<std::optional<Condition>> MissedExercise();
  absl::Status LookAtExercise();
  absl::Status CountBacklog();
  absl::Status LookAtPartitions();
  absl::Status LookAtChains();
  // Whether it is time for another check of all chains; it takes several rounds where homes are
  // many.
  bool BeginChains();
  // Why the person cannot be reached; nothing when a channel works.
  absl::StatusOr<std::optional<alert::v1::Text>> WhyUnreachable(const care::v1::Member& member);
  absl::StatusOr<std::optional<Condition>> BrokenChain(const domain::PatientRef& ref);

  const UpkeepOptions options_;
  UpkeepStore& store_;
  AlertStore& alerts_;
  // All 0 at a notifier that does not go round: their sum over notifiers is right.
  std::vector<metrics::Gauge*> pending_;
  metrics::Gauge &dead_letters_, &unreachable_caregivers_, &broken_chains_, &unowned_partitions_,
      &exercise_missed_;
  std::optional<absl::Time> began_;  // This spell of going round; world time.
  // The same by the server's clock, when partitions were first looked at.
  std::optional<absl::Time> looked_;
  store::v1::UpkeepState told_;
  std::optional<absl::Time> chains_checked_;
  // The check that runs; null between two.
  std::shared_ptr<const domain::Registry> checking_;
  std::size_t next_home_ = 0;
  std::vector<Condition> broken_;
  // Everybody is asked about once.
  std::map<std::string, std::optional<alert::v1::Text>> unreachable_;
  std::optional<absl::Time> arrived_;  // The due time of the newest exercise that has arrived.
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_APP_UPKEEP_H_
