// Serves GET /metrics, /healthz and /readyz. HTTP is libmicrohttpd's business, on a thread of its
// own.

#ifndef COMMON_METRICS_HTTP_SERVER_H_
#define COMMON_METRICS_HTTP_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "common/metrics/metrics.h"

namespace veille::metrics {

class HttpServer {
 public:
  // `address` is "host:port", host an IPv4 address; port 0 takes a free one. `healthy` is asked for
  // /healthz, `ready` for /readyz: 200 or 503; null: always. UNAVAILABLE when the port is taken.
  // `registry` must outlive the server.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const std::string& address,
                                                           const Registry& registry,
                                                           std::function<bool()> healthy,
                                                           std::function<bool()> ready = nullptr);
  ~HttpServer();
  int port() const;

 private:
  class Daemon;
  explicit HttpServer(std::unique_ptr<Daemon> daemon);
  std::unique_ptr<Daemon> daemon_;
};

}  // namespace veille::metrics

#endif  // COMMON_METRICS_HTTP_SERVER_H_
