#include "common/redis/errors.h"

#include <algorithm>
#include <optional>

#include "absl/strings/cord.h"
#include "absl/strings/str_format.h"

namespace veille::redis {
namespace {

constexpr char kCodePayload[] = "veille.dev/redis-code";
constexpr std::string_view kOutcomeUnknown = "OUTCOME_UNKNOWN";

struct Mapping {
  std::string_view word;
  absl::StatusCode code;
  std::string_view text;  // What it means and what to do; precedes Redis' own words.
};

constexpr Mapping kRedisErrors[] = {
    {"READONLY", absl::StatusCode::kUnavailable, "redis is a read-only replica"},
    {"OOM", absl::StatusCode::kResourceExhausted,
     "redis is at maxmemory: raise maxmemory or let the log be trimmed"},
    {"LOADING", absl::StatusCode::kUnavailable, "redis is loading its data"},
    {"BUSY", absl::StatusCode::kUnavailable, "redis is busy with a script that takes too long"},
    {"MASTERDOWN", absl::StatusCode::kUnavailable, "redis is a replica without its primary"},
    {"TRYAGAIN", absl::StatusCode::kUnavailable, "redis is moving these keys"},
    {"CLUSTERDOWN", absl::StatusCode::kUnavailable, "the redis cluster is down"},
    {"MOVED", absl::StatusCode::kUnavailable, "these keys live on another node"},
    {"ASK", absl::StatusCode::kUnavailable, "these keys are moving to another node"},
    {"NOREPLICAS", absl::StatusCode::kUnavailable, "redis has too few replicas in touch"},
    {"UNBLOCKED", absl::StatusCode::kUnavailable, "redis ended the wait"},
    {"MISCONF", absl::StatusCode::kUnavailable,
     "redis cannot write to its disk: free space or mend the disk"},
    {"NOAUTH", absl::StatusCode::kPermissionDenied,
     "redis wants a password: set the user name and the password file"},
    {"WRONGPASS", absl::StatusCode::kPermissionDenied,
     "redis refuses the user name or password: compare the password file with ACL LIST"},
    {"NOPERM", absl::StatusCode::kPermissionDenied,
     "the redis user may not do this: widen its rules with ACL SETUSER"},
    {"DENIED", absl::StatusCode::kPermissionDenied,
     "redis is in protected mode: set a password or bind it to a private address"},
    {"NOGROUP", absl::StatusCode::kNotFound, "the stream or its consumer group is missing"},
    {"BUSYGROUP", absl::StatusCode::kAlreadyExists, "the consumer group exists"},
    {"NOSCRIPT", absl::StatusCode::kFailedPrecondition, "redis does not know the script"},
    {"EXECABORT", absl::StatusCode::kAborted, "the transaction was not executed"},
    {"WRONGTYPE", absl::StatusCode::kDataLoss, "the key holds data of another kind"},
    {"CROSSSLOT", absl::StatusCode::kInternal, "the keys do not share a hash tag"},
};

// Errors of the plain kind "ERR …", told apart by how they go on.
constexpr Mapping kPlainErrors[] = {
    {"ERR max number of clients", absl::StatusCode::kUnavailable,
     "redis has no connection left: raise maxclients"},
    {"ERR unknown command", absl::StatusCode::kUnimplemented,
     "redis does not know this command: 7.0 or newer is needed"},
    {"ERR Client sent AUTH", absl::StatusCode::kPermissionDenied,
     "redis has no password but we send one: remove the password file or set requirepass"},
    {"ERR AUTH <password>", absl::StatusCode::kPermissionDenied,
     "redis has no password but we send one: remove the password file or set requirepass"},
};

constexpr Mapping kScriptErrors[] = {
    {"FENCED", absl::StatusCode::kAborted, ""},
    {"CONFLICT", absl::StatusCode::kAborted, ""},
    {"GAP", absl::StatusCode::kFailedPrecondition, ""},
    {"INVALID", absl::StatusCode::kInvalidArgument, ""},
    {"FORMAT", absl::StatusCode::kDataLoss, ""},
    {"ABSENT", absl::StatusCode::kNotFound, ""},
    {"EXISTS", absl::StatusCode::kAlreadyExists, ""},
    {"DENIED", absl::StatusCode::kPermissionDenied, ""},
    {"FULL", absl::StatusCode::kResourceExhausted, ""},
};

std::string_view FirstWord(std::string_view text) {
  return text.substr(0, std::min(text.find(' '), text.size()));
}

absl::Status Make(absl::StatusCode code, std::string_view word, const std::string& message) {
  absl::Status status(code, message);
  status.SetPayload(kCodePayload, absl::Cord(std::string(word)));
  return status;
}

absl::Status FromScriptError(std::string_view text) {
  const std::string_view word = FirstWord(text);
  std::string_view rest = text.substr(word.size());
  if (!rest.empty()) rest.remove_prefix(1);
  auto code = absl::StatusCode::kFailedPrecondition;
  for (const Mapping& mapping : kScriptErrors) {
    if (mapping.word == word) code = mapping.code;
  }
  return Make(code, word, std::string(rest.empty() ? word : rest));
}

}  // namespace

absl::Status StatusFromErrorReply(std::string_view error) {
  const std::string_view word = FirstWord(error);
  if (word == "VEILLE" && error.size() > word.size() + 1) {
    return FromScriptError(error.substr(word.size() + 1));
  }
  for (const Mapping& mapping : kRedisErrors) {
    if (mapping.word == word) {
      return Make(mapping.code, word, absl::StrFormat("%s: %s", mapping.text, error));
    }
  }
  for (const Mapping& mapping : kPlainErrors) {
    if (error.substr(0, mapping.word.size()) == mapping.word) {
      return Make(mapping.code, word, absl::StrFormat("%s: %s", mapping.text, error));
    }
  }
  return Make(absl::StatusCode::kInternal, word, absl::StrFormat("redis: %s", error));
}

std::string ErrorCode(const absl::Status& status) {
  const auto payload = status.GetPayload(kCodePayload);
  return payload.has_value() ? std::string(*payload) : std::string();
}

absl::Status OutcomeUnknownError(std::string_view why) {
  return Make(absl::StatusCode::kUnavailable, kOutcomeUnknown,
              absl::StrFormat("sent to redis but not answered, outcome unknown: %s", why));
}

bool IsOutcomeUnknown(const absl::Status& status) { return ErrorCode(status) == kOutcomeUnknown; }

}  // namespace veille::redis
