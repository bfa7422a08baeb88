// The record that says that a Redis belongs to a Veille deployment, and how many partitions it has.
//
// A Redis without the record is refused by every role: silently filling an empty Redis where a
// deployment was would look like health while every open alert is gone. Only `veille init`, or the
// first `veille all` in a new data folder, makes it. Thread safe; blocks for one round trip.

#ifndef SERVICES_DOMAIN_DEPLOYMENT_H_
#define SERVICES_DOMAIN_DEPLOYMENT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "common/redis/client.h"

namespace veille::domain {

// Makes the record. ALREADY_EXISTS when there is one with the same number of partitions;
// FAILED_PRECONDITION when there is one with another number, or when the Redis holds other keys.
absl::Status CreateDeployment(redis::Client& client, int partitions, absl::Time now);

// The number of partitions of the deployment. NOT_FOUND when there is no record (with what to do);
// FAILED_PRECONDITION when it is of another format, or when `expected_partitions` is not 0 and
// differs.
absl::StatusOr<int> CheckDeployment(redis::Client& client, int expected_partitions);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_DEPLOYMENT_H_
