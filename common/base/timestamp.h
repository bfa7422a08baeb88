// Times as protobuf keeps them. Pure.

#ifndef COMMON_BASE_TIMESTAMP_H_
#define COMMON_BASE_TIMESTAMP_H_

#include <cstdint>

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace veille {

inline absl::Time ToTime(const google::protobuf::Timestamp& stamp) {
  return absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
}

// Microseconds since 1970.
inline void SetMicros(int64_t micros, google::protobuf::Timestamp& stamp) {
  // Down, not towards zero: protobuf's nanos are never negative.
  const int64_t rest = (micros % 1000000 + 1000000) % 1000000;
  stamp.set_seconds(micros / 1000000 - (micros % 1000000 < 0 ? 1 : 0));
  stamp.set_nanos(static_cast<int32_t>(rest) * 1000);
}

// To the microsecond, which is what the service reckons in.
inline void SetTime(absl::Time time, google::protobuf::Timestamp& stamp) {
  SetMicros(absl::ToUnixMicros(time), stamp);
}

// To the nanosecond: for what others said and must find again as it was.
inline void SetExactTime(absl::Time time, google::protobuf::Timestamp& stamp) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  stamp.set_seconds(seconds);
  stamp.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

}  // namespace veille

#endif  // COMMON_BASE_TIMESTAMP_H_
