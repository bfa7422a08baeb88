#include "services/care/app/requests.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"

#include "veille/care/v1/care_service.pb.h"

#include "common/base/status_macros.h"
#include "services/care/app/bad_request.h"
#include "services/care/core/hidden_fields.h"
#include "services/care/core/home_change.h"

namespace veille::care {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kMaxPage = 500, kDefaultPage = 50;

struct Noun {
  std::string_view name;  // As methods have it.
  Kind kind;
};

constexpr Noun kNouns[] = {
    {"Home", Kind::kHome},     {"Source", Kind::kSource},     {"Device", Kind::kDevice},
    {"Room", Kind::kRoom},     {"Patient", Kind::kPatient},   {"Zone", Kind::kZone},
    {"Member", Kind::kMember}, {"Consent", Kind::kConsent},   {"Grant", Kind::kGrant},
    {"Circle", Kind::kCircle}, {"CarePlan", Kind::kCarePlan}, {"Context", Kind::kContext},
};

// Fields of a request by name; what it has not is empty.
class Fields {
 public:
  explicit Fields(const Message& message) : message_(message) {}
  std::string Text(const char* name) const {
    const FieldDescriptor* field = Find(name);
    return field == nullptr ? "" : message_.GetReflection()->GetString(message_, field);
  }
  bool Flag(const char* name) const {
    const FieldDescriptor* field = Find(name);
    return field != nullptr && message_.GetReflection()->GetBool(message_, field);
  }
  int Int(const char* name) const {
    const FieldDescriptor* field = Find(name);
    return field == nullptr ? 0 : message_.GetReflection()->GetInt32(message_, field);
  }
  uint64_t Number(const char* name) const {
    const FieldDescriptor* field = Find(name);
    return field == nullptr ? 0 : message_.GetReflection()->GetUInt64(message_, field);
  }
  const Message& Sub(const char* name) const {
    return message_.GetReflection()->GetMessage(message_, Find(name));
  }
  bool Has(const char* name) const {
    const FieldDescriptor* field = Find(name);
    return field != nullptr && message_.GetReflection()->HasField(message_, field);
  }

 private:
  const FieldDescriptor* Find(const char* name) const {
    return message_.GetDescriptor()->FindFieldByName(name);
  }
  const Message& message_;
};

const FieldDescriptor* FieldOf(const Message& message, const char* name) {
  return message.GetDescriptor()->FindFieldByName(name);
}

void SetText(Message& message, const char* name, const std::string& text) {
  message.GetReflection()->SetString(&message, FieldOf(message, name), text);
}

// The one list of a response.
const FieldDescriptor* ListOf(const Message& response) {
  const auto* type = response.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i)
    if (type->field(i)->is_repeated()) return type->field(i);
  return nullptr;
}

const std::string& PatientOf(const Target& target) {
  return target.kind == Kind::kPatient ? target.id : target.patient_id;
}

absl::Status Answer(absl::StatusOr<View> view, const Call& call, const Target& target,
                    Message& response) {
  VEILLE_RETURN_IF_ERROR(view.status());
  const auto* reflection = response.GetReflection();
  Message& item =
      *reflection->MutableMessage(&response, FieldOf(response, RequestFieldOf(target.kind)));
  item.CopyFrom(*view->item);
  HideFields(call.caller, *view->home, PatientOf(target), item);
  SetText(response, "etag", view->etag);
  for (const char* name : {"revision", "revision_now"})
    if (const FieldDescriptor* field = FieldOf(response, name); field != nullptr)
      reflection->SetUInt64(&response, field, view->revision);
  return absl::OkStatus();
}

int LimitOf(const Fields& fields) {
  return fields.Int("page_size") == 0 ? kDefaultPage : fields.Int("page_size");
}

absl::Status List(CareDesk& desk, const Call& call, const Noun& noun, const Target& target,
                  const Fields& fields, Message& response) {
  const auto* reflection = response.GetReflection();
  const FieldDescriptor* list = ListOf(response);
  if (noun.kind == Kind::kHome) {
    VEILLE_ASSIGN_OR_RETURN(HomePage page,
                            desk.ListHomes(call, LimitOf(fields), fields.Text("page_token")));
    for (v1::HomeRecord& home : page.homes) reflection->AddMessage(&response, list)->CopyFrom(home);
    SetText(response, "next_page_token", page.next);
    return absl::OkStatus();
  }
  VEILLE_ASSIGN_OR_RETURN(const Page page,
                          desk.List(call, target, LimitOf(fields), fields.Text("page_token")));
  for (const Message* item : page.items) {
    Message& shown = *reflection->AddMessage(&response, list);
    shown.CopyFrom(*item);
    HideFields(call.caller, *page.home, PatientOf(target), shown);
  }
  SetText(response, "next_page_token", page.next);
  return absl::OkStatus();
}

absl::Status ListPlans(CareDesk& desk, const Call& call, const Target& target, const Fields& fields,
                       v1::ListCarePlanRevisionsResponse& response) {
  uint64_t before = 0;
  const std::string token = fields.Text("page_token");
  if (!token.empty() && !absl::SimpleAtoi(token, &before))
    return BadRequest({{"page_token", "is not one that ListCarePlanRevisions gave"}});
  VEILLE_ASSIGN_OR_RETURN(PlanPage page, desk.ListPlans(call, target, LimitOf(fields), before));
  for (store::v1::StoredPlan& plan : page.plans) {
    v1::CarePlanRevision& revision = *response.add_revisions();
    revision.set_revision(plan.revision());
    revision.mutable_care_plan()->Swap(plan.mutable_care_plan());
    *revision.mutable_time() = plan.time();
    revision.set_actor(plan.actor());
    revision.set_action(plan.action());
  }
  if (page.next != 0) response.set_next_page_token(std::to_string(page.next));
  return absl::OkStatus();
}

absl::Status CheckRequest(const Message& request, const Fields& fields) {
  std::vector<domain::HomeFault> faults = CheckLimits(request);
  if (fields.Int("page_size") < 0 || fields.Int("page_size") > kMaxPage)
    faults.push_back({"page_size", "must be 0 to 500"});
  return BadRequest(faults);
}

// Of a request about one resource or a list of them.
Target TargetOf(const Noun& noun, const Fields& fields) {
  Target target;
  target.kind = noun.kind;
  target.home_id = fields.Text("home_id");
  target.patient_id = IsOfPatient(noun.kind) ? fields.Text("patient_id") : "";
  if (noun.kind != Kind::kHome) target.id = fields.Text(IdFieldOf(noun.kind));
  return target;
}

absl::Status CheckTarget(const Target& target, bool creates) {
  std::vector<domain::HomeFault> faults;
  const bool made = creates && target.kind == Kind::kHome;
  if (target.home_id.empty() && !made) faults.push_back({"home_id", "is required"});
  if (IsOfPatient(target.kind) && target.patient_id.empty())
    faults.push_back({"patient_id", "is required"});
  return BadRequest(faults);
}

// Ids say which resource it is: whoever means to change one would otherwise believe that he had.
absl::Status CheckMask(const Noun& noun, const google::protobuf::FieldMask& mask) {
  std::vector<domain::HomeFault> faults;
  for (const std::string& path : mask.paths()) {
    const bool is_id = path == IdFieldOf(noun.kind) || path == "home_id" ||
                       (IsOfPatient(noun.kind) && path == "patient_id");
    if (is_id)
      faults.push_back({std::string(RequestFieldOf(noun.kind)) + "." + path,
                        "an id stays as it is: create another, and delete this one"});
  }
  return BadRequest(faults);
}

absl::Status Change(CareDesk& desk, const Call& call, std::string_view verb, const Noun& noun,
                    Target target, const Fields& fields, Message& response) {
  const char* field = RequestFieldOf(noun.kind);
  if (!fields.Has(field)) return BadRequest({{field, "is required"}});
  const Message& item = fields.Sub(field);
  Terms terms;
  terms.etag = fields.Text("etag");
  terms.request_id = fields.Text("request_id");
  terms.allow_missing = fields.Flag("allow_missing");
  terms.validate_only = fields.Flag("validate_only");
  if (noun.kind == Kind::kHome) target.home_id = IdOf(noun.kind, item);
  VEILLE_RETURN_IF_ERROR(CheckTarget(target, verb == "Create"));
  if (verb == "Create")
    return Answer(desk.Create(call, target, item, terms), call, target, response);
  if (noun.kind != Kind::kHome) target.id = IdOf(noun.kind, item);
  const auto& mask = static_cast<const google::protobuf::FieldMask&>(fields.Sub("update_mask"));
  VEILLE_RETURN_IF_ERROR(CheckMask(noun, mask));
  return Answer(desk.Update(call, target, item, mask, terms), call, target, response);
}

absl::Status HandleNoun(CareDesk& desk, const Call& call, std::string_view verb, const Noun& noun,
                        const Fields& fields, Message& response) {
  const Target target = TargetOf(noun, fields);
  if (verb == "Create" || verb == "Update")
    return Change(desk, call, verb, noun, target, fields, response);
  const bool all_homes = verb == "List" && noun.kind == Kind::kHome;
  if (!all_homes) VEILLE_RETURN_IF_ERROR(CheckTarget(target, false));
  if (verb == "List") return List(desk, call, noun, target, fields, response);
  if (verb == "Delete") return desk.Delete(call, target, {.etag = fields.Text("etag")});
  if (verb == "Rollback") {
    return Answer(
        desk.Rollback(call, target, fields.Number("revision"), {.etag = fields.Text("etag")}), call,
        target, response);
  }
  if (verb != "Get") return absl::UnimplementedError("there is no such method");
  const uint64_t revision = fields.Number("revision");
  return Answer(revision == 0 ? desk.Get(call, target) : desk.GetPlan(call, target, revision), call,
                target, response);
}

}  // namespace

absl::Status Handle(CareDesk& desk, const Call& call, const Message& request, Message& response) {
  const Fields fields(request);
  VEILLE_RETURN_IF_ERROR(CheckRequest(request, fields));
  const std::string_view method = call.method;
  if (method == "ListCarePlanRevisions") {
    const Target target{Kind::kCarePlan, fields.Text("home_id"), fields.Text("patient_id"), ""};
    VEILLE_RETURN_IF_ERROR(CheckTarget(target, false));
    return ListPlans(desk, call, target, fields,
                     static_cast<v1::ListCarePlanRevisionsResponse&>(response));
  }
  for (const std::string_view verb : {"List", "Get", "Create", "Update", "Delete", "Rollback"}) {
    if (method.substr(0, verb.size()) != verb) continue;
    std::string_view name = method.substr(verb.size());
    if (verb == "List" && !name.empty()) name.remove_suffix(1);
    for (const Noun& noun : kNouns)
      if (noun.name == name) return HandleNoun(desk, call, verb, noun, fields, response);
  }
  return absl::UnimplementedError("there is no such method");
}

}  // namespace veille::care
