// Fields of messages as people type them: "role=fridge_door", "check_in=2h", "circle.radius_m=300".
//
// Works through descriptors, for every message. Pure; thread safe.

#ifndef SERVICES_CLIENT_CARE_FIELDS_H_
#define SERVICES_CLIENT_CARE_FIELDS_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace veille::client {

// Sets one field. `path` goes through messages by dots and into lists by "[0]"; the first index
// behind the end adds one. Values: enums by the end of their name, in any case; spans as "90s" or
// "2h"; times as RFC 3339 or "2026-12-24 10:00" (UTC); lists of plain values with commas; messages
// and lists of messages in protobuf's text format; empty clears. INVALID_ARGUMENT says what would
// have been right.
absl::Status SetField(const std::string& path, const std::string& value,
                      google::protobuf::Message& message);

// Every plain value that is set, by its path: for comparing two messages.
std::map<std::string, std::string> Flatten(const google::protobuf::Message& message);

// Protobuf's text format with UTF-8 as it is: what import and export, and the homes' folder, read.
std::string ToText(const google::protobuf::Message& message);
// The same in one line.
std::string ToLine(const google::protobuf::Message& message);

}  // namespace veille::client

#endif  // SERVICES_CLIENT_CARE_FIELDS_H_
