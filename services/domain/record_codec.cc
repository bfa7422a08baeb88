#include "services/domain/record_codec.h"

namespace veille::domain {
namespace {

// A protobuf message as it is.
constexpr char kPlain = 1;

}  // namespace

std::string EncodeRecord(const RecordPlace&, const google::protobuf::MessageLite& record) {
  return kPlain + record.SerializeAsString();
}

absl::Status DecodeRecord(const RecordPlace& place, std::string_view bytes,
                          google::protobuf::MessageLite& record) {
  const std::string what = std::string("the ") + place.kind + " of '" + place.home_id + "'";
  if (bytes.empty() || bytes[0] != kPlain) {
    return absl::DataLossError(what +
                               " has a format that this Veille does not read: run the version that "
                               "wrote it");
  }
  bytes.remove_prefix(1);
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return absl::DataLossError(what + " cannot be read: restore it from a backup");
  return absl::OkStatus();
}

}  // namespace veille::domain
