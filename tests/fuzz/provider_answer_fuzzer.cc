// Whatever a webhook's server, a push service or a mail server answers, over a real connection: the
// call ends, and what it means for the send is one of what the notifier knows. A "yes" is one of
// the protocol's, a wait is no longer than a quarter of an hour, and nothing of the peer's words
// gets into what we log.
//
// The first byte says whom we ask; the rest is what is answered, to a mail line by line.

#include <cstdint>
#include <string>

#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/transfer/transfers.h"
#include "services/notifier/adapters/send_results.h"
#include "tests/fuzz/loopback.h"

namespace {

using veille::CondVar;
using veille::Mutex;
using veille::MutexLock;
using veille::fuzz::Socket;
using veille::notifier::SendResult;
using veille::transfer::Outcome;
using veille::transfer::Transfers;

// Says to one connection after another what it is told to say.
class Provider {
 public:
  Provider() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at = Socket::Loopback(0);
    socklen_t size = sizeof at;
    VEILLE_CHECK(bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0 &&
                 listen(fd_, 64) == 0 &&
                 getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
    thread_ = veille::Worker("provider", [this] { Serve(); });
  }

  void Prepare(bool by_line, std::string answer) {
    MutexLock lock(mu_);
    by_line_ = by_line;
    answer_ = std::move(answer);
  }
  const std::string& address() const { return address_; }

 private:
  void Serve() {
    while (true) {
      // A client that waits for more says nothing: it gets the next line all the same.
      const Socket peer(accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC), {0, 30'000});
      std::string answer;
      bool by_line = false;
      {
        MutexLock lock(mu_);
        answer = answer_;
        by_line = by_line_;
      }
      if (by_line) {
        Converse(peer, answer);
      } else {
        // To the end of the body: what is not read would have the answer thrown away, too.
        peer.HearUntil("{}");
        peer.Say(answer);
      }
      peer.SayNoMore();
    }
  }
  // A greeting, then a line for each of the client's.
  static void Converse(const Socket& peer, std::string_view answer) {
    while (!answer.empty()) {
      const std::size_t line = std::min(answer.find('\n'), answer.size() - 1) + 1;
      peer.Say(answer.substr(0, line));
      answer.remove_prefix(line);
      if (!answer.empty()) peer.HearUntil("\n");
    }
  }

  const int fd_;
  std::string address_;
  Mutex mu_;
  bool by_line_ ABSL_GUARDED_BY(mu_) = false;
  std::string answer_ ABSL_GUARDED_BY(mu_);
  veille::Worker thread_;
};

class Asking {
 public:
  Outcome Ask(int kind, const std::string& answer) {
    provider_.Prepare(kind == kMail, answer);
    Mutex mu;
    CondVar done;
    bool ended = false;
    Outcome outcome;
    const Transfers::Done on_done = [&](const Outcome& came) {
      MutexLock lock(mu);
      outcome = came;
      ended = true;
      done.NotifyAll();
    };
    if (kind == kMail) {
      veille::transfer::Mail mail;
      mail.server = provider_.address();
      mail.security = veille::transfer::Mail::Security::kNone;
      mail.sender = "veille@example.org";
      mail.recipient = "anne@example.org";
      mail.message = "Subject: x\r\n\r\nx\r\n";
      VEILLE_CHECK(transfers_.Start(std::move(mail), on_done).ok());
    } else {
      veille::transfer::HttpCall call;
      call.url = "http://" + provider_.address() + "/hook";
      call.body = "{}";
      VEILLE_CHECK(transfers_.Start(std::move(call), on_done).ok());
    }
    MutexLock lock(mu);
    while (!ended) VEILLE_CHECK(done.WaitFor(mu, absl::Seconds(20)) || ended);
    return outcome;
  }

  static constexpr int kHook = 0, kPush = 1, kMail = 2;

 private:
  Provider provider_;
  Transfers transfers_{{.name = "fuzz", .ca_file = {}, .timeout = absl::Milliseconds(500)}};
};

void CheckResult(int kind, const Outcome& outcome, const SendResult& result) {
  VEILLE_CHECK(result.kind != SendResult::Kind::kDelivered);
  const bool yes =
      kind == Asking::kMail ? outcome.status.ok() : outcome.status.ok() && outcome.code / 100 == 2;
  VEILLE_CHECK((result.kind == SendResult::Kind::kSent) == yes);
  if (result.kind == SendResult::Kind::kGone)
    VEILLE_CHECK(kind == Asking::kPush && (outcome.code == 404 || outcome.code == 410));
  if (result.retry_after)
    VEILLE_CHECK(*result.retry_after > absl::ZeroDuration() &&
                 *result.retry_after <= absl::Minutes(15));
  // A name of the protocol's and a number, or our own words.
  VEILLE_CHECK(!result.reason.empty() && result.reason.size() < 200);
  for (const char c : result.reason) VEILLE_CHECK(c >= ' ' && c <= '~');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static auto* asking = new Asking;
  const int kind = data[0] % 3;
  const Outcome outcome =
      asking->Ask(kind, std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  switch (kind) {
    case Asking::kHook:
      CheckResult(kind, outcome, veille::notifier::OfHttp(outcome));
      break;
    case Asking::kPush:
      CheckResult(kind, outcome, veille::notifier::OfPush(outcome));
      break;
    default:
      CheckResult(kind, outcome, veille::notifier::OfMail(outcome));
  }
  return 0;
}
