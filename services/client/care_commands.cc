// veille care: homes, people, devices, circles, care plans, from a terminal.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <set>

#include "absl/flags/flag.h"
#include "absl/strings/str_split.h"

#include "veille/care/v1/care_service.pb.h"

#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/config/text_proto.h"
#include "common/rpc/status.h"
#include "services/client/care_client.h"
#include "services/client/care_command.h"
#include "services/client/care_fields.h"
#include "services/client/commands.h"
#include "services/client/flags.h"
#include "services/client/utf8.h"
#include "services/domain/registry.h"

ABSL_FLAG(std::string, care, "127.0.0.1:7446", "Address of the care service.");
ABSL_FLAG(std::string, actor, "", "care: who you are, for the audit log.");
ABSL_FLAG(std::string, etag, "", "care: changes only what still is as this names it.");
ABSL_FLAG(std::string, request_id, "", "care create: the same again creates nothing.");
ABSL_FLAG(std::string, template, "", "care home create: a file of a home to begin with.");
ABSL_FLAG(bool, dry_run, false, "care: only says what would be wrong.");

namespace veille::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kEtagLine[] = "# etag: ";

CareClient::Options OptionsFromFlags() {
  CareClient::Options options;
  options.address = absl::GetFlag(FLAGS_care);
  options.actor = absl::GetFlag(FLAGS_actor);
  return options;
}

absl::StatusOr<std::unique_ptr<CareClient>> ConnectCare() {
  CareClient::Options options = OptionsFromFlags();
  // Beside the authority one is an operator, unless one says who else.
  const auto tls = TlsFromFlags("svc/terminal", "svc/care");
  const auto signed_in = SignInFromFlags();
  const bool as_oneself = !tls.ok() || !absl::GetFlag(FLAGS_caregiver).empty();
  if (signed_in.has_value() && as_oneself) {
    options.token = signed_in->token();
    options.tls = SignIns(DataFolder() + "/account").Tls("svc/care");
  } else {
    VEILLE_RETURN_IF_ERROR(tls.status());
    options.tls = *tls;
  }
  return CareClient::Create(std::move(options));
}

const FieldDescriptor* FieldOf(const Message& message, const std::string& name) {
  return message.GetDescriptor()->FindFieldByName(name);
}

void SetText(Message& message, const std::string& name, const std::string& text) {
  if (const auto* field = FieldOf(message, name); field != nullptr)
    message.GetReflection()->SetString(&message, field, text);
}

std::string TextOf(const Message& message, const std::string& name) {
  const auto* field = FieldOf(message, name);
  return field == nullptr ? "" : message.GetReflection()->GetString(message, field);
}

const Message& ItemOf(const Message& message, const CareNoun& noun) {
  return message.GetReflection()->GetMessage(message, FieldOf(message, noun.field));
}

CareFlags GivenFlags() {
  CareFlags flags;
  flags.dry_run = absl::GetFlag(FLAGS_dry_run);
  flags.etag = !absl::GetFlag(FLAGS_etag).empty();
  flags.request_id = !absl::GetFlag(FLAGS_request_id).empty();
  flags.from_template = !absl::GetFlag(FLAGS_template).empty();
  return flags;
}

// An import knows --dry_run alone, an export none.
absl::Status CheckMoveFlags(const std::string& verb, const CareFlags& flags) {
  const bool known = !flags.etag && !flags.request_id && !flags.from_template;
  if (known && (verb == "import" || !flags.dry_run)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      verb + (verb == "import" ? " knows --dry_run alone of" : " knows none of") +
      " --dry_run, --etag, --request_id, --template");
}

// The fault, then every field's, one a line.
int ComplainOfCare(const absl::Status& status, const CareClient::Options& options) {
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) {
    return Complain(absl::UnavailableError(
        "the care service at " + options.address + " does not answer (" +
        std::string(status.message()) +
        "): does it run? It does not beside a folder of homes. --care HOST:PORT names another"));
  }
  const auto violations = rpc::ViolationsOf(status);
  if (violations.size() < 2) return Complain(status);
  for (const rpc::FieldViolation& violation : violations)
    std::fprintf(stderr, "veille: %s: %s\n", Printable(violation.field).c_str(),
                 Printable(violation.description).c_str());
  return 1;
}

absl::StatusOr<std::string> ReadInput(const std::string& file) {
  if (file != "-") return ReadFile(file);
  return std::string(std::istreambuf_iterator<char>(std::cin), {});
}

absl::Status ParseFile(const std::string& file, Message& message, std::string* etag) {
  VEILLE_ASSIGN_OR_RETURN(const std::string text, ReadInput(file));
  const std::string name = file == "-" ? "(standard input)" : file;
  if (!IsUtf8(text)) return absl::InvalidArgumentError(name + ": is not UTF-8");
  config::Faults faults;
  config::TextProtoFile parsed;
  parsed.Parse(name, text, message, faults);
  // In the place of a record it would empty it, as a pipe whose first command failed does.
  if (std::vector<const FieldDescriptor*> present; faults.ToStatus().ok()) {
    message.GetReflection()->ListFields(message, &present);
    if (present.empty())
      return absl::InvalidArgumentError(name + ": has no field, and nothing was changed");
  }
  if (const std::size_t at = text.find(kEtagLine); etag != nullptr && at != std::string::npos) {
    const std::size_t begin = at + sizeof(kEtagLine) - 1;
    *etag = text.substr(begin, text.find_first_of("\r\n", begin) - begin);
  }
  return faults.ToStatus();
}

class CareTerminal {
 public:
  explicit CareTerminal(CareClient& client) : client_(client) {}

  absl::Status Run(CareCommand command) {
    if (command.noun->of_patient && command.patient_id.empty()) {
      VEILLE_ASSIGN_OR_RETURN(command.patient_id, OnlyPatient(command.home_id));
    }
    if (command.verb == "list") return List(command);
    if (command.verb == "get") return Get(command);
    if (command.verb == "history") return History(command);
    if (command.verb == "rollback") return Rollback(command);
    if (command.verb == "delete") return Delete(command);
    if (command.verb.find('-') != std::string::npos) return ChangeContext(command);
    return Change(command);
  }

 private:
  absl::StatusOr<std::string> OnlyPatient(const std::string& home_id) {
    care::v1::ListPatientsRequest request;
    request.set_home_id(home_id);
    VEILLE_ASSIGN_OR_RETURN(const auto response,
                            client_.Call<care::v1::ListPatientsResponse>("ListPatients", request));
    if (response.patients_size() == 1) return response.patients(0).patient_id();
    std::string known;
    for (const auto& patient : response.patients())
      known += (known.empty() ? "" : ", ") + home_id + "/" + patient.patient_id();
    return absl::InvalidArgumentError("say who of the home: " + known);
  }

  static void Address(const CareCommand& command, Message& request) {
    SetText(request, "home_id", command.home_id);
    SetText(request, "patient_id", command.patient_id);
    if (std::string(command.noun->word) != "home" && *command.noun->id_field != 0)
      SetText(request, command.noun->id_field, command.id);
    SetText(request, "etag", absl::GetFlag(FLAGS_etag));
    SetText(request, "request_id", absl::GetFlag(FLAGS_request_id));
    if (const auto* field = FieldOf(request, "validate_only"); field != nullptr)
      request.GetReflection()->SetBool(&request, field, absl::GetFlag(FLAGS_dry_run));
  }

  static void Show(const Message& response, const CareNoun& noun) {
    const Message& item = ItemOf(response, noun);
    if (JsonFromFlags()) {
      std::string json = ToJson(item);
      const std::string etag = JsonString(TextOf(response, "etag"));
      json.insert(1, "\"etag\":" + etag + (json == "{}" ? "" : ","));
      std::printf("%s\n", json.c_str());
      return;
    }
    std::printf("%s%s%s\n", ToText(item).c_str(), kEtagLine, TextOf(response, "etag").c_str());
  }

  absl::Status List(const CareCommand& command) {
    const std::string method = MethodOf(command);
    const std::unique_ptr<Message> request = CareClient::NewRequest(method);
    Address(command, *request);
    while (true) {
      VEILLE_ASSIGN_OR_RETURN(const std::unique_ptr<Message> response,
                              client_.Call(method, *request));
      const auto* list = response->GetDescriptor()->field(0);
      const auto* reflection = response->GetReflection();
      for (int i = 0; i < reflection->FieldSize(*response, list); ++i)
        ShowLine(*command.noun, reflection->GetRepeatedMessage(*response, list, i));
      const std::string next = TextOf(*response, "next_page_token");
      if (next.empty()) return absl::OkStatus();
      SetText(*request, "page_token", next);
    }
  }

  static void ShowLine(const CareNoun& noun, const Message& item) {
    if (JsonFromFlags()) {
      std::printf("%s\n", ToJson(item).c_str());
    } else if (std::string(noun.word) == "home") {
      const auto& home = static_cast<const care::v1::HomeRecord&>(item);
      std::string people;
      for (const auto& patient : home.patients()) people += " " + patient.patient_id();
      std::printf("%s  %s  %d hubs, %d devices;%s\n", home.home_id().c_str(), home.zone().c_str(),
                  home.sources_size(), home.devices_size(), people.c_str());
    } else {
      std::printf("%s\n", Printable(ToLine(item)).c_str());
    }
  }

  absl::Status Get(const CareCommand& command) {
    const std::string method = MethodOf(command);
    const std::unique_ptr<Message> request = CareClient::NewRequest(method);
    Address(command, *request);
    if (command.revision != 0)
      request->GetReflection()->SetUInt64(request.get(), FieldOf(*request, "revision"),
                                          command.revision);
    VEILLE_ASSIGN_OR_RETURN(const std::unique_ptr<Message> response,
                            client_.Call(method, *request));
    Show(*response, *command.noun);
    return absl::OkStatus();
  }

  absl::Status Delete(const CareCommand& command) {
    const std::string method = MethodOf(command);
    const std::unique_ptr<Message> request = CareClient::NewRequest(method);
    Address(command, *request);
    return client_.Call(method, *request).status();
  }

  // create and update.
  absl::Status Change(const CareCommand& command) {
    const std::string method = MethodOf(command);
    const std::unique_ptr<Message> request = CareClient::NewRequest(method);
    Address(command, *request);
    Message& item = *request->GetReflection()->MutableMessage(
        request.get(), FieldOf(*request, command.noun->field));
    google::protobuf::FieldMask mask;
    VEILLE_RETURN_IF_ERROR(BeginWithStored(command, *request, item));
    VEILLE_RETURN_IF_ERROR(FillItem(command, *request, item, mask));
    if (*command.noun->id_field != 0)
      SetText(item, command.noun->id_field,
              std::string(command.noun->word) == "home" ? command.home_id : command.id);
    if (const auto* field = FieldOf(*request, "update_mask"); field != nullptr)
      request->GetReflection()->MutableMessage(request.get(), field)->CopyFrom(mask);
    VEILLE_ASSIGN_OR_RETURN(const std::unique_ptr<Message> response,
                            client_.Call(method, *request));
    Show(*response, *command.noun);
    return absl::OkStatus();
  }

  // What is to be sent, from a file or from fields; and which fields those are.
  static absl::Status FillItem(const CareCommand& command, Message& request, Message& item,
                               google::protobuf::FieldMask& mask) {
    if (const std::string file = absl::GetFlag(FLAGS_template); !file.empty())
      VEILLE_RETURN_IF_ERROR(ParseFile(file, item, nullptr));
    if (!command.file.empty()) {
      std::string etag;
      VEILLE_RETURN_IF_ERROR(ParseFile(command.file, item, &etag));
      if (absl::GetFlag(FLAGS_etag).empty()) SetText(request, "etag", etag);
      const std::string word = command.noun->word;
      if (word != "circle" && word != "context") {
        mask.add_paths("*");
        return absl::OkStatus();
      }
      std::vector<const FieldDescriptor*> present;
      item.GetReflection()->ListFields(item, &present);
      for (const FieldDescriptor* field : present) mask.add_paths(field->name());
      return absl::OkStatus();
    }
    for (const auto& [path, value] : command.fields) {
      VEILLE_RETURN_IF_ERROR(SetField(path, value, item));
      // A mask names lists, never what stands in them.
      const std::string whole = path.substr(0, path.find('['));
      if (std::find(mask.paths().begin(), mask.paths().end(), whole) == mask.paths().end())
        mask.add_paths(whole);
    }
    return absl::OkStatus();
  }

  // Where one of a list is to change, the others of it stay: the list is sent whole, as it is now,
  // unless somebody else changes it meanwhile.
  absl::Status BeginWithStored(const CareCommand& command, Message& request, Message& item) {
    const bool in_list =
        std::any_of(command.fields.begin(), command.fields.end(),
                    [](const auto& field) { return field.first.find('[') != std::string::npos; });
    if (!in_list || command.verb != "update") return absl::OkStatus();
    const std::string method = std::string("Get") + command.noun->method;
    const std::unique_ptr<Message> get = CareClient::NewRequest(method);
    Address(command, *get);
    VEILLE_ASSIGN_OR_RETURN(const std::unique_ptr<Message> got, client_.Call(method, *get));
    item.CopyFrom(ItemOf(*got, *command.noun));
    if (TextOf(request, "etag").empty()) SetText(request, "etag", TextOf(*got, "etag"));
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<care::v1::CarePlanRevision>> Revisions(const CareCommand& command) {
    std::vector<care::v1::CarePlanRevision> revisions;
    care::v1::ListCarePlanRevisionsRequest request;
    Address(command, request);
    while (true) {
      VEILLE_ASSIGN_OR_RETURN(
          const auto response,
          client_.Call<care::v1::ListCarePlanRevisionsResponse>("ListCarePlanRevisions", request));
      for (const auto& revision : response.revisions()) revisions.push_back(revision);
      if (response.next_page_token().empty()) return revisions;
      request.set_page_token(response.next_page_token());
    }
  }

  // The newest first, each with what it changed.
  absl::Status History(const CareCommand& command) {
    VEILLE_ASSIGN_OR_RETURN(const auto revisions, Revisions(command));
    for (std::size_t i = 0; i < revisions.size(); ++i) {
      const care::v1::CarePlanRevision& revision = revisions[i];
      if (JsonFromFlags()) {
        std::printf("%s\n", ToJson(revision).c_str());
        continue;
      }
      std::printf(
          "%llu  %s  %s  %s  \"%s\"\n", static_cast<unsigned long long>(revision.revision()),
          absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", ToTime(revision.time()), absl::UTCTimeZone())
              .c_str(),
          Printable(revision.actor()).c_str(), Printable(revision.action()).c_str(),
          Printable(revision.care_plan().version()).c_str());
      if (i + 1 < revisions.size()) ShowChanges(revisions[i + 1].care_plan(), revision.care_plan());
    }
    return absl::OkStatus();
  }

  static void ShowChanges(const Message& before, const Message& after) {
    const auto was = Flatten(before), is = Flatten(after);
    std::set<std::string> paths;
    for (const auto& [path, value] : was) paths.insert(path);
    for (const auto& [path, value] : is) paths.insert(path);
    for (const std::string& path : paths) {
      const auto old = was.find(path), now = is.find(path);
      const std::string from = old == was.end() ? "default" : old->second;
      const std::string to = now == is.end() ? "default" : now->second;
      if (from != to && path != "version")
        std::printf("    %s: %s -> %s\n", path.c_str(), Printable(from).c_str(),
                    Printable(to).c_str());
    }
  }

  absl::Status Rollback(const CareCommand& command) {
    care::v1::RollbackCarePlanRequest request;
    Address(command, request);
    request.set_revision(command.revision);
    VEILLE_ASSIGN_OR_RETURN(const std::unique_ptr<Message> response,
                            client_.Call("RollbackCarePlan", request));
    Show(*response, *command.noun);
    return absl::OkStatus();
  }

  // Adds to or takes from a list of the context, which nobody else may have changed in between.
  absl::Status ChangeContext(const CareCommand& command) {
    care::v1::GetContextRequest get;
    Address(command, get);
    VEILLE_ASSIGN_OR_RETURN(const auto got,
                            client_.Call<care::v1::GetContextResponse>("GetContext", get));
    care::v1::UpdateContextRequest request;
    Address(command, request);
    *request.mutable_context() = got.context();
    if (request.etag().empty()) request.set_etag(got.etag());
    const bool outing = command.verb.find("outing") != std::string::npos;
    request.mutable_update_mask()->add_paths(outing ? "outings" : "absences");
    care::v1::Context& context = *request.mutable_context();
    if (command.verb.rfind("add-", 0) == 0) {
      Message& added = outing ? static_cast<Message&>(*context.add_outings())
                              : static_cast<Message&>(*context.add_absences());
      for (const auto& [path, value] : command.fields)
        VEILLE_RETURN_IF_ERROR(SetField(path, value, added));
    } else {
      const int removed = outing ? Remove(command.id, *context.mutable_outings())
                                 : Remove(command.id, *context.mutable_absences());
      if (removed == 0) return absl::NotFoundError("there is none named '" + command.id + "'");
    }
    VEILLE_ASSIGN_OR_RETURN(const std::unique_ptr<Message> response,
                            client_.Call("UpdateContext", request));
    Show(*response, *command.noun);
    return absl::OkStatus();
  }

  template <typename List>
  static int Remove(const std::string& name, List& list) {
    const auto end = std::remove_if(list.begin(), list.end(),
                                    [&name](const auto& item) { return item.name() == name; });
    const int removed = static_cast<int>(list.end() - end);
    list.erase(end, list.end());
    return removed;
  }

  CareClient& client_;
};

std::string FileOf(const std::string& folder, const std::string& home_id) {
  return folder + "/" + home_id + ".textproto";
}

// Every home, a file each; `written` are those that are.
absl::Status WriteHomes(CareClient& client, const std::string& folder,
                        std::set<std::string>& written) {
  care::v1::ListHomesRequest request;
  request.set_page_size(100);
  while (true) {
    VEILLE_ASSIGN_OR_RETURN(const auto response,
                            client.Call<care::v1::ListHomesResponse>("ListHomes", request));
    for (const care::v1::HomeRecord& home : response.homes()) {
      VEILLE_RETURN_IF_ERROR(WriteFileAtomically(FileOf(folder, home.home_id()), ToText(home)));
      written.insert(home.home_id());
    }
    if (response.next_page_token().empty()) return absl::OkStatus();
    request.set_page_token(response.next_page_token());
  }
}

// An import would bring back what is gone. What an export wrote goes; what somebody else put there
// is named.
absl::Status RemoveGone(const std::string& folder, const std::set<std::string>& exported,
                        const std::set<std::string>& there) {
  std::error_code error;
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == ".textproto") files.insert(entry.path().stem().string());
  for (const std::string& home_id : files) {
    const std::string file = FileOf(folder, home_id);
    if (there.count(home_id) > 0) continue;
    if (exported.count(home_id) == 0) {
      std::fprintf(stderr, "veille: %s is of no home of the registry, and no export wrote it\n",
                   file.c_str());
      continue;
    }
    if (!std::filesystem::remove(file, error) || error)
      return absl::UnavailableError("cannot remove " + file + ": " + error.message());
    std::printf("%s: removed, since the home is gone\n", file.c_str());
  }
  return absl::OkStatus();
}

absl::Status Export(CareClient& client, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  // Which homes' files are an export's: an id a line.
  const std::string list = folder + "/.exported";
  const std::string before = ReadFile(list).value_or("");
  const std::set<std::string> exported = absl::StrSplit(before, '\n', absl::SkipEmpty());
  std::set<std::string> written;
  absl::Status done = WriteHomes(client, folder, written);
  if (done.ok()) done = RemoveGone(folder, exported, written);
  std::set<std::string> now = written;
  if (!done.ok()) now.insert(exported.begin(), exported.end());
  std::string lines;
  for (const std::string& home_id : now) lines += home_id + "\n";
  done.Update(WriteFileAtomically(list, lines));
  VEILLE_RETURN_IF_ERROR(done);
  std::printf("%zu homes\n", written.size());
  return absl::OkStatus();
}

// Every file is sound before the first is sent.
absl::Status Import(CareClient& client, const std::string& folder) {
  VEILLE_ASSIGN_OR_RETURN(const auto records, domain::LoadHomeRecords(folder));
  for (const care::v1::HomeRecord& record : records) {
    care::v1::UpdateHomeRequest request;
    *request.mutable_home() = record;
    request.mutable_update_mask()->add_paths("*");
    request.set_allow_missing(true);
    request.set_validate_only(absl::GetFlag(FLAGS_dry_run));
    const absl::Status done =
        client.Call<care::v1::UpdateHomeResponse>("UpdateHome", request).status();
    if (!done.ok()) {
      return absl::Status(done.code(), record.home_id() + ": " + std::string(done.message()) +
                                           "; those before it are in, and may be sent again");
    }
  }
  std::printf("%zu homes\n", records.size());
  return absl::OkStatus();
}

}  // namespace

int RunCare(const std::vector<std::string>& args) {
  if (args.empty() || args[0] == "help") {
    std::fputs(kCareUsage, args.empty() ? stderr : stdout);
    return args.empty() ? 2 : 0;
  }
  if (absl::Status status = CheckCommandLine({}); !status.ok()) return ComplainOfUsage(status);
  const bool moves = args[0] == "import" || args[0] == "export";
  absl::StatusOr<CareCommand> command = CareCommand();
  if (moves && args.size() != 2)
    return ComplainOfUsage(absl::InvalidArgumentError(args[0] + ": which folder?"));
  if (!moves) command = ParseCareCommand(args);
  absl::Status usage = command.status();
  if (usage.ok())
    usage = moves ? CheckMoveFlags(args[0], GivenFlags()) : CheckCareFlags(*command, GivenFlags());
  if (!usage.ok()) return ComplainOfUsage(usage);
  absl::StatusOr<std::unique_ptr<CareClient>> client = ConnectCare();
  if (!client.ok()) return Complain(client.status());
  const absl::Status done = args[0] == "import"   ? Import(**client, args[1])
                            : args[0] == "export" ? Export(**client, args[1])
                                                  : CareTerminal(**client).Run(*std::move(command));
  return done.ok() ? 0 : ComplainOfCare(done, (*client)->options());
}

}  // namespace veille::client
