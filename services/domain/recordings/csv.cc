#include "services/domain/recordings/csv.h"

#include <cmath>
#include <utility>

#include "absl/strings/numbers.h"

#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace veille::domain {

void ForEachLine(std::string_view text, const std::function<void(int, std::string_view)>& on_line) {
  int number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!line.empty()) on_line(number, line);
  }
}

std::vector<std::string_view> SplitCommas(std::string_view line) {
  std::vector<std::string_view> values;
  while (true) {
    const auto comma = line.find(',');
    values.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return values;
    line.remove_prefix(comma + 1);
  }
}

std::string CsvRow::Text(const char* column) const {
  const auto at = columns_.find(column);
  if (at == columns_.end() || at->second >= values_.size()) return "";
  return std::string(values_[at->second]);
}

bool CsvRow::Number(const char* column, double* value) const {
  return absl::SimpleAtod(Text(column), value) && std::isfinite(*value);
}

absl::Status ReadCsv(const std::string& path,
                     const std::function<void(int, const CsvRow&)>& on_row) {
  VEILLE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  std::map<std::string, std::size_t> columns;
  ForEachLine(text, [&](int number, std::string_view line) {
    std::vector<std::string_view> values = SplitCommas(line);
    if (!columns.empty()) return on_row(number, CsvRow(columns, std::move(values)));
    for (std::size_t i = 0; i < values.size(); ++i) columns[std::string(values[i])] = i;
  });
  if (columns.empty()) return absl::InvalidArgumentError(path + ": is empty");
  return absl::OkStatus();
}

}  // namespace veille::domain
