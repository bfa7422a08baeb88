#include "services/domain/record_codec.h"

namespace veille::domain {
namespace {

std::string PlaceOf(const RecordPlace& place) {
  return std::string("registry/") + place.kind + "/" + place.home_id;
}

}  // namespace

absl::StatusOr<std::string> EncodeRecord(Vault& vault, const RecordPlace& place,
                                         const google::protobuf::MessageLite& record) {
  return vault.Seal({place.home_id}, PlaceOf(place), record.SerializeAsString());
}

absl::Status DecodeRecord(Vault& vault, const RecordPlace& place, std::string_view bytes,
                          google::protobuf::MessageLite& record) {
  std::string room;
  const absl::StatusOr<std::string_view> opened = vault.Open(PlaceOf(place), bytes, room);
  if (!opened.ok() && !absl::IsDataLoss(opened.status())) return opened.status();
  if (opened.ok() && !opened->empty() &&
      record.ParseFromArray(opened->data(), static_cast<int>(opened->size()))) {
    return absl::OkStatus();
  }
  return absl::DataLossError(std::string("the ") + place.kind + " of '" + place.home_id +
                             "' cannot be read: restore it from a backup");
}

}  // namespace veille::domain
