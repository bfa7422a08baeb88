#include "services/client/care_fields.h"

#include <algorithm>
#include <cctype>
#include <memory>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/timestamp.pb.h"

#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "services/client/render.h"
#include "services/client/utf8.h"

namespace veille::client {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::TextFormat;

std::string Upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return c == '-' ? '_' : static_cast<char>(std::toupper(c));
  });
  return text;
}

// "ROLE_" of ROLE_UNSPECIFIED.
std::string PrefixOf(const EnumDescriptor& type) {
  const std::string zero = type.value(0)->name();
  const std::size_t at = zero.rfind("UNSPECIFIED");
  return at == std::string::npos ? "" : zero.substr(0, at);
}

absl::Status Wrong(const std::string& path, const std::string& value, const std::string& right) {
  return absl::InvalidArgumentError(path + ": '" + value + "' is not " + right);
}

absl::StatusOr<int> EnumNumber(const std::string& path, const std::string& value,
                               const EnumDescriptor& type) {
  const std::string prefix = PrefixOf(type);
  for (const std::string& name : {Upper(value), prefix + Upper(value)})
    if (const auto* found = type.FindValueByName(name); found != nullptr) return found->number();
  std::string known;
  for (int i = 1; i < type.value_count(); ++i) {
    std::string name = type.value(i)->name().substr(prefix.size());
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    known += (known.empty() ? "" : ", ") + name;
  }
  return Wrong(path, value, "one of " + known);
}

absl::Status SetSpan(const std::string& path, const std::string& value, Message& message) {
  absl::Duration span;
  if (!absl::ParseDuration(value, &span)) return Wrong(path, value, "a span like 90s or 2h");
  google::protobuf::Duration proto;
  proto.set_seconds(absl::ToInt64Seconds(span));
  proto.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(span - absl::Seconds(proto.seconds()))));
  message.CopyFrom(proto);
  return absl::OkStatus();
}

absl::Status SetStamp(const std::string& path, const std::string& value, Message& message) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, value, &time, &error) &&
      !absl::ParseTime("%Y-%m-%d %H:%M", value, &time, &error) &&
      !absl::ParseTime("%Y-%m-%d", value, &time, &error))
    return Wrong(path, value,
                 "a time like 2026-12-24T10:00:00+01:00 or \"2026-12-24 10:00\" (UTC)");
  google::protobuf::Timestamp proto;
  SetTime(time, proto);
  message.CopyFrom(proto);
  return absl::OkStatus();
}

// Sets, or adds where the field is a list, one plain value.
absl::Status SetPlain(const std::string& path, const std::string& value,
                      const FieldDescriptor& field, Message& message) {
  const auto* reflection = message.GetReflection();
  const bool list = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      list ? reflection->AddString(&message, &field, value)
           : reflection->SetString(&message, &field, value);
      return absl::OkStatus();
    case FieldDescriptor::CPPTYPE_ENUM: {
      VEILLE_ASSIGN_OR_RETURN(const int number, EnumNumber(path, value, *field.enum_type()));
      list ? reflection->AddEnumValue(&message, &field, number)
           : reflection->SetEnumValue(&message, &field, number);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      if (value != "true" && value != "false") return Wrong(path, value, "true or false");
      break;
    default: {
      double number = 0;
      if (!absl::SimpleAtod(value, &number)) return Wrong(path, value, "a number");
    }
  }
  // Numbers and switches as the text format reads them, with its ranges.
  const std::string text = field.name() + ": " + value;
  if (!TextFormat::MergeFromString(text, &message))
    return Wrong(path, value, "what this field can hold");
  return absl::OkStatus();
}

absl::Status SetMessage(const std::string& path, const std::string& value,
                        const FieldDescriptor& field, Message& message) {
  const auto* reflection = message.GetReflection();
  const std::string type = field.message_type()->full_name();
  if (!field.is_repeated() && type == "google.protobuf.Duration")
    return SetSpan(path, value, *reflection->MutableMessage(&message, &field));
  if (!field.is_repeated() && type == "google.protobuf.Timestamp")
    return SetStamp(path, value, *reflection->MutableMessage(&message, &field));
  const bool bracketed = value[0] == '{' || value[0] == '[';
  const std::string text = field.name() + (bracketed ? ": " + value : " { " + value + " }");
  if (!TextFormat::MergeFromString(text, &message))
    return Wrong(path, value, "protobuf text of " + field.message_type()->name());
  return absl::OkStatus();
}

absl::Status SetHere(const std::string& path, const std::string& value,
                     const FieldDescriptor& field, Message& message) {
  message.GetReflection()->ClearField(&message, &field);
  if (value.empty()) return absl::OkStatus();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
    return SetMessage(path, value, field, message);
  if (!field.is_repeated()) return SetPlain(path, value, field, message);
  const std::vector<std::string> parts = absl::StrSplit(value, ',');
  for (const std::string& part : parts)
    VEILLE_RETURN_IF_ERROR(SetPlain(path, part, field, message));
  return absl::OkStatus();
}

// "patients[0]": the field, and the index, -1 without one.
absl::StatusOr<const FieldDescriptor*> ParsePart(const std::string& path, const std::string& part,
                                                 const Message& message, int& index) {
  const std::size_t bracket = part.find('[');
  index = -1;
  if (bracket != std::string::npos &&
      (part.back() != ']' ||
       !absl::SimpleAtoi(part.substr(bracket + 1, part.size() - bracket - 2), &index) || index < 0))
    return absl::InvalidArgumentError(path + ": '" + part + "' is no field");
  const auto* field = message.GetDescriptor()->FindFieldByName(part.substr(0, bracket));
  if (field != nullptr) return field;
  std::string known;
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i)
    known += (i == 0 ? "" : ", ") + message.GetDescriptor()->field(i)->name();
  return absl::InvalidArgumentError(path + ": '" + part + "' is no field; there are " + known);
}

void FlattenInto(const std::string& path, const Message& message,
                 std::map<std::string, std::string>& values) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  const auto add = [&](const FieldDescriptor* field, int index, const std::string& name) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const Message& sub = index < 0 ? reflection->GetMessage(message, field)
                                     : reflection->GetRepeatedMessage(message, field, index);
      const std::string type = sub.GetDescriptor()->full_name();
      if (type == "google.protobuf.Duration") {
        const auto& span = static_cast<const google::protobuf::Duration&>(sub);
        values[name] =
            absl::FormatDuration(absl::Seconds(span.seconds()) + absl::Nanoseconds(span.nanos()));
      } else if (type == "google.protobuf.Timestamp") {
        values[name] = absl::FormatTime(
            ToTime(static_cast<const google::protobuf::Timestamp&>(sub)), absl::UTCTimeZone());
      } else {
        FlattenInto(name + ".", sub, values);
      }
      return;
    }
    TextFormat::PrintFieldValueToString(message, field, index, &values[name]);
  };
  for (const FieldDescriptor* field : fields) {
    const std::string name = path + field->name();
    if (!field->is_repeated()) {
      add(field, -1, name);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i)
      add(field, i, name + "[" + std::to_string(i) + "]");
  }
}

// People read times, the text format seconds: the one as a remark beside the other. In one line,
// which nobody reads back, the time alone.
class TimePrinter final : public TextFormat::MessagePrinter {
 public:
  void Print(const Message& message, bool single_line_mode,
             TextFormat::BaseTextGenerator* generator) const override {
    const auto& stamp = static_cast<const google::protobuf::Timestamp&>(message);
    const std::string time =
        absl::FormatTime(absl::RFC3339_full, ToTime(stamp), absl::UTCTimeZone());
    if (single_line_mode) {
      generator->PrintString(time + " ");
      return;
    }
    generator->PrintString("# " + time + "\n");
    if (stamp.seconds() != 0)
      generator->PrintString("seconds: " + std::to_string(stamp.seconds()) + "\n");
    if (stamp.nanos() != 0)
      generator->PrintString("nanos: " + std::to_string(stamp.nanos()) + "\n");
  }
};

std::string Print(const Message& message, bool one_line) {
  TextFormat::Printer printer;
  auto times = std::make_unique<TimePrinter>();
  // It owns the one that it takes.
  if (printer.RegisterMessagePrinter(google::protobuf::Timestamp::descriptor(), times.get()))
    static_cast<void>(times.release());
  printer.SetUseUtf8StringEscaping(true);
  printer.SetSingleLineMode(one_line);
  std::string text;
  printer.PrintToString(message, &text);
  while (one_line && !text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace

absl::Status SetField(const std::string& path, const std::string& value, Message& message) {
  // Protobuf would send it, and nobody could read it.
  if (!IsUtf8(value)) return absl::InvalidArgumentError(path + ": the value is not UTF-8");
  Message* at = &message;
  const std::vector<std::string> parts = absl::StrSplit(path, '.');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    int index = -1;
    VEILLE_ASSIGN_OR_RETURN(const FieldDescriptor* field, ParsePart(path, parts[i], *at, index));
    const auto* reflection = at->GetReflection();
    if (i + 1 == parts.size() && index < 0) return SetHere(path, value, *field, *at);
    const bool is_list = field->is_repeated();
    if (is_list && field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      return absl::InvalidArgumentError(path + ": '" + field->name() +
                                        "' is a list of plain values: all of them at once, " +
                                        field->name() + "=A,B");
    }
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || is_list != (index >= 0) ||
        i + 1 == parts.size())
      return absl::InvalidArgumentError(path + ": '" + parts[i] + "' has no fields of its own");
    if (!is_list) {
      at = reflection->MutableMessage(at, field);
      continue;
    }
    const int size = reflection->FieldSize(*at, field);
    if (index > size) {
      return absl::InvalidArgumentError(path + ": '" + parts[i] +
                                        "' is behind the end; the next is " + field->name() + "[" +
                                        std::to_string(size) + "]");
    }
    at = index == size ? reflection->AddMessage(at, field)
                       : reflection->MutableRepeatedMessage(at, field, index);
  }
  return absl::OkStatus();
}

std::map<std::string, std::string> Flatten(const Message& message) {
  std::map<std::string, std::string> values;
  FlattenInto("", message, values);
  return values;
}

std::string ToText(const Message& message) { return Print(message, false); }
std::string ToLine(const Message& message) { return Print(message, true); }

}  // namespace veille::client
