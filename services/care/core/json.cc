#include "services/care/core/json.h"

#include "absl/strings/str_format.h"

namespace veille::care {
namespace {

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += absl::StrFormat("\\u%04x", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

Json Json::Text(std::string_view text) {
  Json json;
  json.kind_ = Kind::kText;
  json.text_ = text;
  return json;
}

Json Json::Number(double number) { return Raw(absl::StrFormat("%.10g", number)); }
Json Json::Flag(bool flag) { return Raw(flag ? "true" : "false"); }

Json Json::List(std::vector<Json> items) {
  Json json;
  json.kind_ = Kind::kList;
  json.items_ = std::move(items);
  return json;
}

Json Json::Raw(std::string text) {
  Json json;
  json.kind_ = Kind::kRaw;
  json.text_ = std::move(text);
  return json;
}

Json& Json::Set(const std::string& name, Json value) {
  if (!value.empty()) fields_.emplace_back(name, std::move(value));
  return *this;
}

bool Json::empty() const {
  if (kind_ == Kind::kObject) return fields_.empty();
  return kind_ == Kind::kList ? items_.empty() : text_.empty();
}

std::string Json::ToString() const {
  if (kind_ == Kind::kText) return Quoted(text_);
  if (kind_ == Kind::kRaw) return text_;
  std::string out;
  for (const Json& item : items_) out += (out.empty() ? "" : ",") + item.ToString();
  if (kind_ == Kind::kList) return "[" + out + "]";
  for (const auto& [name, value] : fields_)
    out += (out.empty() ? "" : ",") + Quoted(name) + ":" + value.ToString();
  return "{" + out + "}";
}

}  // namespace veille::care
