// The places of sealed values (see vault.h), where they are not the Redis key alone. What writes a
// value and what reads it must name the same. Pure.

#ifndef SERVICES_DOMAIN_VAULT_PLACES_H_
#define SERVICES_DOMAIN_VAULT_PLACES_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace veille::domain {

// The batch of an envelope. Its log cannot be named: the key of the log depends on the number of
// partitions only, and the envelope says all else.
std::string BatchPlace(std::string_view home_id, std::string_view source_id,
                       std::string_view incarnation, int lane, uint64_t sequence);

// A home's registry entry in a partition's log, as a whole envelope.
std::string HomeEntryPlace(int partition);

// A field of the checkpoints hash: 'a', 'b', 'h' (registry entry), 'u' (what is usual).
std::string CheckpointPlace(int partition, std::string_view home_id, char field);

// A finding, and a job, in a partition's queue; a job also while it waits in the timers.
std::string FindingPlace(int partition);
std::string JobPlace(int partition);

// A record of one of a home's alerts. The record names its alert.
std::string AlertPlace(int partition, std::string_view home_id);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_VAULT_PLACES_H_
