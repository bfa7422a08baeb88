// Comma-separated files with a header, after RFC 4180: values may be quoted, and then hold commas,
// doubled quotes and line ends. A byte order mark, line ends of any kind and a missing last line
// end are accepted.
//
// Values are found by the names of their columns, never by position. A row that is not right is
// reported with its line and skipped; what follows it is read.

#ifndef SERVICES_DOMAIN_RECORDINGS_CSV_H_
#define SERVICES_DOMAIN_RECORDINGS_CSV_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "services/domain/recordings/read_report.h"

namespace veille::domain {

// What a file of some layout must have, and what it may have. Others are named in a note.
struct CsvColumns {
  std::vector<std::string> required, optional;
};

// Valid during the call that it is given to.
class CsvRow {
 public:
  CsvRow(const std::vector<std::string>& names, const std::vector<std::string>& values, int line)
      : names_(names), values_(values), line_(line) {}
  // Where the row begins, from 1.
  int line() const { return line_; }
  // Empty where the file does not have the column.
  const std::string& Text(std::string_view column) const;
  // False when it is not a finite number.
  bool Number(std::string_view column, double* value) const;

 private:
  const std::vector<std::string>& names_;
  const std::vector<std::string>& values_;
  const int line_;
};

// NOT_FOUND when the file is not there; INVALID_ARGUMENT names the columns that it lacks.
absl::Status ReadCsv(const std::string& path, const CsvColumns& columns, ReadReport& report,
                     const std::function<void(const CsvRow&)>& on_row);

// A text file without its byte order mark. INVALID_ARGUMENT when it is UTF-16.
absl::StatusOr<std::string> ReadText(const std::string& path);

// Calls `on_line` for each line with its number, from 1; line ends of any kind, empty lines passed
// over.
void ForEachLine(std::string_view text, const std::function<void(int, std::string_view)>& on_line);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_RECORDINGS_CSV_H_
