// Sends MESSAGE requests over UDP, TCP and TLS, and waits for what the peer says to them: many at a
// time on one thread, none of which waits for another. Connections are libcurl's, one a request.
// Over UDP a request goes out again until it is answered (RFC 3261, section 17.1.2). Redirects are
// not followed, logins not answered. Thread safe.

#ifndef COMMON_SIP_CLIENT_H_
#define COMMON_SIP_CLIENT_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "common/base/random.h"
#include "common/sip/uri.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"

namespace veille::sip {

struct Request {
  Uri to;
  std::string from;  // "sip:veille@veille.example.org"
  std::string content_type, body;
  // Whether a body is the answer that is waited for. A peer may answer in its 2xx, or take the
  // request first and answer in a MESSAGE of its own on the same connection; without an answer its
  // 2xx stands when the time is up. Called on the client's thread.
  std::function<bool(const std::string& body)> is_answer;
};

struct Outcome {
  // OK when the peer gave a final response. The reason never names an address.
  absl::Status status;
  int code = 0;
  std::optional<absl::Duration> retry_after;  // When the peer asks to be left alone for so long.
  std::string body;                           // The answer; empty when there was none.
};

class Client {
 public:
  struct Options {
    std::string name = {};     // Of the thread.
    std::string ca_file = {};  // Who signs peers' certificates; empty: the system's authorities.
    absl::Duration timeout = absl::Seconds(10);
    std::size_t max_in_flight = 256;
  };
  // Called on the client's thread: must not block.
  using Done = std::function<void(const Outcome&)>;

  explicit Client(Options options);
  // What is under way is cut off; its `done` is called with CANCELLED.
  ~Client();

  // RESOURCE_EXHAUSTED, and `done` is never called, when too many are under way.
  absl::Status Send(Request request, Done done);

 private:
  class Exchange;
  class Loop;

  void Run();

  const Options options_;
  const std::unique_ptr<Loop> loop_;
  SystemRandom random_;
  Mutex mu_;
  std::deque<std::unique_ptr<Exchange>> waiting_ ABSL_GUARDED_BY(mu_);
  std::size_t in_flight_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  Worker thread_;
};

}  // namespace veille::sip

#endif  // COMMON_SIP_CLIENT_H_
