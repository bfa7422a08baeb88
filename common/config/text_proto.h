// Messages in protobuf text format, with errors that name file, line and column.

#ifndef COMMON_CONFIG_TEXT_PROTO_H_
#define COMMON_CONFIG_TEXT_PROTO_H_

#include <memory>
#include <string>

#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"

#include "common/config/faults.h"

namespace veille::config {

// A parsed file, and where each of its fields stands.
class TextProtoFile {
 public:
  // Reads `path` into `message`. What is wrong (unknown fields included) goes into `faults`, every
  // error with its line; false then.
  bool Load(const std::string& path, google::protobuf::Message& message, Faults& faults);
  // The same for text at hand; `name` stands for the file.
  bool Parse(const std::string& name, const std::string& text, google::protobuf::Message& message,
             Faults& faults);

  // "file:line:column" of a field by its path from the root, for example
  // "patients[0].care_plan.night_exit.window"; of the nearest named ancestor where the field itself
  // does not stand in the file.
  std::string PlaceOf(const std::string& field_path) const;

 private:
  std::string name_;
  const google::protobuf::Descriptor* descriptor_ = nullptr;
  std::unique_ptr<google::protobuf::TextFormat::ParseInfoTree> places_;
};

}  // namespace veille::config

#endif  // COMMON_CONFIG_TEXT_PROTO_H_
