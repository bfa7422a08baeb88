#include "services/gateway/core/source_budget.h"

#include <algorithm>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

namespace veille::gateway {
namespace {

using event::v1::Event;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

bool IsEmergencyField(int field) {
  switch (field) {
    case Event::kFallFieldNumber:
    case Event::kPersonalEmergencyFieldNumber:
    case Event::kSmokeFieldNumber:
    case Event::kCarbonMonoxideFieldNumber:
    case Event::kWaterFieldNumber:
    case Event::kGasFieldNumber:
    case Event::kPromptAnswerFieldNumber:
      return true;
    default:
      return false;
  }
}

CodedInputStream Input(std::string_view bytes) {
  return CodedInputStream(reinterpret_cast<const uint8_t*>(bytes.data()),
                          static_cast<int>(bytes.size()));
}

bool HoldsEmergencyField(std::string_view event) {
  CodedInputStream in = Input(event);
  while (const uint32_t tag = in.ReadTag()) {
    if (IsEmergencyField(WireFormatLite::GetTagFieldNumber(tag))) return true;
    if (!WireFormatLite::SkipField(&in, tag)) return false;
  }
  return false;
}

}  // namespace

SourceBudget::SourceBudget(const SourceRates& rates, absl::Duration now)
    : urgent_(rates.urgent_batches, now),
      bulk_(rates.bulk_batches, now),
      bulk_bytes_(rates.bulk_bytes, now),
      connects_(rates.connects, now) {}

Admission SourceBudget::Urgent(absl::Duration now) {
  return urgent_.TryTake(1, now) ? Admission::kTake : Admission::kTakeSlowly;
}

Admission SourceBudget::Bulk(std::string_view incarnation, uint64_t sequence, std::size_t bytes,
                             absl::Duration now) {
  const auto size = static_cast<double>(bytes);
  // Both or neither: what is left costs nothing.
  if (bulk_.Until(1, now) == absl::ZeroDuration() && bulk_bytes_.TryTake(size, now) &&
      bulk_.TryTake(1, now)) {
    return Admission::kTake;
  }
  return IsLetThrough(incarnation, sequence) ? Admission::kTakeSlowly : Admission::kLeave;
}

void SourceBudget::LetThrough(std::string_view incarnation, uint64_t sequence) {
  let_through_incarnation_ = std::string(incarnation);
  let_through_ = sequence;
}

bool SourceBudget::IsLetThrough(std::string_view incarnation, uint64_t sequence) const {
  return let_through_ > 0 && sequence <= let_through_ && incarnation == let_through_incarnation_;
}

absl::Duration SourceBudget::BulkAfter(absl::Duration now) {
  return std::max(bulk_.Until(bulk_.rate().burst / 2, now),
                  bulk_bytes_.Until(bulk_bytes_.rate().burst / 2, now));
}

absl::Duration SourceBudget::ConnectAfter(absl::Duration now) {
  if (connects_.TryTake(1, now)) return absl::ZeroDuration();
  return connects_.Until(1, now);
}

bool IsEmergency(const Event& event) {
  return IsEmergencyField(static_cast<int>(event.observation_case()));
}

bool HoldsEmergency(std::string_view events) {
  constexpr uint32_t kEvent = WireFormatLite::MakeTag(event::v1::EventBatch::kEventsFieldNumber,
                                                      WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  CodedInputStream in = Input(events);
  while (const uint32_t tag = in.ReadTag()) {
    uint32_t size = 0;
    if (tag != kEvent) {
      if (!WireFormatLite::SkipField(&in, tag)) return false;
      continue;
    }
    if (!in.ReadVarint32(&size)) return false;
    const auto at = static_cast<std::size_t>(in.CurrentPosition());
    // One that is cut off at the end still says what it was going to be.
    if (HoldsEmergencyField(events.substr(at, size))) return true;
    if (!in.Skip(static_cast<int>(std::min<std::size_t>(size, events.size() - at)))) return false;
  }
  return false;
}

}  // namespace veille::gateway
