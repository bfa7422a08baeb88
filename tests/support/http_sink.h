// A real HTTP server on loopback that a test controls: it keeps what it was called with, and
// answers as it is told. Thread safe.

#ifndef TESTS_SUPPORT_HTTP_SINK_H_
#define TESTS_SUPPORT_HTTP_SINK_H_

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/sync/mutex.h"

struct MHD_Daemon;

namespace veille::testing {

struct HttpRequest {
  std::string method, path, body;
  std::map<std::string, std::string> headers;  // Names in lower case.
};

struct HttpAnswer {
  int status = 204;
  std::map<std::string, std::string> headers = {};
};

class HttpSink {
 public:
  // On this port; 0: a free one.
  explicit HttpSink(int port = 0);
  ~HttpSink();
  HttpSink(const HttpSink&) = delete;
  HttpSink& operator=(const HttpSink&) = delete;

  // The answers to come, in this order; then the last of them for ever.
  void Answer(std::deque<HttpAnswer> answers);
  std::vector<HttpRequest> requests() const;
  int port() const;
  // "http://127.0.0.1:PORT"
  std::string url() const;

 private:
  class Handler;
  HttpAnswer Take(HttpRequest request);

  mutable Mutex mu_;
  std::vector<HttpRequest> requests_ ABSL_GUARDED_BY(mu_);
  std::deque<HttpAnswer> answers_ ABSL_GUARDED_BY(mu_) = {HttpAnswer()};
  MHD_Daemon* daemon_ = nullptr;
};

// A call over loopback; the whole answer, header and body.
std::string HttpPost(int port, const std::string& path);

}  // namespace veille::testing

#endif  // TESTS_SUPPORT_HTTP_SINK_H_
