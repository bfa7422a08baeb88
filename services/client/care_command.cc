#include "services/client/care_command.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "absl/strings/numbers.h"

#include "veille/care/v1/care_service.pb.h"

#include "common/base/check.h"
#include "common/base/status_macros.h"

namespace veille::client {
namespace {

constexpr CareNoun kNouns[] = {
    {"home", "Home", "home", "home_id", false},
    {"hub", "Source", "source", "source_id", false},
    {"device", "Device", "device", "device_id", false},
    {"room", "Room", "room", "name", false},
    {"patient", "Patient", "patient", "patient_id", false},
    {"zone", "Zone", "zone", "name", true},
    {"member", "Member", "member", "caregiver_id", true},
    {"consent", "Consent", "consent", "consent_id", true},
    {"grant", "Grant", "grant", "caregiver_id", true},
    {"circle", "Circle", "circle", "", true},
    {"plan", "CarePlan", "care_plan", "", true},
    {"context", "Context", "context", "", true},
};

struct Verb {
  const char* word;
  bool takes_id;      // Of kinds that have one; homes have theirs as the place.
  bool takes_fields;  // FIELD=VALUE, or a file.
};

constexpr Verb kVerbs[] = {
    {"list", false, false},          {"get", true, false},
    {"create", true, true},          {"update", true, true},
    {"delete", true, false},         {"history", false, false},
    {"rollback", false, false},      {"add-outing", false, true},
    {"add-absence", false, true},    {"remove-outing", true, false},
    {"remove-absence", true, false},
};

absl::Status Fault(const std::string& what) {
  return absl::InvalidArgumentError(what + "; veille care help says more");
}

bool IsField(const std::string& word) {
  const std::size_t equals = word.find('=');
  return equals != std::string::npos && equals > 0 &&
         std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' ||
                  c == '[' || c == ']';
         });
}

bool Suits(const CareNoun& noun, const std::string& verb) {
  const bool one = *noun.id_field == 0;
  if (verb == "get" || verb == "update") return true;
  if (verb == "history" || verb == "rollback") return std::string(noun.word) == "plan";
  if (verb.find('-') != std::string::npos) return std::string(noun.word) == "context";
  return !one;
}

// "HOME" or "HOME/PATIENT".
absl::Status TakePlace(const std::string& word, CareCommand& command) {
  const std::size_t slash = word.find('/');
  command.home_id = word.substr(0, slash);
  if (slash == std::string::npos) return absl::OkStatus();
  if (!command.noun->of_patient) return Fault(word + ": is no home");
  command.patient_id = word.substr(slash + 1);
  return absl::OkStatus();
}

absl::Status TakeRest(const Verb& verb, std::vector<std::string> rest, CareCommand& command) {
  for (const std::string& word : rest) {
    if (verb.takes_fields && IsField(word)) {
      const std::size_t equals = word.find('=');
      command.fields.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    } else if (verb.takes_fields && command.file.empty()) {
      command.file = word;
    } else {
      return Fault(word + ": is not understood here");
    }
  }
  if (!command.file.empty() && !command.fields.empty())
    return Fault("either a file or FIELD=VALUE");
  if (command.verb == "update" && command.file.empty() && command.fields.empty())
    return Fault("what shall change? FIELD=VALUE, or a file");
  return absl::OkStatus();
}

bool HasField(const CareCommand& command, const char* field) {
  const auto* service =
      care::v1::GetHomeRequest::descriptor()->file()->FindServiceByName("CareService");
  const auto* method = service->FindMethodByName(MethodOf(command));
  VEILLE_CHECK(method != nullptr);
  return method->input_type()->FindFieldByName(field) != nullptr;
}

// "home create, home update": what has the field.
std::string Knowing(const char* field) {
  std::string known;
  for (const CareNoun& noun : kNouns) {
    for (const Verb& verb : kVerbs) {
      if (!Suits(noun, verb.word)) continue;
      CareCommand command;
      command.noun = &noun;
      command.verb = verb.word;
      if (HasField(command, field))
        known += (known.empty() ? "" : ", ") + std::string(noun.word) + " " + verb.word;
    }
  }
  return known;
}

}  // namespace

const char kCareUsage[] =
    "usage: veille care WHAT DO [WHERE] [ID] [FIELD=VALUE… | FILE]   or   veille care "
    "import|export "
    "FOLDER\n"
    "\n"
    "  home             list | get HOME | create HOME … | update HOME … | delete HOME\n"
    "  hub device room patient\n"
    "                   list HOME | get HOME ID | create HOME ID … | update HOME ID … | delete "
    "HOME "
    "ID\n"
    "  zone member consent grant\n"
    "                   the same, with HOME/PATIENT for HOME\n"
    "  circle           get HOME/PATIENT | update HOME/PATIENT …\n"
    "  plan             get HOME/PATIENT [REVISION] | update HOME/PATIENT … | history HOME/PATIENT "
    "|\n"
    "                   rollback HOME/PATIENT REVISION\n"
    "  context          get HOME/PATIENT | update … | add-outing … | remove-outing NAME |\n"
    "                   add-absence … | remove-absence NAME\n"
    "  import FOLDER    one file a home, as export writes them; what is there already is replaced\n"
    "  export FOLDER    every home; files of an earlier export whose homes are gone are removed\n"
    "  serve            the role itself: --config FILE\n"
    "\n"
    "  HOME stands for HOME/PATIENT where one person lives there. FILE is protobuf text, as get "
    "prints\n"
    "  it; - is standard input. A file of a home, plan, hub, device… replaces all of it; of a "
    "circle or\n"
    "  a context, the parts that it has. With the line \"# etag: …\" that get prints, a change by\n"
    "  somebody else in between is not lost.\n"
    "\n"
    "  veille care home create home-17 --template deploy/city/amiens/home.textproto \\\n"
    "    'sources[0].source_id=hub-17' 'patients[0].patient_id=martin' \\\n"
    "    'patients[0].circle.members[0].caregiver_id=anne'\n"
    "  veille care device create home-17 fridge role=fridge_door room=kitchen check_in=2h\n"
    "  veille care plan update home-17 night_exit.no_return=10m risk=high\n"
    "  veille care context add-outing home-17 name=market weekly='Sat 09:00-11:00' "
    "accompanied=true\n"
    "\n"
    "flags: --care HOST:PORT, --actor ID (who you are, for the audit log), --output json; where "
    "they\n"
    "mean something (elsewhere they are refused): --dry_run, --etag, --request_id, --template "
    "FILE\n";

absl::StatusOr<CareCommand> ParseCareCommand(const std::vector<std::string>& args) {
  if (args.empty()) return Fault("what shall it do?");
  const auto* noun = std::find_if(std::begin(kNouns), std::end(kNouns),
                                  [&](const CareNoun& n) { return args[0] == n.word; });
  if (noun == std::end(kNouns)) return Fault("'" + args[0] + "' is unknown");
  if (args.size() < 2) return Fault(args[0] + ": what shall be done?");
  const auto* verb = std::find_if(std::begin(kVerbs), std::end(kVerbs),
                                  [&](const Verb& v) { return args[1] == v.word; });
  if (verb == std::end(kVerbs) || !Suits(*noun, args[1]))
    return Fault("there is no '" + args[1] + "' of a " + args[0]);
  CareCommand command;
  command.noun = noun;
  command.verb = args[1];
  std::vector<std::string> rest(args.begin() + 2, args.end());
  const bool is_home = std::string(noun->word) == "home";
  if (is_home && command.verb == "list") {
    if (!rest.empty()) return Fault("home list takes nothing more");
    return command;
  }
  const auto take = [&rest](const std::string& what) -> absl::StatusOr<std::string> {
    if (rest.empty() || rest[0].empty() || IsField(rest[0])) return Fault(what + " is missing");
    std::string word = rest[0];
    rest.erase(rest.begin());
    return word;
  };
  VEILLE_ASSIGN_OR_RETURN(const std::string place,
                          take(noun->of_patient ? "HOME/PATIENT" : "HOME"));
  VEILLE_RETURN_IF_ERROR(TakePlace(place, command));
  const bool has_id = *noun->id_field != 0 || command.verb.rfind("remove-", 0) == 0;
  if (verb->takes_id && has_id && !is_home) {
    VEILLE_ASSIGN_OR_RETURN(command.id, take("the id"));
  }
  const bool may_have_revision = std::string(noun->word) == "plan" && command.verb == "get";
  if (command.verb == "rollback" || (may_have_revision && !rest.empty())) {
    VEILLE_ASSIGN_OR_RETURN(const std::string revision, take("the revision"));
    if (!absl::SimpleAtoi(revision, &command.revision) || command.revision == 0)
      return Fault("'" + revision + "' is no revision; veille care plan history shows them");
  }
  VEILLE_RETURN_IF_ERROR(TakeRest(*verb, std::move(rest), command));
  return command;
}

std::string MethodOf(const CareCommand& command) {
  const std::string noun = command.noun->method;
  if (command.verb == "list") return "List" + noun + "s";
  if (command.verb == "history") return "List" + noun + "Revisions";
  if (command.verb.find('-') != std::string::npos) return "Update" + noun;
  std::string verb = command.verb;
  verb[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(verb[0])));
  return verb + noun;
}

absl::Status CheckCareFlags(const CareCommand& command, const CareFlags& flags) {
  const struct {
    bool given;
    const char *flag, *field;
  } all[] = {{flags.dry_run, "--dry_run", "validate_only"},
             {flags.etag, "--etag", "etag"},
             {flags.request_id, "--request_id", "request_id"}};
  const std::string asked = std::string(command.noun->word) + " " + command.verb;
  for (const auto& [given, flag, field] : all) {
    if (!given || HasField(command, field)) continue;
    return Fault(asked + " has no " + flag +
                 ", and nothing was done; these have: " + Knowing(field));
  }
  if (flags.from_template && command.verb != "create")
    return Fault(asked + " has no --template, and nothing was done; what creates has");
  return absl::OkStatus();
}

}  // namespace veille::client
