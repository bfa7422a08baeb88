#include "tests/support/http.h"

#include <cstdlib>
#include <string_view>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/file.h"

namespace veille::testing {

std::string HttpGet(int port, const std::string& path) {
  sockaddr_in where = {};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<uint16_t>(port));
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  std::string text;
  const std::string request =
      "GET " + path + " HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  if (connect(fd, reinterpret_cast<sockaddr*>(&where), sizeof(where)) == 0 &&
      write(fd, request.data(), request.size()) == static_cast<ssize_t>(request.size())) {
    char buffer[4096];
    for (ssize_t n = 0; (n = read(fd, buffer, sizeof(buffer))) > 0;)
      text.append(buffer, static_cast<std::size_t>(n));
  }
  close(fd);
  return text;
}

double MetricIn(const std::string& text, const std::string& metric) {
  const auto at = text.find("\n" + metric + " ");
  if (at == std::string::npos) return -1;
  return std::strtod(text.c_str() + at + metric.size() + 2, nullptr);
}

std::string MetricsOfProcess(const std::string& ready_file) {
  const std::string ready = ReadFile(ready_file).value_or("");
  constexpr std::string_view kField = "\"metrics_port\":";
  const auto at = ready.find(kField);
  if (at == std::string::npos) return "";
  return HttpGet(std::atoi(ready.c_str() + at + kField.size()), "/metrics");
}

double MetricOfProcess(const std::string& ready_file, const std::string& metric) {
  return MetricIn(MetricsOfProcess(ready_file), metric);
}

}  // namespace veille::testing
