#include "services/care/core/resource.h"

#include <algorithm>

#include "google/protobuf/util/field_mask_util.h"

#include "common/base/digest.h"
#include "common/base/status_macros.h"

namespace veille::care {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::FieldMask;
using google::protobuf::Message;
using google::protobuf::util::FieldMaskUtil;

struct KindInfo {
  const char* name;
  bool of_patient;
  const char* within;    // The field of the person that holds the list, where it is a level lower.
  const char* field;     // The list, or the one resource.
  const char* id_field;  // Empty where there is one.
  // The field of the resource that says whose it is, where the home lists those of everybody.
  const char* owner_field;
};

// In the order of Kind.
constexpr KindInfo kKinds[] = {
    {"home", false, "", "", "home_id", ""},
    {"source", false, "", "sources", "source_id", ""},
    {"device", false, "", "devices", "device_id", ""},
    {"room", false, "", "rooms", "name", ""},
    {"patient", false, "", "patients", "patient_id", ""},
    {"zone", true, "", "zones", "name", ""},
    {"member", true, "circle", "members", "caregiver_id", ""},
    {"consent", true, "", "consents", "consent_id", "patient_id"},
    {"grant", true, "", "grants", "caregiver_id", "patient_id"},
    {"circle", true, "", "circle", "", ""},
    {"plan", true, "", "care_plan", "", ""},
    {"context", true, "", "context", "", ""},
};

const KindInfo& InfoOf(Kind kind) { return kKinds[static_cast<int>(kind)]; }

// The message that has the kind's field, and where it stands.
struct Holder {
  const Message* message = nullptr;
  std::string path;
};

absl::StatusOr<Holder> HolderOf(const v1::HomeRecord& home, const Target& target) {
  const KindInfo& info = InfoOf(target.kind);
  if (!info.of_patient) return Holder{&home, ""};
  for (int i = 0; i < home.patients_size(); ++i) {
    if (home.patients(i).patient_id() != target.patient_id) continue;
    if (*info.owner_field != 0) return Holder{&home, ""};
    Holder holder{&home.patients(i), "patients[" + std::to_string(i) + "]."};
    if (*info.within == 0) return holder;
    const auto* field = holder.message->GetDescriptor()->FindFieldByName(info.within);
    holder.message = &holder.message->GetReflection()->GetMessage(*holder.message, field);
    holder.path += std::string(info.within) + ".";
    return holder;
  }
  return absl::NotFoundError("patient_id: nobody of this id lives in the home '" + target.home_id +
                             "'");
}

// The same, to be changed. What was found as const is ours: `home` is not.
Message& Mutable(const KindInfo& info, const Target& target, v1::HomeRecord& home) {
  if (!info.of_patient || *info.owner_field != 0) return home;
  for (v1::Patient& patient : *home.mutable_patients()) {
    if (patient.patient_id() != target.patient_id) continue;
    if (*info.within == 0) return patient;
    return *patient.GetReflection()->MutableMessage(
        &patient, patient.GetDescriptor()->FindFieldByName(info.within));
  }
  return home;
}

const FieldDescriptor* FieldOf(const KindInfo& info, const Message& holder) {
  return holder.GetDescriptor()->FindFieldByName(info.field);
}

// True unless it is somebody else's.
bool IsOf(const Target& target, const Message& item) {
  const char* owner = InfoOf(target.kind).owner_field;
  return *owner == 0 ||
         item.GetReflection()->GetString(item, item.GetDescriptor()->FindFieldByName(owner)) ==
             target.patient_id;
}

void SetOwner(const Target& target, Message& item) {
  const char* owner = InfoOf(target.kind).owner_field;
  if (*owner == 0) return;
  item.GetReflection()->SetString(&item, item.GetDescriptor()->FindFieldByName(owner),
                                  target.patient_id);
}

// -1 when it is not there.
int IndexOf(const Target& target, const Message& holder) {
  const FieldDescriptor* list = FieldOf(InfoOf(target.kind), holder);
  const auto* reflection = holder.GetReflection();
  for (int i = 0; i < reflection->FieldSize(holder, list); ++i) {
    const Message& item = reflection->GetRepeatedMessage(holder, list, i);
    if (IdOf(target.kind, item) == target.id && IsOf(target, item)) return i;
  }
  return -1;
}

absl::Status NotThere(const Target& target) {
  return absl::NotFoundError(std::string("there is no ") + NameOf(target.kind) + " '" + target.id +
                             "' here");
}

bool IsSingular(Kind kind) { return *InfoOf(kind).id_field == 0; }

absl::Status CheckMask(const FieldMask& mask, const Message& item) {
  if (mask.paths().empty()) {
    return absl::InvalidArgumentError(
        "update_mask: name the fields that change, or \"*\" for all of them");
  }
  for (const std::string& path : mask.paths()) {
    if (path == "*" && mask.paths_size() == 1) return absl::OkStatus();
    if (!FieldMaskUtil::GetFieldDescriptors(item.GetDescriptor(), path, nullptr)) {
      return absl::InvalidArgumentError("update_mask: '" + path + "' is no field of " +
                                        item.GetDescriptor()->name());
    }
  }
  return absl::OkStatus();
}

// Both are of the same type.
void Merge(const Target& target, const Message& item, const FieldMask& mask, Message& into) {
  const Kind kind = target.kind;
  const std::string id = IsSingular(kind) ? "" : IdOf(kind, into);
  if (mask.paths(0) == "*") {
    into.CopyFrom(item);
  } else {
    FieldMaskUtil::MergeOptions options;
    options.set_replace_message_fields(true);
    options.set_replace_repeated_fields(true);
    FieldMaskUtil::MergeMessageTo(item, mask, options, &into);
  }
  if (!IsSingular(kind)) SetId(kind, id, into);
  SetOwner(target, into);
}

}  // namespace

const char* NameOf(Kind kind) { return InfoOf(kind).name; }
const char* RequestFieldOf(Kind kind) {
  return IsSingular(kind) ? InfoOf(kind).field : InfoOf(kind).name;
}
bool IsOfPatient(Kind kind) { return InfoOf(kind).of_patient; }
const char* IdFieldOf(Kind kind) { return InfoOf(kind).id_field; }

std::string IdOf(Kind kind, const Message& item) {
  const auto* field = item.GetDescriptor()->FindFieldByName(InfoOf(kind).id_field);
  return field == nullptr ? "" : item.GetReflection()->GetString(item, field);
}

void SetId(Kind kind, const std::string& id, Message& item) {
  const auto* field = item.GetDescriptor()->FindFieldByName(InfoOf(kind).id_field);
  if (field != nullptr) item.GetReflection()->SetString(&item, field, id);
}

std::string EtagOf(const Message& item) { return Sha256Hex16(item.SerializeAsString()); }

absl::StatusOr<const Message*> FindItem(const v1::HomeRecord& home, const Target& target) {
  if (target.kind == Kind::kHome) return &home;
  VEILLE_ASSIGN_OR_RETURN(const Holder holder, HolderOf(home, target));
  const FieldDescriptor* field = FieldOf(InfoOf(target.kind), *holder.message);
  const auto* reflection = holder.message->GetReflection();
  if (IsSingular(target.kind)) return &reflection->GetMessage(*holder.message, field);
  const int index = IndexOf(target, *holder.message);
  if (index < 0) return NotThere(target);
  return &reflection->GetRepeatedMessage(*holder.message, field, index);
}

absl::StatusOr<std::vector<const Message*>> ListItems(const v1::HomeRecord& home,
                                                      const Target& target) {
  VEILLE_ASSIGN_OR_RETURN(const Holder holder, HolderOf(home, target));
  const FieldDescriptor* list = FieldOf(InfoOf(target.kind), *holder.message);
  const auto* reflection = holder.message->GetReflection();
  std::vector<const Message*> items;
  const int count = reflection->FieldSize(*holder.message, list);
  items.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const Message& item = reflection->GetRepeatedMessage(*holder.message, list, i);
    if (IsOf(target, item)) items.push_back(&item);
  }
  std::sort(items.begin(), items.end(), [&](const Message* a, const Message* b) {
    return IdOf(target.kind, *a) < IdOf(target.kind, *b);
  });
  return items;
}

absl::Status AddItem(const Target& target, const Message& item, v1::HomeRecord& home) {
  VEILLE_RETURN_IF_ERROR(HolderOf(home, target).status());
  Message& holder = Mutable(InfoOf(target.kind), target, home);
  if (IndexOf(target, holder) >= 0) {
    return absl::AlreadyExistsError(std::string("there is a ") + NameOf(target.kind) + " '" +
                                    target.id + "' already: change it, or take another id");
  }
  Message& added =
      *holder.GetReflection()->AddMessage(&holder, FieldOf(InfoOf(target.kind), holder));
  added.CopyFrom(item);
  SetOwner(target, added);
  return absl::OkStatus();
}

absl::Status ChangeItem(const Target& target, const Message& item, const FieldMask& mask,
                        v1::HomeRecord& home) {
  VEILLE_RETURN_IF_ERROR(CheckMask(mask, item));
  if (target.kind == Kind::kHome) {
    Merge(target, item, mask, home);
    return absl::OkStatus();
  }
  VEILLE_RETURN_IF_ERROR(FindItem(home, target).status());
  Message& holder = Mutable(InfoOf(target.kind), target, home);
  const FieldDescriptor* field = FieldOf(InfoOf(target.kind), holder);
  const auto* reflection = holder.GetReflection();
  Message* into = IsSingular(target.kind)
                      ? reflection->MutableMessage(&holder, field)
                      : reflection->MutableRepeatedMessage(&holder, field, IndexOf(target, holder));
  Merge(target, item, mask, *into);
  return absl::OkStatus();
}

absl::Status RemoveItem(const Target& target, v1::HomeRecord& home) {
  VEILLE_RETURN_IF_ERROR(FindItem(home, target).status());
  Message& holder = Mutable(InfoOf(target.kind), target, home);
  const FieldDescriptor* list = FieldOf(InfoOf(target.kind), holder);
  const auto* reflection = holder.GetReflection();
  for (int i = IndexOf(target, holder); i + 1 < reflection->FieldSize(holder, list); ++i)
    reflection->SwapElements(&holder, list, i, i + 1);
  reflection->RemoveLast(&holder, list);
  return absl::OkStatus();
}

std::string PathOf(const v1::HomeRecord& home, const Target& target) {
  if (target.kind == Kind::kHome) return "";
  const absl::StatusOr<Holder> holder = HolderOf(home, target);
  if (!holder.ok()) return "";
  const std::string path = holder->path + InfoOf(target.kind).field;
  if (IsSingular(target.kind)) return path;
  const int index = IndexOf(target, *holder->message);
  return index < 0 ? "" : path + "[" + std::to_string(index) + "]";
}

}  // namespace veille::care
