// The one converter between absl::Status, in which everybody speaks, and grpc::Status at the edges.
//
// Field violations, retry delays and error infos travel as payloads of the absl::Status and arrive
// as google.rpc details, so code below the edge needs no gRPC. Pure; thread safe.

#ifndef COMMON_RPC_STATUS_H_
#define COMMON_RPC_STATUS_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include <grpcpp/support/status.h>

namespace veille::rpc {

// The same codes on both sides; messages and details kept. ToGrpc() takes only payloads that are
// protobuf messages (type.googleapis.com/…): others are notes for ourselves. A call that failed
// without a word names its code.
grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

struct FieldViolation {
  std::string field;
  std::string description;
};

// INVALID_ARGUMENT whose message names the first violation, with all as google.rpc.BadRequest.
absl::Status BadRequest(const std::vector<FieldViolation>& violations);
std::vector<FieldViolation> ViolationsOf(const absl::Status& status);

// Adds google.rpc.RetryInfo.
absl::Status WithRetryDelay(absl::Status status, absl::Duration delay);
std::optional<absl::Duration> RetryDelayOf(const absl::Status& status);

struct ErrorInfo {
  std::string reason;  // "SEQUENCE_GAP": constant for one cause.
  std::string domain;  // "hub.veille"
  std::map<std::string, std::string> metadata;
};

// Adds google.rpc.ErrorInfo: for causes that a program must tell apart.
absl::Status WithErrorInfo(absl::Status status, const ErrorInfo& info);
std::optional<ErrorInfo> ErrorInfoOf(const absl::Status& status);

}  // namespace veille::rpc

#endif  // COMMON_RPC_STATUS_H_
