#include "tests/eval/split.h"

#include "services/domain/recordings/csv.h"

namespace veille::eval {

Split ReadSplit(const std::string& path) {
  Split split;
  domain::ReadReport report;
  const auto read = domain::ReadCsv(
      path, {{"set", "subject"}, {}}, report,
      [&](const domain::CsvRow& row) { split.Add(row.Text("set"), row.Text("subject")); });
  read.IgnoreError();
  return split;
}

}  // namespace veille::eval
