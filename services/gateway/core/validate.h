// What an event must look like, field by field. The ranges are those of
// veille/event/v1/event.proto. What is newer than this gateway (enum values, observations) is no
// violation. Pure; thread safe.

#ifndef SERVICES_GATEWAY_CORE_VALIDATE_H_
#define SERVICES_GATEWAY_CORE_VALIDATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "veille/event/v1/event.pb.h"
#include "veille/hub/v1/hub_gateway_service.pb.h"

namespace veille::gateway {

// Limits that the contract names.
inline constexpr int kMaxEventsPerBatch = 500;
inline constexpr std::size_t kMaxBatchBytes = 512 << 10;

struct Violation {
  std::string field;        // Below the event: "location.latitude_degrees".
  std::string description;  // What is wrong and what is expected.
};

// Nothing when the event is well formed.
std::optional<Violation> FindViolation(const event::v1::Event& event);

// The same for what an Acceleration holds: samples a second, full scale in g (0: unknown), bytes of
// samples.
std::optional<Violation> FindViolation(float rate_hz, float range_g, std::size_t sample_bytes);

// A monotonic clock's reading, in seconds and nanoseconds.
bool IsMonotonic(int64_t seconds, int64_t nanos);

// A field number of Event that is an observation, known or not.
bool IsObservation(int field_number);

// The event's observation is of a kind that is newer than this gateway: kept as it came.
bool HasUnknownObservation(const event::v1::Event& event);

// All that is wrong with a Hello; empty when nothing is.
std::vector<Violation> FindViolations(const hub::v1::Hello& hello);
// The same for what surrounds a batch's events.
std::vector<Violation> FindViolations(const hub::v1::Batch& batch);
// The same for the unary way; the events themselves are judged one by one.
std::vector<Violation> FindViolations(const hub::v1::SendEventsRequest& request);

// 1 to 64 characters of [A-Za-z0-9._:-].
bool IsId(std::string_view text);

}  // namespace veille::gateway

#endif  // SERVICES_GATEWAY_CORE_VALIDATE_H_
