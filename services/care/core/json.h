// JSON that keeps its fields in the order in which they were set. Values only, no parser. Pure.

#ifndef SERVICES_CARE_CORE_JSON_H_
#define SERVICES_CARE_CORE_JSON_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veille::care {

class Json {
 public:
  Json() = default;  // An object without fields.
  static Json Text(std::string_view text);
  static Json Number(double number);
  static Json Flag(bool flag);
  static Json List(std::vector<Json> items);
  // Is written as it stands: JSON that somebody else has made.
  static Json Raw(std::string json);

  // A field that has nothing to say (no text, no items, no fields) is left out.
  Json& Set(const std::string& name, Json value);
  Json& Set(const std::string& name, std::string_view text) { return Set(name, Text(text)); }

  bool empty() const;
  std::string ToString() const;

 private:
  enum class Kind { kObject, kList, kText, kRaw };
  Kind kind_ = Kind::kObject;
  std::string text_;
  std::vector<Json> items_;
  std::vector<std::pair<std::string, Json>> fields_;
};

}  // namespace veille::care

#endif  // SERVICES_CARE_CORE_JSON_H_
