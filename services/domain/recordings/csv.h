// Comma-separated files with a header, as the recordings have them: no quotes. Lines are views into
// the file's text.

#ifndef SERVICES_DOMAIN_RECORDINGS_CSV_H_
#define SERVICES_DOMAIN_RECORDINGS_CSV_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace veille::domain {

// Calls `on_line` for each line with its number, from 1; line ends of any kind, empty lines passed
// over.
void ForEachLine(std::string_view text, const std::function<void(int, std::string_view)>& on_line);

std::vector<std::string_view> SplitCommas(std::string_view line);

// A row by the names of its columns; a column that the file does not have is empty.
class CsvRow {
 public:
  CsvRow(const std::map<std::string, std::size_t>& columns, std::vector<std::string_view> values)
      : columns_(columns), values_(std::move(values)) {}
  std::string Text(const char* column) const;
  // False when it is not a finite number.
  bool Number(const char* column, double* value) const;

 private:
  const std::map<std::string, std::size_t>& columns_;
  std::vector<std::string_view> values_;
};

// Reads a whole file. NOT_FOUND when it is not there.
absl::Status ReadCsv(const std::string& path,
                     const std::function<void(int, const CsvRow&)>& on_row);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_RECORDINGS_CSV_H_
