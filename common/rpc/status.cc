#include "common/rpc/status.h"

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace veille::rpc {
namespace {

constexpr char kBadRequest[] = "type.googleapis.com/google.rpc.BadRequest";
constexpr char kRetryInfo[] = "type.googleapis.com/google.rpc.RetryInfo";
constexpr char kErrorInfo[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kTypePrefix[] = "type.googleapis.com/";

template <typename Detail>
std::optional<Detail> Payload(const absl::Status& status, const char* url) {
  const auto payload = status.GetPayload(url);
  Detail detail;
  if (!payload.has_value() || !detail.ParseFromString(std::string(*payload))) return std::nullopt;
  return detail;
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  google::rpc::Status full;
  full.set_code(static_cast<int>(status.code()));
  full.set_message(std::string(status.message()));
  status.ForEachPayload([&full](absl::string_view url, const absl::Cord& payload) {
    if (url.substr(0, sizeof(kTypePrefix) - 1) != kTypePrefix) return;
    auto* detail = full.add_details();
    detail->set_type_url(std::string(url));
    detail->set_value(std::string(payload));
  });
  // absl and gRPC number their codes alike: both follow google.rpc.Code.
  return {static_cast<grpc::StatusCode>(status.code()), full.message(),
          full.details().empty() ? "" : full.SerializeAsString()};
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  // gRPC itself has no words for some calls, such as one that cannot be parsed.
  const std::string message = status.error_message().empty()
                                  ? "no reason was given (" + absl::StatusCodeToString(code) + ")"
                                  : status.error_message();
  absl::Status result(code, message);
  google::rpc::Status full;
  if (full.ParseFromString(status.error_details())) {
    for (const auto& detail : full.details())
      result.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return result;
}

absl::Status BadRequest(const std::vector<FieldViolation>& violations) {
  google::rpc::BadRequest detail;
  for (const FieldViolation& violation : violations) {
    auto* entry = detail.add_field_violations();
    entry->set_field(violation.field);
    entry->set_description(violation.description);
  }
  std::string text = "the request is malformed";
  if (!violations.empty()) text = violations[0].field + ": " + violations[0].description;
  if (violations.size() > 1) text += " (and " + std::to_string(violations.size() - 1) + " more)";
  absl::Status status = absl::InvalidArgumentError(text);
  status.SetPayload(kBadRequest, absl::Cord(detail.SerializeAsString()));
  return status;
}

std::vector<FieldViolation> ViolationsOf(const absl::Status& status) {
  std::vector<FieldViolation> violations;
  if (const auto detail = Payload<google::rpc::BadRequest>(status, kBadRequest)) {
    for (const auto& entry : detail->field_violations())
      violations.push_back({entry.field(), entry.description()});
  }
  return violations;
}

absl::Status WithRetryDelay(absl::Status status, absl::Duration delay) {
  google::rpc::RetryInfo detail;
  const int64_t nanos = absl::ToInt64Nanoseconds(delay);
  detail.mutable_retry_delay()->set_seconds(nanos / 1000000000);
  detail.mutable_retry_delay()->set_nanos(static_cast<int32_t>(nanos % 1000000000));
  status.SetPayload(kRetryInfo, absl::Cord(detail.SerializeAsString()));
  return status;
}

std::optional<absl::Duration> RetryDelayOf(const absl::Status& status) {
  const auto detail = Payload<google::rpc::RetryInfo>(status, kRetryInfo);
  if (!detail.has_value()) return std::nullopt;
  return absl::Seconds(detail->retry_delay().seconds()) +
         absl::Nanoseconds(detail->retry_delay().nanos());
}

absl::Status WithErrorInfo(absl::Status status, const ErrorInfo& info) {
  google::rpc::ErrorInfo detail;
  detail.set_reason(info.reason);
  detail.set_domain(info.domain);
  for (const auto& [key, value] : info.metadata) (*detail.mutable_metadata())[key] = value;
  status.SetPayload(kErrorInfo, absl::Cord(detail.SerializeAsString()));
  return status;
}

std::optional<ErrorInfo> ErrorInfoOf(const absl::Status& status) {
  const auto detail = Payload<google::rpc::ErrorInfo>(status, kErrorInfo);
  if (!detail.has_value()) return std::nullopt;
  return ErrorInfo{
      detail->reason(), detail->domain(), {detail->metadata().begin(), detail->metadata().end()}};
}

}  // namespace veille::rpc
