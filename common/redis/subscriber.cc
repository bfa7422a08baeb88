#include "common/redis/subscriber.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/status_macros.h"
#include "common/redis/errors.h"
#include "common/redis/wire.h"
#include "common/retry/backoff.h"
#include "common/time/clock.h"

namespace veille::redis {

struct Subscriber::Listening {
  std::unique_ptr<Connection> connection;
  std::string unwritten;
  bool asked = false;
  std::size_t subscribed = 0;
  absl::Duration heard = MonotonicNow();   // When anything came last.
  absl::Duration pinged = MonotonicNow();  // When it was asked for last.
};

Subscriber::Subscriber(Options options, Callback on_message)
    : options_(std::move(options)),
      on_message_(std::move(on_message)),
      wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (wake_fd_ < 0) std::abort();  // Out of file descriptors at start.
  worker_ = Worker("redis-listen", [this] { Run(); });
}

Subscriber::~Subscriber() {
  stopping_ = true;
  const uint64_t one = 1;
  static_cast<void>(!write(wake_fd_, &one, sizeof(one)));
  worker_.Join();
  close(wake_fd_);
}

void Subscriber::Run() {
  Backoff backoff(options_.backoff_min, options_.backoff_max, random_);
  for (std::size_t attempt = 0; !stopping_; ++attempt) {
    if (Listen(attempt)) {
      ++generation_;
      backoff.Reset();
    }
    if (!stopping_) Wait(-1, 0, backoff.Next());
  }
}

short Subscriber::Wait(int fd, short events, absl::Duration span) const {
  pollfd fds[2] = {{.fd = wake_fd_, .events = POLLIN, .revents = 0},
                   {.fd = fd, .events = events, .revents = 0}};
  const auto milliseconds = absl::ToInt64Milliseconds(span + absl::Microseconds(999));
  poll(fds, 2, static_cast<int>(std::clamp<int64_t>(milliseconds, 0, 60'000)));
  return fds[1].revents;
}

bool Subscriber::Listen(std::size_t attempt) {
  auto opened = Connection::Open(options_.endpoint, options_.name, {}, attempt);
  if (!opened.ok()) return false;
  Listening listening;
  listening.connection = *std::move(opened);
  const absl::Duration began = MonotonicNow();
  bool lost = false;
  while (!lost && !stopping_) {
    const bool writes = listening.connection->wants_write() || !listening.unwritten.empty();
    const short revents =
        Wait(listening.connection->fd(), static_cast<short>(writes ? POLLIN | POLLOUT : POLLIN),
             options_.ping_every / 2);
    lost = !Advance(listening, revents).ok();
    const bool connected = listening.subscribed == options_.channels.size();
    lost = lost || (!connected && MonotonicNow() - began > options_.connect_timeout);
  }
  return listening.subscribed == options_.channels.size();
}

absl::Status Subscriber::Advance(Listening& listening, short revents) {
  Connection& connection = *listening.connection;
  const absl::Duration now = MonotonicNow();
  // An error is looked at last: what came before it came.
  const absl::Status status = revents == 0 ? absl::OkStatus() : connection.Advance(revents);
  while (connection.ready()) {
    Reply reply;
    VEILLE_ASSIGN_OR_RETURN(const bool here, connection.Next(reply));
    if (!here) break;
    listening.heard = now;
    VEILLE_RETURN_IF_ERROR(Take(listening, reply));
  }
  VEILLE_RETURN_IF_ERROR(status);
  if (!connection.ready()) return absl::OkStatus();
  if (!listening.asked) {
    std::vector<std::string> command = {"SUBSCRIBE"};
    command.insert(command.end(), options_.channels.begin(), options_.channels.end());
    wire::AppendCommand(listening.unwritten, command);
    listening.asked = true;
  } else if (now - std::max(listening.heard, listening.pinged) >= options_.ping_every) {
    wire::AppendCommand(listening.unwritten, {"PING"});
    listening.pinged = now;
  }
  if (listening.pinged > listening.heard &&
      now - listening.heard > options_.ping_every + options_.reply_timeout) {
    return absl::DeadlineExceededError("no answer in time");
  }
  if (!listening.unwritten.empty()) {
    VEILLE_ASSIGN_OR_RETURN(const std::size_t written, connection.Write(listening.unwritten));
    listening.unwritten.erase(0, written);
  }
  return absl::OkStatus();
}

absl::Status Subscriber::Take(Listening& listening, const Reply& reply) {
  if (reply.IsError()) return StatusFromErrorReply(reply.str());
  const std::string_view kind = reply[0].str();
  if (kind == "message") {
    on_message_(reply[2].str());
  } else if (kind == "subscribe" && ++listening.subscribed == options_.channels.size()) {
    ++generation_;
  }
  return absl::OkStatus();
}

}  // namespace veille::redis
