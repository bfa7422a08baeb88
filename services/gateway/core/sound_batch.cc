#include "services/gateway/core/sound_batch.h"

#include <utility>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

#include "veille/event/v1/event.pb.h"

#include "services/gateway/core/validate.h"

namespace veille::gateway {
namespace {

using event::v1::Acceleration;
using event::v1::Event;
using event::v1::EventBatch;
using event::v1::Motion;
using google::protobuf::Timestamp;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr uint32_t Varint(int field) {
  return WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_VARINT);
}
constexpr uint32_t Bytes(int field) {
  return WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}
constexpr uint32_t Fixed32(int field) {
  return WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_FIXED32);
}

// Reads one message's fields. What it returns points into the batch.
class Reader {
 public:
  explicit Reader(std::string_view bytes)
      : bytes_(bytes),
        in_(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size())) {}

  // The next field's tag; 0 at the end, or where no tag can be read.
  uint32_t Tag() { return in_.ReadTag(); }
  // After Tag() gave 0: it was the end.
  bool ended() { return in_.ConsumedEntireMessage(); }
  bool at_end() { return in_.CurrentPosition() == static_cast<int>(bytes_.size()); }
  bool Number(uint64_t& value) { return in_.ReadVarint64(&value); }
  bool Float(float& value) {
    uint32_t bits = 0;
    if (!in_.ReadLittleEndian32(&bits)) return false;
    value = WireFormatLite::DecodeFloat(bits);
    return true;
  }
  bool Part(std::string_view& part) {
    uint32_t size = 0;
    if (!in_.ReadVarint32(&size)) return false;
    const auto at = static_cast<std::size_t>(in_.CurrentPosition());
    if (size > bytes_.size() - at) return false;
    part = bytes_.substr(at, size);
    return in_.Skip(static_cast<int>(size));
  }

 private:
  const std::string_view bytes_;
  CodedInputStream in_;
};

// Of a Timestamp or a Duration, which look alike.
bool ReadTime(std::string_view bytes, int64_t& seconds, uint64_t& nanos) {
  Reader reader(bytes);
  uint64_t number = 0;
  if (reader.Tag() != Varint(Timestamp::kSecondsFieldNumber) || !reader.Number(number))
    return false;
  seconds = static_cast<int64_t>(number);
  if (!reader.at_end() &&
      (reader.Tag() != Varint(Timestamp::kNanosFieldNumber) || !reader.Number(nanos))) {
    return false;
  }
  return reader.at_end() && nanos <= 999'999'999;
}

bool IsBelieved(std::string_view timestamp, const BelievedSeconds& believed, int64_t& seconds) {
  uint64_t nanos = 0;
  return ReadTime(timestamp, seconds, nanos) && seconds >= believed.first &&
         seconds <= believed.last;
}

bool IsSoundMonotonic(std::string_view duration, int64_t& seconds) {
  uint64_t nanos = 0;
  return ReadTime(duration, seconds, nanos) && IsMonotonic(seconds, 0);
}

bool IsSoundMotion(std::string_view motion) {
  Reader reader(motion);
  uint64_t state = 0;
  if (!motion.empty() &&
      (reader.Tag() != Varint(Motion::kStateFieldNumber) || !reader.Number(state))) {
    return false;
  }
  return reader.at_end() && state <= Motion::STATE_DETECTED_DELAYED;
}

bool IsSoundAcceleration(std::string_view acceleration) {
  Reader reader(acceleration);
  float rate = 0, range = 0;
  std::string_view samples;
  while (const uint32_t tag = reader.Tag()) {
    const bool read = tag == Fixed32(Acceleration::kRateHzFieldNumber)    ? reader.Float(rate)
                      : tag == Fixed32(Acceleration::kRangeGFieldNumber)  ? reader.Float(range)
                      : tag == Bytes(Acceleration::kSamplesMgFieldNumber) ? reader.Part(samples)
                                                                          : false;
    if (!read) return false;
  }
  return reader.ended() && !FindViolation(rate, range, samples.size()).has_value();
}

bool IsSound(std::string_view event, const BelievedSeconds& believed) {
  Reader reader(event);
  bool time = false, device = false, sequence = false, monotonic = false, observation = false;
  int64_t time_s = 0, monotonic_s = 0;
  const auto first = [](bool& seen) { return !std::exchange(seen, true); };
  while (const uint32_t tag = reader.Tag()) {
    std::string_view part;
    uint64_t number = 0;
    bool sound = false;
    switch (tag) {
      case Bytes(Event::kEventTimeFieldNumber):
        sound = first(time) && reader.Part(part) && IsBelieved(part, believed, time_s);
        break;
      case Bytes(Event::kDeviceIdFieldNumber):
        sound = first(device) && reader.Part(part) && IsId(part);
        break;
      case Varint(Event::kDeviceSequenceFieldNumber):
        sound = first(sequence) && reader.Number(number);
        break;
      case Bytes(Event::kMonotonicFieldNumber):
        sound = first(monotonic) && reader.Part(part) && IsSoundMonotonic(part, monotonic_s);
        break;
      case Bytes(Event::kMotionFieldNumber):
        sound = first(observation) && reader.Part(part) && IsSoundMotion(part);
        break;
      case Bytes(Event::kAccelerationFieldNumber):
        sound = first(observation) && reader.Part(part) && IsSoundAcceleration(part);
        break;
      default:
        break;
    }
    if (!sound) return false;
  }
  if (monotonic &&
      (time_s - monotonic_s < believed.first_boot || time_s - monotonic_s > believed.last_boot)) {
    return false;
  }
  return reader.ended() && time && device && observation;
}

}  // namespace

std::optional<int> CountSoundEvents(std::string_view events, const BelievedSeconds& believed) {
  if (events.size() > kMaxBatchBytes) return std::nullopt;
  Reader reader(events);
  int count = 0;
  while (const uint32_t tag = reader.Tag()) {
    std::string_view event;
    if (tag != Bytes(EventBatch::kEventsFieldNumber) || !reader.Part(event) ||
        !IsSound(event, believed) || ++count > kMaxEventsPerBatch) {
      return std::nullopt;
    }
  }
  if (!reader.ended()) return std::nullopt;
  return count;
}

}  // namespace veille::gateway
