#include "tests/support/http_sink.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/check.h"

namespace veille::testing {

class HttpSink::Handler {
 public:
  static MHD_Result Header(void* self, MHD_ValueKind /*kind*/, const char* name,
                           const char* value) {
    std::string key = name;
    std::transform(key.begin(), key.end(), key.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    static_cast<HttpRequest*>(self)->headers[key] = value != nullptr ? value : "";
    return MHD_YES;
  }

  static MHD_Result Handle(void* self, MHD_Connection* connection, const char* url,
                           const char* method, const char* /*version*/, const char* data,
                           size_t* data_size, void** state) {
    if (*state == nullptr) {
      auto request = std::make_unique<HttpRequest>();
      request->method = method;
      request->path = url;
      MHD_get_connection_values(connection, MHD_HEADER_KIND, &Header, request.get());
      *state = request.release();
      return MHD_YES;
    }
    HttpRequest& request = *static_cast<HttpRequest*>(*state);
    if (*data_size > 0) {
      request.body.append(data, *data_size);
      *data_size = 0;
      return MHD_YES;
    }
    const HttpAnswer answer = static_cast<HttpSink*>(self)->Take(request);
    MHD_Response* response = MHD_create_response_from_buffer(0, nullptr, MHD_RESPMEM_PERSISTENT);
    for (const auto& [name, value] : answer.headers)
      MHD_add_response_header(response, name.c_str(), value.c_str());
    const MHD_Result queued =
        MHD_queue_response(connection, static_cast<unsigned>(answer.status), response);
    MHD_destroy_response(response);
    return queued;
  }

  static void Completed(void* /*self*/, MHD_Connection* /*connection*/, void** state,
                        MHD_RequestTerminationCode /*code*/) {
    std::unique_ptr<HttpRequest>(static_cast<HttpRequest*>(*state)).reset();
    *state = nullptr;
  }
};

HttpSink::HttpSink(int port) {
  sockaddr_in where = {};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  where.sin_port = htons(static_cast<uint16_t>(port));
  daemon_ = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, static_cast<uint16_t>(port), nullptr,
                             nullptr, &Handler::Handle, this, MHD_OPTION_SOCK_ADDR,
                             reinterpret_cast<sockaddr*>(&where), MHD_OPTION_NOTIFY_COMPLETED,
                             &Handler::Completed, this, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U,
                             MHD_OPTION_END);
  VEILLE_CHECK(daemon_ != nullptr);
}

HttpSink::~HttpSink() { MHD_stop_daemon(daemon_); }

void HttpSink::Answer(std::deque<HttpAnswer> answers) {
  MutexLock lock(mu_);
  answers_ = std::move(answers);
}

HttpAnswer HttpSink::Take(HttpRequest request) {
  MutexLock lock(mu_);
  requests_.push_back(std::move(request));
  HttpAnswer answer = answers_.front();
  if (answers_.size() > 1) answers_.pop_front();
  return answer;
}

std::vector<HttpRequest> HttpSink::requests() const {
  MutexLock lock(mu_);
  return requests_;
}

int HttpSink::port() const { return MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT)->port; }

std::string HttpSink::url() const { return "http://127.0.0.1:" + std::to_string(port()); }

std::string HttpPost(int port, const std::string& path) {
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where = {};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  where.sin_port = htons(static_cast<uint16_t>(port));
  std::string answer;
  if (connect(connection, reinterpret_cast<sockaddr*>(&where), sizeof(where)) == 0) {
    const std::string call = "POST " + path +
                             " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
                             "Connection: close\r\n\r\n";
    if (write(connection, call.data(), call.size()) == static_cast<ssize_t>(call.size())) {
      char buffer[4096];
      for (ssize_t read_now; (read_now = read(connection, buffer, sizeof(buffer))) > 0;)
        answer.append(buffer, static_cast<std::size_t>(read_now));
    }
  }
  close(connection);
  return answer;
}

}  // namespace veille::testing
