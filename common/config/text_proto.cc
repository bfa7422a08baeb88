#include "common/config/text_proto.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "google/protobuf/io/tokenizer.h"

#include "common/base/file.h"

namespace veille::config {
namespace {

using google::protobuf::TextFormat;

std::string Place(const std::string& name, int line, int column) {
  // Protobuf counts from 0, editors from 1; −1 means that the place is not known.
  if (line < 0) return name;
  return name + ":" + std::to_string(line + 1) + ":" + std::to_string(column + 1);
}

class Collector : public google::protobuf::io::ErrorCollector {
 public:
  Collector(const std::string& name, Faults& faults) : name_(name), faults_(faults) {}
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    faults_.Add(Place(name_, line, column), "", message);
  }

 private:
  const std::string& name_;
  Faults& faults_;
};

}  // namespace

bool TextProtoFile::Load(const std::string& path, google::protobuf::Message& message,
                         Faults& faults) {
  absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) {
    faults.Add(path, "", std::string(text.status().message()));
    return false;
  }
  return Parse(path, *text, message, faults);
}

bool TextProtoFile::Parse(const std::string& name, const std::string& text,
                          google::protobuf::Message& message, Faults& faults) {
  name_ = name;
  descriptor_ = message.GetDescriptor();
  places_ = std::make_unique<TextFormat::ParseInfoTree>();
  Collector collector(name_, faults);
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&collector);
  parser.WriteLocationsTo(places_.get());
  return parser.ParseFromString(text, &message);
}

std::string TextProtoFile::PlaceOf(const std::string& field_path) const {
  const TextFormat::ParseInfoTree* tree = places_.get();
  const google::protobuf::Descriptor* type = descriptor_;
  std::string place = name_;
  std::string_view rest = field_path;
  while (tree != nullptr && type != nullptr && !rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('.'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    const auto bracket = part.find('[');
    const int index = bracket == std::string_view::npos
                          ? -1
                          : std::atoi(std::string(part.substr(bracket + 1)).c_str());
    const auto* field = type->FindFieldByName(std::string(part.substr(0, bracket)));
    if (field == nullptr) break;
    const int at = field->is_repeated() ? std::max(index, 0) : -1;
    const TextFormat::ParseLocation location = tree->GetLocation(field, at);
    if (location.line < 0) break;
    place = Place(name_, location.line, location.column);
    tree = tree->GetTreeForNested(field, at);
    type = field->message_type();
  }
  return place;
}

}  // namespace veille::config
