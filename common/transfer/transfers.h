// Calls over HTTP and mails over SMTP, on libcurl: many at a time on one thread, none of which
// waits for another. Redirects are not followed. Thread safe.

#ifndef COMMON_TRANSFER_TRANSFERS_H_
#define COMMON_TRANSFER_TRANSFERS_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "common/sync/mutex.h"
#include "common/sync/worker.h"

namespace veille::transfer {

struct HttpCall {
  std::string url;                   // http or https.
  std::vector<std::string> headers;  // "Name: value".
  std::optional<std::string> body;   // POST; without one GET.
};

struct Mail {
  enum class Security { kStartTls, kTls, kNone };
  std::string server;  // "host:port".
  Security security = Security::kStartTls;
  std::string username, password;  // Empty: no login.
  std::string sender, recipient;   // Addresses alone.
  std::string message;             // Header and body, lines ended by CR LF.
};

// What came of a transfer.
struct Outcome {
  // OK when the peer answered, and to a mail when it took it. The reason never names an address.
  absl::Status status;
  int code = 0;  // What the peer answered last, of HTTP or SMTP; 0: nothing.
  std::optional<absl::Duration> retry_after;  // When the peer asks to be left alone for so long.
};

// Whether an address leads to this machine itself.
bool IsLoopback(const std::string& url);

class Transfers {
 public:
  struct Options {
    std::string name = {};     // Of the thread.
    std::string ca_file = {};  // Who signs servers' certificates; empty: the system's authorities.
    absl::Duration timeout = absl::Seconds(10);
    // Each holds a socket and its message; a peer that hangs holds its share for `timeout`.
    std::size_t max_in_flight = 256;
  };
  // Called on the transfers' thread: must not block.
  using Done = std::function<void(const Outcome&)>;

  explicit Transfers(Options options);
  // What is under way is cut off; its `done` is called with CANCELLED.
  ~Transfers();

  // RESOURCE_EXHAUSTED, and `done` is never called, when too many are under way.
  absl::Status Start(HttpCall call, Done done);
  absl::Status Start(Mail mail, Done done);

 private:
  class Transfer;
  class Handle;

  absl::Status Queue(std::unique_ptr<Transfer> transfer);
  void Run();

  const Options options_;
  const std::unique_ptr<Handle> handle_;
  Mutex mu_;
  std::deque<std::unique_ptr<Transfer>> waiting_ ABSL_GUARDED_BY(mu_);
  std::size_t in_flight_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  Worker thread_;
};

}  // namespace veille::transfer

#endif  // COMMON_TRANSFER_TRANSFERS_H_
