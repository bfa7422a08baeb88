#include "common/sip/link.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/check.h"
#include "common/transfer/curl.h"

namespace veille::sip {
namespace {

constexpr std::size_t kMaxDatagram = 65536;

// "host:port", an IPv6 address in brackets.
std::string WithPort(const std::string& host, long port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

class DatagramLink final : public Link {
 public:
  explicit DatagramLink(const Uri& to) { failure_ = Open(to); }
  ~DatagramLink() override {
    if (socket_ >= 0) close(socket_);
  }

  absl::StatusOr<bool> Ready() override {
    if (!failure_.ok()) return failure_;
    return true;
  }
  std::string LocalAddress() const override { return local_; }
  absl::StatusOr<std::size_t> Send(std::string_view bytes) override {
    if (send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0) return bytes.size();
    return errno == EAGAIN ? absl::StatusOr<std::size_t>(0) : Failed("send");
  }
  absl::StatusOr<std::string> Receive() override {
    std::string bytes(kMaxDatagram, '\0');
    const ssize_t count = recv(socket_, bytes.data(), bytes.size(), 0);
    if (count < 0 && errno != EAGAIN) return Failed("recv");
    bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return bytes;
  }
  int Watched() const override { return socket_; }

 private:
  static absl::Status Failed(const char* what) {
    return absl::UnavailableError(std::string(what) + ": " + std::strerror(errno));
  }

  absl::Status Open(const Uri& to) {
    addrinfo hints = {};
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int error = getaddrinfo(to.host.c_str(), std::to_string(to.port).c_str(), &hints, &found);
    if (error != 0) return absl::UnavailableError(gai_strerror(error));
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, &freeaddrinfo);
    socket_ = socket(found->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return Failed("socket");
    if (connect(socket_, found->ai_addr, found->ai_addrlen) != 0) return Failed("connect");
    sockaddr_storage local = {};
    socklen_t length = sizeof(local);
    std::array<char, NI_MAXHOST> host = {};
    std::array<char, NI_MAXSERV> port = {};
    auto* address = reinterpret_cast<sockaddr*>(&local);
    if (getsockname(socket_, address, &length) != 0 ||
        getnameinfo(address, length, host.data(), host.size(), port.data(), port.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
      return Failed("getsockname");
    local_ = WithPort(host.data(), std::stol(port.data()));
    return absl::OkStatus();
  }

  int socket_ = -1;
  std::string local_;
  absl::Status failure_;
};

}  // namespace

StreamLink::StreamLink(CURLM* multi, const Uri& to, const std::string& ca_file,
                       absl::Duration timeout)
    : multi_(multi), easy_(curl_easy_init()), ca_file_(ca_file) {
  VEILLE_CHECK(easy_ != nullptr);
  const bool tls = to.transport == Transport::kTls;
  const auto milliseconds = static_cast<long>(absl::ToInt64Milliseconds(timeout));
  // libcurl connects and protects; the words are ours.
  Set(CURLOPT_CONNECT_ONLY, 1L);
  Set(CURLOPT_URL, ((tls ? "https://" : "http://") + WithPort(to.host, to.port)).c_str());
  Set(CURLOPT_PROXY, "");
  Set(CURLOPT_SSL_ENABLE_ALPN, 0L);
  Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  Set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds);
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_PRIVATE, this);
  if (!ca_file_.empty()) Set(CURLOPT_CAINFO, ca_file_.c_str());
  VEILLE_CHECK(curl_multi_add_handle(multi_, easy_) == CURLM_OK);
}

StreamLink::~StreamLink() {
  curl_multi_remove_handle(multi_, easy_);
  curl_easy_cleanup(easy_);
}

template <typename Value>
void StreamLink::Set(CURLoption option, Value value) {
  VEILLE_CHECK(curl_easy_setopt(easy_, option, value) == CURLE_OK);
}

void StreamLink::Connected(CURLcode result) {
  connected_ = result == CURLE_OK;
  failure_ = transfer::ToStatus(result);
}

StreamLink* StreamLink::Of(CURL* easy) {
  void* self = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
  return static_cast<StreamLink*>(self);
}

absl::StatusOr<bool> StreamLink::Ready() {
  if (!failure_.ok()) return failure_;
  return connected_;
}

std::string StreamLink::LocalAddress() const {
  const char* host = nullptr;
  long port = 0;
  curl_easy_getinfo(easy_, CURLINFO_LOCAL_IP, &host);
  curl_easy_getinfo(easy_, CURLINFO_LOCAL_PORT, &port);
  return WithPort(host == nullptr ? "" : host, port);
}

absl::StatusOr<std::size_t> StreamLink::Send(std::string_view bytes) {
  std::size_t sent = 0;
  const CURLcode result = curl_easy_send(easy_, bytes.data(), bytes.size(), &sent);
  if (result == CURLE_AGAIN) return 0;
  if (result != CURLE_OK) return transfer::ToStatus(result);
  return sent;
}

absl::StatusOr<std::string> StreamLink::Receive() {
  std::array<char, 4096> bytes = {};
  std::size_t count = 0;
  const CURLcode result = curl_easy_recv(easy_, bytes.data(), bytes.size(), &count);
  if (result == CURLE_AGAIN) return "";
  if (result != CURLE_OK) return transfer::ToStatus(result);
  if (count == 0) return absl::OutOfRangeError("the peer has closed the connection");
  return std::string(bytes.data(), count);
}

int StreamLink::Watched() const {
  if (!connected_) return -1;
  curl_socket_t socket = CURL_SOCKET_BAD;
  curl_easy_getinfo(easy_, CURLINFO_ACTIVESOCKET, &socket);
  return socket;
}

std::unique_ptr<Link> OpenDatagramLink(const Uri& to) { return std::make_unique<DatagramLink>(to); }

}  // namespace veille::sip
