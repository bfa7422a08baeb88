// The one place where a value of the registry becomes bytes in Redis, and is read again.
//
// The first byte is the format's version, so that a later format (encrypted, for one) is told from
// this one. Where a value belongs is given each time: whatever binds bytes to their place needs no
// other signature. Pure; thread safe.

#ifndef SERVICES_DOMAIN_RECORD_CODEC_H_
#define SERVICES_DOMAIN_RECORD_CODEC_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/message_lite.h"

namespace veille::domain {

// What a value is and whose.
struct RecordPlace {
  const char* kind;  // "home", "plan".
  std::string home_id;
};

std::string EncodeRecord(const RecordPlace& place, const google::protobuf::MessageLite& record);

// DATA_LOSS, with what to do, for bytes of an unknown version and for what cannot be parsed.
absl::Status DecodeRecord(const RecordPlace& place, std::string_view bytes,
                          google::protobuf::MessageLite& record);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_RECORD_CODEC_H_
