#include "services/domain/deployment.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

#include "common/base/status_macros.h"
#include "services/domain/keys.h"

namespace veille::domain {
namespace {

constexpr int kFormat = 1;

absl::StatusOr<int> Number(const redis::ReplyView& reply, const char* field) {
  int value = 0;
  if (reply.IsNil() || !absl::SimpleAtoi(std::string(reply.str()), &value)) {
    return absl::DataLossError(absl::StrFormat(
        "the deployment record (%s) has no readable '%s': restore Redis from a backup",
        DeploymentKey(), field));
  }
  return value;
}

}  // namespace

absl::Status CreateDeployment(redis::Client& client, int partitions, absl::Time now) {
  if (partitions < 1 || partitions > kMaxPartitions) {
    return absl::InvalidArgumentError(
        absl::StrFormat("redis.partitions: %d is not in 1..%d", partitions, kMaxPartitions));
  }
  const auto present = CheckDeployment(client, partitions);
  if (present.ok()) return absl::AlreadyExistsError("the deployment exists already");
  if (!absl::IsNotFound(present.status())) return present.status();
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply size, client.CommandSync({"DBSIZE"}));
  if (size.integer() != 0) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "this Redis holds %d keys but no deployment record: give Veille a Redis of its own, or "
        "restore the record '%s' from a backup",
        size.integer(), DeploymentKey()));
  }
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply made,
      client.CommandSync({"HSET", DeploymentKey(), "format", std::to_string(kFormat), "partitions",
                          std::to_string(partitions), "created_ms",
                          std::to_string(absl::ToUnixMillis(now))}));
  return made.IsInteger()
             ? absl::OkStatus()
             : absl::InternalError("HSET answered with something else: " + made.ToDebugString());
}

absl::StatusOr<int> CheckDeployment(redis::Client& client, int expected_partitions) {
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply reply,
                          client.CommandSync({"HMGET", DeploymentKey(), "format", "partitions"}));
  if (!reply.IsArray() || reply.size() != 2) {
    return absl::DataLossError("the deployment record is not a hash: " + DeploymentKey());
  }
  if (reply[0].IsNil() && reply[1].IsNil()) {
    return absl::NotFoundError(
        "this Redis has no Veille deployment. If it is new, run 'veille init' once; if a "
        "deployment "
        "was here, its data is gone: restore the append-only file before anything starts");
  }
  VEILLE_ASSIGN_OR_RETURN(const int format, Number(reply[0], "format"));
  if (format != kFormat) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "the deployment has format %d and this Veille reads %d: run the version that made it, or "
        "migrate",
        format, kFormat));
  }
  VEILLE_ASSIGN_OR_RETURN(const int partitions, Number(reply[1], "partitions"));
  if (partitions < 1 || partitions > kMaxPartitions) {
    return absl::DataLossError(
        absl::StrFormat("the deployment record names %d partitions", partitions));
  }
  if (expected_partitions != 0 && expected_partitions != partitions) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "redis.partitions is %d in the configuration, but this deployment was made with %d: homes "
        "would be looked for in the wrong place. Set it to %d, or leave it out",
        expected_partitions, partitions, partitions));
  }
  return partitions;
}

}  // namespace veille::domain
