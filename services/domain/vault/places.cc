#include "services/domain/vault/places.h"

#include "services/domain/keys.h"

namespace veille::domain {

std::string BatchPlace(std::string_view home_id, std::string_view source_id,
                       std::string_view incarnation, int lane, uint64_t sequence) {
  std::string place = "batch/" + std::to_string(lane) + "/" + std::to_string(sequence) + "/";
  place.append(home_id).append("/").append(source_id).append("/").append(incarnation);
  return place;
}

std::string HomeEntryPlace(int partition) { return LogKey(partition) + "/home"; }

std::string CheckpointPlace(int partition, std::string_view home_id, char field) {
  std::string place = CheckpointsKey(partition) + "/";
  place.append(home_id).append("|") += field;
  return place;
}

std::string FindingPlace(int partition) { return QueueKey(partition) + "/finding"; }

std::string JobPlace(int partition) { return QueueKey(partition) + "/job"; }

std::string AlertPlace(int partition, std::string_view home_id) {
  return AlertsKey(partition, home_id) + "/record";
}

}  // namespace veille::domain
