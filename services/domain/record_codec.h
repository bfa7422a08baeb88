// The one place where a value of the registry becomes bytes in Redis, and is read again: sealed
// with the home's key, for the place where it stands. Thread safe; see vault.h for when it blocks.

#ifndef SERVICES_DOMAIN_RECORD_CODEC_H_
#define SERVICES_DOMAIN_RECORD_CODEC_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message_lite.h"

#include "services/domain/vault/vault.h"

namespace veille::domain {

// What a value is and whose.
struct RecordPlace {
  const char* kind;  // "home", "plan".
  std::string home_id;
};

// NOT_FOUND when the home's key was destroyed, UNAVAILABLE when it cannot be fetched now.
absl::StatusOr<std::string> EncodeRecord(Vault& vault, const RecordPlace& place,
                                         const google::protobuf::MessageLite& record);

// NOT_FOUND when the home's key was destroyed: the home was erased. DATA_LOSS, with what to do,
// for what cannot be read. UNAVAILABLE, FAILED_PRECONDITION when it cannot be told now.
absl::Status DecodeRecord(Vault& vault, const RecordPlace& place, std::string_view bytes,
                          google::protobuf::MessageLite& record);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_RECORD_CODEC_H_
