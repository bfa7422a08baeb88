#include "common/metrics/http_server.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>

namespace veille::metrics {
namespace {

// Enough for several scrapers; more is an attack or a mistake.
constexpr unsigned kMaxConnections = 32;
constexpr unsigned kTimeoutSeconds = 10;

MHD_Result Answer(MHD_Connection* connection, unsigned code, std::string body) {
  MHD_Response* response =
      MHD_create_response_from_buffer(body.size(), body.data(), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  MHD_add_response_header(response, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  const MHD_Result queued = MHD_queue_response(connection, code, response);
  MHD_destroy_response(response);
  return queued;
}

}  // namespace

class HttpServer::Daemon {
 public:
  Daemon(const Registry& registry, std::function<bool()> healthy, std::function<bool()> ready)
      : registry_(registry), healthy_(std::move(healthy)), ready_(std::move(ready)) {}
  ~Daemon() {
    if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
  }

  absl::Status Start(const std::string& address) {
    const auto colon = address.rfind(':');
    int port = 0;
    sockaddr_in where = {};
    where.sin_family = AF_INET;
    if (colon == std::string::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port) ||
        port < 0 || port > 65535 ||
        inet_pton(AF_INET, address.substr(0, colon).c_str(), &where.sin_addr) != 1) {
      return absl::InvalidArgumentError("metrics_address: '" + address +
                                        "' is not like \"127.0.0.1:9464\"");
    }
    where.sin_port = htons(static_cast<uint16_t>(port));
    daemon_ = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, static_cast<uint16_t>(port),
                               nullptr, nullptr, &Handle, this, MHD_OPTION_SOCK_ADDR,
                               reinterpret_cast<sockaddr*>(&where), MHD_OPTION_CONNECTION_LIMIT,
                               kMaxConnections, MHD_OPTION_CONNECTION_TIMEOUT, kTimeoutSeconds,
                               MHD_OPTION_END);
    if (daemon_ == nullptr) {
      return absl::UnavailableError("metrics_address: cannot listen on " + address + ": " +
                                    std::strerror(errno));
    }
    return absl::OkStatus();
  }

  int port() const {
    const MHD_DaemonInfo* info = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT);
    return info == nullptr ? 0 : info->port;
  }

 private:
  static MHD_Result Handle(void* self, MHD_Connection* connection, const char* url,
                           const char* method, const char* /*version*/, const char* /*data*/,
                           size_t* /*data_size*/, void** /*state*/) {
    const auto& daemon = *static_cast<const Daemon*>(self);
    if (std::strcmp(method, "GET") != 0) return Answer(connection, 405, "only GET\n");
    if (std::strcmp(url, "/metrics") == 0)
      return Answer(connection, 200, daemon.registry_.Expose());
    if (std::strcmp(url, "/healthz") == 0) return AnswerWhether(connection, daemon.healthy_);
    if (std::strcmp(url, "/readyz") == 0) return AnswerWhether(connection, daemon.ready_);
    return Answer(connection, 404, "/metrics, /healthz or /readyz\n");
  }

  static MHD_Result AnswerWhether(MHD_Connection* connection, const std::function<bool()>& asked) {
    const bool yes = asked == nullptr || asked();
    return Answer(connection, yes ? 200 : 503, yes ? "ok\n" : "not ready\n");
  }

  const Registry& registry_;
  const std::function<bool()> healthy_, ready_;
  MHD_Daemon* daemon_ = nullptr;
};

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& address,
                                                              const Registry& registry,
                                                              std::function<bool()> healthy,
                                                              std::function<bool()> ready) {
  auto daemon = std::make_unique<Daemon>(registry, std::move(healthy), std::move(ready));
  if (absl::Status status = daemon->Start(address); !status.ok()) return status;
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(daemon)));
}

HttpServer::HttpServer(std::unique_ptr<Daemon> daemon) : daemon_(std::move(daemon)) {}
HttpServer::~HttpServer() = default;
int HttpServer::port() const { return daemon_->port(); }

}  // namespace veille::metrics
