#include "tests/bench/notify/alertmanager.h"

#include <cstdlib>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/check.h"
#include "common/base/file.h"
#include "common/time/clock.h"
#include "tests/bench/support/measure.h"
#include "tests/support/http.h"

namespace veille::bench {
namespace {

constexpr char kBinary[] = "/usr/bin/prometheus-alertmanager";

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

void NoDelay(int fd) {
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

void WriteAll(int fd, const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t n = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    VEILLE_CHECK(n > 0);
    sent += static_cast<std::size_t>(n);
  }
}

// The length of the request or answer that `text` begins with, and where its body begins; 0 while
// it is not there whole.
std::size_t WholeMessage(const std::string& text, std::size_t& body) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos) return 0;
  body = end + 4;
  const std::size_t at = text.find("Content-Length: ");
  if (at == std::string::npos || at > end) return body;
  const std::size_t size = body + std::strtoul(text.c_str() + at + 16, nullptr, 10);
  return text.size() < size ? 0 : size;
}

}  // namespace

absl::Status CheckAlertmanager() {
  if (access(kBinary, X_OK) == 0) return absl::OkStatus();
  return absl::NotFoundError(std::string(kBinary) +
                             " is not there: apt-get install prometheus-alertmanager, or measure "
                             "Veille alone with --only veille");
}

Webhook::Webhook(std::function<void(const std::string&)> on_call) : on_call_(std::move(on_call)) {
  listener_ = socket(AF_INET, SOCK_STREAM, 0);
  epoll_ = epoll_create1(0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  VEILLE_CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  VEILLE_CHECK(listen(listener_, 4096) == 0);
  VEILLE_CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  epoll_event event = {.events = EPOLLIN, .data = {.fd = listener_}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
  thread_ = Worker("webhook", [this] { Serve(); });
}

Webhook::~Webhook() {
  stopping_ = true;
  thread_.Join();
  for (const auto& [fd, buffer] : buffers_) close(fd);
  close(listener_);
  close(epoll_);
}

void Webhook::Serve() {
  epoll_event events[256];
  while (!stopping_) {
    const int count = epoll_wait(epoll_, events, 256, 50);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener_) {
        const int accepted = accept(listener_, nullptr, nullptr);
        if (accepted < 0) continue;
        NoDelay(accepted);
        epoll_event event = {.events = EPOLLIN, .data = {.fd = accepted}};
        epoll_ctl(epoll_, EPOLL_CTL_ADD, accepted, &event);
        buffers_[accepted];
      } else if (!Read(fd, buffers_[fd])) {
        close(fd);
        buffers_.erase(fd);
      }
    }
  }
}

bool Webhook::Read(int fd, std::string& buffer) {
  char bytes[16384];
  const ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
  if (n <= 0) return false;
  buffer.append(bytes, static_cast<std::size_t>(n));
  std::size_t body = 0;
  while (const std::size_t size = WholeMessage(buffer, body)) {
    on_call_(buffer.substr(body, size - body));
    buffer.erase(0, size);
    WriteAll(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }
  return true;
}

Alertmanager::Alertmanager(int webhook_port) : port_(testing::FreePort()) {
  const std::string config = folder_.path() + "/alertmanager.yml";
  VEILLE_CHECK(WriteFileAtomically(config,
                                   "route:\n"
                                   "  receiver: hook\n"
                                   "  group_by: ['...']\n"
                                   "  group_wait: 0s\n"
                                   "  group_interval: 5m\n"
                                   "  repeat_interval: 4h\n"
                                   "receivers:\n"
                                   "- name: hook\n"
                                   "  webhook_configs:\n"
                                   "  - url: http://127.0.0.1:" +
                                       std::to_string(webhook_port) +
                                       "/\n"
                                       "    send_resolved: false\n")
                   .ok());
  process_ = std::make_unique<testing::Process>(
      std::vector<std::string>{kBinary, "--config.file=" + config,
                               "--storage.path=" + folder_.path() + "/data",
                               "--web.listen-address=127.0.0.1:" + std::to_string(port_),
                               "--cluster.listen-address=", "--log.level=error"},
      folder_.path() + "/alertmanager.log");
  process_->Start();
  while (testing::HttpGet(port_, "/-/ready").find("200 OK") == std::string::npos) {
    VEILLE_CHECK(process_->Alive());
    SleepReally(absl::Milliseconds(50));
  }
  socket_ = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = Loopback(port_);
  VEILLE_CHECK(connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  NoDelay(socket_);
}

Alertmanager::~Alertmanager() { close(socket_); }

void Alertmanager::Post(std::size_t first, std::size_t last) {
  std::string body = "[";
  for (std::size_t i = first; i < last; ++i) {
    const std::string n = std::to_string(i);
    body += std::string(i > first ? "," : "") + R"({"labels":{"alertname":"SOS","home":"h)" + n +
            R"(","patient":"p)" + n + R"(","severity":"high","n":")" + n +
            R"("},"annotations":{"fr":"Appel à l'aide : le médaillon a été pressé",)"
            R"("en":"Call for help: the pendant was pressed"}})";
  }
  body += "]";
  WriteAll(socket_,
           "POST /api/v2/alerts HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
           "Content-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body);
  std::string answer;
  std::size_t at = 0;
  while (WholeMessage(answer, at) == 0) {
    char bytes[4096];
    const ssize_t n = recv(socket_, bytes, sizeof(bytes), 0);
    VEILLE_CHECK(n > 0);
    answer.append(bytes, static_cast<std::size_t>(n));
  }
  VEILLE_CHECK(answer.find("200 OK") != std::string::npos);
}

double Alertmanager::Cpu() const { return CpuOf(process_->pid()); }

std::size_t NumberInWebhook(const std::string& body) {
  const std::size_t at = body.find("\"n\":\"");
  VEILLE_CHECK(at != std::string::npos);
  return std::strtoul(body.c_str() + at + 5, nullptr, 10);
}

}  // namespace veille::bench
