// Names of everything that Veille keeps in Redis. No other file puts a key together.
//
// Every key of a home carries its partition as hash tag, so that what must change together lies in
// one slot of a Redis Cluster and changes in one script. Pure functions; thread safe.

#ifndef SERVICES_DOMAIN_KEYS_H_
#define SERVICES_DOMAIN_KEYS_H_

#include <string>
#include <string_view>

namespace veille::domain {

// Partitions of a new deployment, and the most that a deployment can have: the tag has three
// digits.
inline constexpr int kDefaultPartitions = 64;
inline constexpr int kMaxPartitions = 1000;

// The home that findings about the service itself belong to.
inline constexpr std::string_view kOperatorHome = "operator";
// The home of the synthetic patient, who has the same name; and so has the client that watches.
inline constexpr std::string_view kExerciseHome = "veille-exercise";

// The partition of a home, in [0, partitions). The one place where homes are spread.
int PartitionOf(std::string_view home_id, int partitions);

// The partition of a caregiver, in [0, partitions).
int CaregiverPartitionOf(std::string_view caregiver_id, int partitions);

// The home that an alert belongs to: its id up to the last dot. Empty when there is no dot.
std::string_view HomeOfAlert(std::string_view alert_id);

// The record of the deployment: format, partitions.
std::string DeploymentKey();
// Instances of detectors that are alive, by the time of their last sign.
std::string DetectorsKey();

// When a gateway last showed itself, by Redis' clock.
std::string GatewaySeenKey();

// Identities, in one slot: who is denied, an enrolment code by the digest of its secret, wrong
// codes of one address, the certificates that a hub has been given.
std::string DenialsKey();
std::string EnrollmentCodeKey(std::string_view secret_digest);
std::string EnrollmentTriesKey(std::string_view address);
std::string CertificatesKey(std::string_view id);
// Of the key store: wrapped data keys by name, what is known of all, those destroyed.
std::string WrappedKeysKey();
std::string KeyStateKey();
std::string DestroyedKeysKey();

// Keys of one partition of homes.
std::string LogKey(int partition);
std::string SequencesKey(int partition);
std::string LeaseKey(int partition);
std::string CheckpointsKey(int partition);
std::string ProgressKey(int partition);
std::string InflightKey(int partition);
std::string QueueKey(int partition);
std::string PromptsKey(int partition);
std::string AlertKey(int partition, std::string_view alert_id);
std::string OpenAlertsKey(int partition, std::string_view home_id);
std::string AlertsKey(int partition, std::string_view home_id);
std::string TimersKey(int partition);
// What people have said of duty and silence in a home.
std::string CircleKey(int partition, std::string_view home_id);
std::string DeadLettersKey(int partition);
// How many alerts wait for each step.
std::string PendingKey(int partition);
std::string AttemptsKey(int partition);
std::string QuarantineKey(int partition);
// The audit log: its entries, its end, its signed checkpoints.
std::string AuditKey(int partition);
std::string AuditHeadKey(int partition);
std::string AuditCheckpointsKey(int partition);
// What the notifier's rounds have found, and which notifier goes round.
std::string UpkeepKey(int partition);
std::string UpkeepHolderKey(int partition);

// The registry of homes: each home by its id; the number of its last change, beside that of the
// partition's; the stream that says which home has changed; the care plans that a home had; what
// was answered to a request; and which home has a source or a person.
std::string HomesKey(int partition);
std::string HomeRevisionsKey(int partition);
std::string HomeChangesKey(int partition);
std::string HomePlansKey(int partition, std::string_view home_id);
std::string HomeRequestKey(int partition, std::string_view request);
std::string HomeClaimsKey(int partition);

// Keys of one partition of caregivers.
std::string InboxKey(int partition, std::string_view caregiver_id);
std::string WatcherKey(int partition, std::string_view caregiver_id);
std::string ToldKey(int partition, std::string_view caregiver_id);
// The channel on which what comes into the inboxes of a partition is published.
std::string InboxChannel(int partition);
std::string GoneKey(int partition, std::string_view caregiver_id);
// Addresses of the caregiver that have failed for good, and not worked since.
std::string FailedKey(int partition, std::string_view caregiver_id);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_KEYS_H_
