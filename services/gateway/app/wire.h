// How an envelope is written, and small conversions of the gateway's edge.

#ifndef SERVICES_GATEWAY_APP_WIRE_H_
#define SERVICES_GATEWAY_APP_WIRE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

#include "veille/hub/v1/hub_gateway_service.pb.h"
#include "veille/store/v1/log.pb.h"

#include "common/base/timestamp.h"
#include "services/gateway/core/batch.h"
#include "services/gateway/core/validate.h"

namespace veille::gateway {

struct EnvelopeHead {
  std::string_view home_id, source_id, incarnation;
  hub::v1::Lane lane = hub::v1::LANE_UNSPECIFIED;
  uint64_t sequence = 0;
  absl::Time receive_time;
  std::string_view correlation_id;
  std::optional<absl::Time> watermark;
  std::optional<absl::Duration> clock_error;
  std::string_view key_id;  // Of what `events` are encrypted with; empty: in the clear.
};

// A serialized store.v1.Envelope with a batch, a heartbeat or a contact.
std::string EncodeBatch(const EnvelopeHead& head, std::string_view events);
std::string EncodeHeartbeat(const EnvelopeHead& head);
std::string EncodeContact(const EnvelopeHead& head, bool connected);

// The times that came with a batch, a heartbeat or a SendEventsRequest.
template <typename Message>
SendTimes TimesOf(const Message& message) {
  SendTimes times;
  if (message.has_send_time()) times.send_time = ToTime(message.send_time());
  const google::protobuf::Duration& uptime = message.monotonic();
  if (message.has_monotonic() && IsMonotonic(uptime.seconds(), uptime.nanos()))
    times.uptime = absl::Seconds(uptime.seconds()) + absl::Nanoseconds(uptime.nanos());
  if (message.has_watermark()) times.watermark = ToTime(message.watermark());
  return times;
}

// The field of the sequences hash: "<source>/u" or "<source>/b".
std::string LaneField(const std::string& source_id, hub::v1::Lane lane);

// INVALID_ARGUMENT with all violations, as the RPC edge understands them.
absl::Status BadRequestStatus(const std::vector<Violation>& violations);

}  // namespace veille::gateway

#endif  // SERVICES_GATEWAY_APP_WIRE_H_
