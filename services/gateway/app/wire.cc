#include "services/gateway/app/wire.h"

#include "absl/strings/cord.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/wire_format_lite.h"
#include "google/rpc/error_details.pb.h"

#include "common/base/timestamp.h"

namespace veille::gateway {
namespace {

store::v1::Envelope Head(const EnvelopeHead& head) {
  store::v1::Envelope envelope;
  envelope.set_format(1);
  envelope.set_home_id(std::string(head.home_id));
  envelope.set_source_id(std::string(head.source_id));
  envelope.set_incarnation(std::string(head.incarnation));
  envelope.set_lane(head.lane);
  envelope.set_sequence(head.sequence);
  if (!head.correlation_id.empty()) envelope.set_correlation_id(std::string(head.correlation_id));
  SetExactTime(head.receive_time, *envelope.mutable_receive_time());
  if (!head.key_id.empty()) envelope.set_key_id(std::string(head.key_id));
  if (head.watermark.has_value()) SetExactTime(*head.watermark, *envelope.mutable_watermark());
  if (head.clock_error.has_value())
    envelope.mutable_clock_error()->set_seconds(absl::ToInt64Seconds(*head.clock_error));
  return envelope;
}

}  // namespace

std::string EncodeBatch(const EnvelopeHead& head, std::string_view events) {
  // Written behind the head by hand: set_batch() would copy the events twice.
  const store::v1::Envelope envelope = Head(head);
  constexpr std::size_t kTagAndSize = 16;
  std::string bytes;
  bytes.reserve(envelope.ByteSizeLong() + kTagAndSize + events.size());
  google::protobuf::io::StringOutputStream out(&bytes);
  google::protobuf::io::CodedOutputStream coded(&out);
  envelope.SerializeWithCachedSizes(&coded);
  coded.WriteTag(google::protobuf::internal::WireFormatLite::MakeTag(
      store::v1::Envelope::kBatchFieldNumber,
      google::protobuf::internal::WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
  coded.WriteVarint32(static_cast<uint32_t>(events.size()));
  coded.WriteRaw(events.data(), static_cast<int>(events.size()));
  coded.Trim();
  return bytes;
}

std::string EncodeHeartbeat(const EnvelopeHead& head) {
  store::v1::Envelope envelope = Head(head);
  envelope.mutable_heartbeat();
  return envelope.SerializeAsString();
}

std::string EncodeContact(const EnvelopeHead& head, bool connected) {
  store::v1::Envelope envelope = Head(head);
  envelope.mutable_contact()->set_connected(connected);
  return envelope.SerializeAsString();
}

std::string LaneField(const std::string& source_id, hub::v1::Lane lane) {
  return source_id + (lane == hub::v1::LANE_URGENT ? "/u" : "/b");
}

absl::Status BadRequestStatus(const std::vector<Violation>& violations) {
  google::rpc::BadRequest detail;
  for (const Violation& violation : violations) {
    auto* entry = detail.add_field_violations();
    entry->set_field(violation.field);
    entry->set_description(violation.description);
  }
  absl::Status status =
      absl::InvalidArgumentError(violations[0].field + ": " + violations[0].description);
  status.SetPayload("type.googleapis.com/google.rpc.BadRequest",
                    absl::Cord(detail.SerializeAsString()));
  return status;
}

}  // namespace veille::gateway
