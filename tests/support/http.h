// GET over loopback, and one number out of what /metrics answers.

#ifndef TESTS_SUPPORT_HTTP_H_
#define TESTS_SUPPORT_HTTP_H_

#include <string>

namespace veille::testing {

// The whole answer, header and body; empty when nobody listens on the port.
std::string HttpGet(int port, const std::string& path);

// The value of a metric, with its labels as they stand there; -1 when it is not in the text.
double MetricIn(const std::string& text, const std::string& metric);

// What /metrics of a process that was given this --ready_file answers; empty while it cannot be
// read.
std::string MetricsOfProcess(const std::string& ready_file);

// The value of a metric of a process that was given this --ready_file; -1 while it cannot be read.
double MetricOfProcess(const std::string& ready_file, const std::string& metric);

}  // namespace veille::testing

#endif  // TESTS_SUPPORT_HTTP_H_
