// What `veille care` was asked for, read from its words. Pure; thread safe.

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

// The method that carries it out: "UpdateDevice".
std::string MethodOf(const CareCommand& command);

// Flags that were given and that not every command heeds.
struct CareFlags {
  bool dry_run = false;
  bool etag = false;
  bool request_id = false;
  bool from_template = false;
};

// INVALID_ARGUMENT names a flag that the command would leave out in silence, and the commands that
// know it: whoever says --dry_run must not find the home gone.
absl::Status CheckCareFlags(const CareCommand& command, const CareFlags& flags);

}  // namespace veille::client

#endif  // SERVICES_CLIENT_CARE_COMMAND_H_
