#include "services/care/core/home_change.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace veille::care {
namespace {

using domain::HomeFault;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Years 1 to 9999, and 10,000 years: what their JSON form can say.
constexpr int64_t kFirstSecond = -62135596800, kLastSecond = 253402300799;
constexpr int64_t kLongestSeconds = 315576000000;
constexpr int kNanos = 1000000000;

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
  });
}

bool IsTime(const google::protobuf::Timestamp& stamp) {
  return stamp.seconds() >= kFirstSecond && stamp.seconds() <= kLastSecond && stamp.nanos() >= 0 &&
         stamp.nanos() < kNanos;
}

bool IsSpan(const google::protobuf::Duration& span) {
  const bool same_sign =
      span.seconds() == 0 || span.nanos() == 0 || (span.seconds() < 0) == (span.nanos() < 0);
  return same_sign && span.seconds() >= -kLongestSeconds && span.seconds() <= kLongestSeconds &&
         span.nanos() > -kNanos && span.nanos() < kNanos;
}

class LimitChecker {
 public:
  void Check(const Message& message, const std::string& path) {
    const auto* reflection = message.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection->ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      const std::string name = path + field->name();
      if (!field->is_repeated()) {
        CheckValue(message, field, -1, name);
        continue;
      }
      const int count = reflection->FieldSize(message, field);
      if (count > kMaxListed) {
        Add(name, "at most 500");
        continue;
      }
      for (int i = 0; i < count; ++i)
        CheckValue(message, field, i, name + "[" + std::to_string(i) + "]");
    }
  }
  std::vector<HomeFault> Take() { return std::move(faults_); }

 private:
  // Of a list where `index` is not -1.
  void CheckValue(const Message& message, const FieldDescriptor* field, int index,
                  const std::string& name) {
    const auto* reflection = message.GetReflection();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      std::string scratch;
      const std::string& text =
          index < 0 ? reflection->GetStringReference(message, field, &scratch)
                    : reflection->GetRepeatedStringReference(message, field, index, &scratch);
      if (text.size() > kMaxText) Add(name, "at most 2048 bytes");
      if (HasControl(text)) Add(name, "must have no control characters");
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      CheckMessage(index < 0 ? reflection->GetMessage(message, field)
                             : reflection->GetRepeatedMessage(message, field, index),
                   name);
    }
  }

  void CheckMessage(const Message& message, const std::string& name) {
    if (const auto* stamp = dynamic_cast<const google::protobuf::Timestamp*>(&message)) {
      if (!IsTime(*stamp)) Add(name, "is no time");
    } else if (const auto* span = dynamic_cast<const google::protobuf::Duration*>(&message)) {
      if (!IsSpan(*span)) Add(name, "is no span of time");
    } else {
      Check(message, name + ".");
    }
  }

  void Add(const std::string& field, const std::string& reason) {
    // Enough to mend by; a message that is wrong everywhere is not answered with a bigger one.
    constexpr std::size_t kShown = 100;
    if (faults_.size() < kShown) faults_.push_back({field, reason});
  }

  std::vector<HomeFault> faults_;
};

// Null when there is none.
const v1::Consent* NewestAboutPositions(const v1::HomeRecord& home, const std::string& patient_id) {
  const v1::Consent* newest = nullptr;
  for (const v1::Consent& consent : home.consents()) {
    if (consent.patient_id() != patient_id) continue;
    const auto& scopes = consent.scopes();
    if (std::find(scopes.begin(), scopes.end(), v1::CONSENT_SCOPE_POSITION) == scopes.end())
      continue;
    if (newest == nullptr || newest->give_time().seconds() <= consent.give_time().seconds())
      newest = &consent;
  }
  return newest;
}

v1::PositionConsent PositionConsentOf(const v1::Consent* consent) {
  if (consent == nullptr) return v1::POSITION_CONSENT_NEVER;
  switch (consent->mode()) {
    case v1::CONSENT_MODE_DURING_ALERTS:
      return v1::POSITION_CONSENT_DURING_ALERTS;
    case v1::CONSENT_MODE_NEVER:
      return v1::POSITION_CONSENT_NEVER;
    default:
      return v1::POSITION_CONSENT_UNSPECIFIED;
  }
}

const v1::Patient* FindPatient(const v1::HomeRecord& home, const std::string& patient_id) {
  for (const v1::Patient& patient : home.patients())
    if (patient.patient_id() == patient_id) return &patient;
  return nullptr;
}

}  // namespace

std::vector<HomeFault> CheckLimits(const Message& item) {
  LimitChecker checker;
  checker.Check(item, "");
  return checker.Take();
}

std::vector<HomeFault> CheckChanged(const v1::HomeRecord& home, const Target& target) {
  std::vector<HomeFault> faults = CheckLimits(home);
  if (faults.empty() && home.ByteSizeLong() > kMaxHomeBytes)
    faults.push_back({"home", "has more than 256 KiB"});
  // Judged only where it is within limits: what is judged is then small.
  if (faults.empty()) faults = domain::CheckHomeRecord(home);
  const std::string path = PathOf(home, target);
  const std::string name = RequestFieldOf(target.kind);
  for (HomeFault& fault : faults) {
    if (target.kind == Kind::kHome && fault.field != name) fault.field = name + "." + fault.field;
    if (path.empty()) continue;
    if (fault.field == path) {
      fault.field = name;
    } else if (fault.field.rfind(path + ".", 0) == 0) {
      fault.field = name + fault.field.substr(path.size());
    }
  }
  return faults;
}

void ApplyConsents(const v1::HomeRecord& before, v1::HomeRecord& after) {
  for (v1::Patient& patient : *after.mutable_patients()) {
    const v1::Consent* old = NewestAboutPositions(before, patient.patient_id());
    const v1::Consent* now = NewestAboutPositions(after, patient.patient_id());
    const bool same = old == nullptr || now == nullptr
                          ? old == now
                          : old->SerializeAsString() == now->SerializeAsString();
    if (!same) patient.mutable_context()->set_position_consent(PositionConsentOf(now));
  }
}

void NamePlan(const v1::CarePlan& before, uint64_t revision, v1::CarePlan& plan) {
  if (plan.version() != before.version() && !plan.version().empty()) return;
  if (plan.SerializeAsString() == before.SerializeAsString()) return;
  plan.set_version("r" + std::to_string(revision));
}

std::vector<const v1::Patient*> ChangedPlans(const v1::HomeRecord& before,
                                             const v1::HomeRecord& after) {
  std::vector<const v1::Patient*> changed;
  for (const v1::Patient& patient : after.patients()) {
    const v1::Patient* was = FindPatient(before, patient.patient_id());
    if (was == nullptr ||
        was->care_plan().SerializeAsString() != patient.care_plan().SerializeAsString())
      changed.push_back(&patient);
  }
  return changed;
}

std::vector<std::string> UniqueIds(const v1::HomeRecord& home) {
  std::vector<std::string> ids;
  for (const v1::Source& source : home.sources()) ids.push_back("source:" + source.source_id());
  for (const v1::Patient& patient : home.patients())
    ids.push_back("patient:" + patient.patient_id());
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace veille::care
