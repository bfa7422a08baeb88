// What `veille care` was asked for, read from its words. Pure.

#ifndef SERVICES_CLIENT_CARE_COMMAND_H_
#define SERVICES_CLIENT_CARE_COMMAND_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace veille::client {

// A kind of resource as the command line names it.
struct CareNoun {
  const char* word;      // "hub"
  const char* method;    // "Source": as methods have it
  const char* field;     // "source": in requests and responses
  const char* id_field;  // "source_id"; empty where a person has exactly one
  bool of_patient;
};

struct CareCommand {
  const CareNoun* noun = nullptr;
  std::string verb;
  std::string home_id;
  std::string
      patient_id;  // Empty where the kind needs none, and where the home's only one is meant.
  std::string id;
  uint64_t revision = 0;
  std::vector<std::pair<std::string, std::string>> fields;  // "path", "value"
  std::string file;                                         // Empty: none; "-": standard input.
};

extern const char kCareUsage[];

// INVALID_ARGUMENT says what is missing. Not for import and export.
absl::StatusOr<CareCommand> ParseCareCommand(const std::vector<std::string>& args);

}  // namespace veille::client

#endif  // SERVICES_CLIENT_CARE_COMMAND_H_
