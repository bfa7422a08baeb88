#include "services/domain/recordings/csv.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"

#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace veille::domain {
namespace {

bool IsLineEnd(char c) { return c == '\n' || c == '\r'; }

std::string Trimmed(const std::string& text) {
  const auto from = text.find_first_not_of(" \t");
  if (from == std::string::npos) return "";
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

std::string Joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Row by row, with the line on which each begins.
class CsvScanner {
 public:
  explicit CsvScanner(std::string_view text) : text_(text) {}

  // False at the end. Empty lines are passed over. `error` is empty for a good row; after a bad one
  // the scan goes on with the next line, so that a stray quote costs a line and not the file.
  bool Next(std::vector<std::string>& values, int& line, std::string& error) {
    while (at_ < text_.size() && IsLineEnd(text_[at_])) PassLineEnd();
    if (at_ >= text_.size()) return false;
    line = line_;
    const std::size_t begin = at_;
    values.clear();
    error.clear();
    while (TakeValue(values, error)) {
    }
    if (!error.empty()) {
      at_ = begin;
      line_ = line;
      while (at_ < text_.size() && !IsLineEnd(text_[at_])) ++at_;
    }
    return true;
  }

 private:
  void PassLineEnd() {
    if (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') ++at_;
    ++at_;
    ++line_;
  }

  // True when a comma says that another value follows.
  bool TakeValue(std::vector<std::string>& values, std::string& error) {
    std::string& value = values.emplace_back();
    if (at_ < text_.size() && text_[at_] == '"') {
      if (!TakeQuoted(value, error)) return false;
    } else {
      const std::size_t from = at_;
      while (at_ < text_.size() && text_[at_] != ',' && !IsLineEnd(text_[at_])) {
        if (text_[at_++] != '"') continue;
        error = "has a quote inside a value that is not quoted";
        return false;
      }
      value = std::string(text_.substr(from, at_ - from));
    }
    if (at_ >= text_.size() || IsLineEnd(text_[at_])) return false;
    ++at_;
    return true;
  }

  bool TakeQuoted(std::string& value, std::string& error) {
    for (++at_; at_ < text_.size();) {
      const char c = text_[at_];
      if (IsLineEnd(c)) {
        PassLineEnd();
        value += '\n';
        continue;
      }
      ++at_;
      if (c != '"') {
        value += c;
      } else if (at_ < text_.size() && text_[at_] == '"') {
        value += '"';
        ++at_;
      } else if (at_ == text_.size() || text_[at_] == ',' || IsLineEnd(text_[at_])) {
        return true;
      } else {
        error = "has text after a closing quote";
        return false;
      }
    }
    error = "has a quote that is never closed";
    return false;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
};

absl::Status CheckHeader(const std::string& path, int line, const CsvColumns& columns,
                         const std::vector<std::string>& names, ReadReport& report) {
  const std::string place = path + ":" + std::to_string(line) + ": ";
  std::vector<std::string> missing, unknown;
  for (const std::string& name : columns.required)
    if (!Has(names, name)) missing.push_back(name);
  if (!missing.empty()) {
    return absl::InvalidArgumentError(place + "has no column " + Joined(missing) +
                                      "; its first line names " + Joined(names));
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
        names.begin() + static_cast<std::ptrdiff_t>(i)) {
      return absl::InvalidArgumentError(place + "names the column " + names[i] + " twice");
    }
    if (!Has(columns.required, names[i]) && !Has(columns.optional, names[i]))
      unknown.push_back(names[i].empty() ? "(without a name)" : names[i]);
  }
  std::vector<std::string> lacking;
  for (const std::string& name : columns.optional)
    if (!Has(names, name)) lacking.push_back(name);
  if (!lacking.empty()) report.AddNote(place + "has no column " + Joined(lacking));
  if (!unknown.empty())
    report.AddNote(place + "columns that are not known are passed over: " + Joined(unknown));
  return absl::OkStatus();
}

}  // namespace

const std::string& CsvRow::Text(std::string_view column) const {
  static const std::string* const none = new std::string();
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (names_[i] == column) return values_[i];
  return *none;
}

bool CsvRow::Number(std::string_view column, double* value) const {
  return absl::SimpleAtod(Text(column), value) && std::isfinite(*value);
}

absl::StatusOr<std::string> ReadText(const std::string& path) {
  VEILLE_ASSIGN_OR_RETURN(std::string text, ReadFile(path));
  if (text.rfind("\xEF\xBB\xBF", 0) == 0) text.erase(0, 3);
  if (text.rfind("\xFF\xFE", 0) == 0 || text.rfind("\xFE\xFF", 0) == 0)
    return absl::InvalidArgumentError(path + ": is UTF-16; save it as UTF-8");
  return text;
}

absl::Status ReadCsv(const std::string& path, const CsvColumns& columns, ReadReport& report,
                     const std::function<void(const CsvRow&)>& on_row) {
  VEILLE_ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  CsvScanner scanner(text);
  std::vector<std::string> names, values;
  std::string error;
  int line = 0;
  if (!scanner.Next(names, line, error)) {
    return absl::InvalidArgumentError(path + ": is empty; its first line must name the columns " +
                                      Joined(columns.required));
  }
  if (!error.empty())
    return absl::InvalidArgumentError(path + ":" + std::to_string(line) + ": " + error);
  for (std::string& name : names) name = Trimmed(name);
  VEILLE_RETURN_IF_ERROR(CheckHeader(path, line, columns, names, report));
  while (scanner.Next(values, line, error)) {
    if (error.empty() && values.size() != names.size()) {
      error = "has " + std::to_string(values.size()) + " values for " +
              std::to_string(names.size()) + " columns";
    }
    if (!error.empty()) {
      report.AddBadLine(path, line, error);
    } else {
      on_row(CsvRow(names, values, line));
    }
  }
  return absl::OkStatus();
}

void ForEachLine(std::string_view text, const std::function<void(int, std::string_view)>& on_line) {
  int number = 0;
  while (!text.empty()) {
    const auto end = text.find_first_of("\r\n");
    const std::string_view line = text.substr(0, end);
    ++number;
    if (!line.empty()) on_line(number, line);
    if (end == std::string_view::npos) return;
    text.remove_prefix(text.substr(end, 2) == "\r\n" ? end + 2 : end + 1);
  }
}

}  // namespace veille::domain
