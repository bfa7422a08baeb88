#include "common/redis/connection.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/redis/errors.h"
#include "common/redis/wire.h"

namespace veille::redis {
namespace {

// A peer that vanished is noticed within 15 + 3 × 5 seconds of silence.
constexpr int kKeepAliveIdleSeconds = 15;
constexpr int kKeepAliveIntervalSeconds = 5;
constexpr int kKeepAliveProbes = 3;

absl::Status ErrnoError(const std::string& what, int error) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(error)));
}

void SetOption(int fd, int level, int option, int value) {
  // Best effort: without them the connection works, and a dead peer is noticed later.
  static_cast<void>(setsockopt(fd, level, option, &value, sizeof(value)));
}

absl::StatusOr<int> StartConnect(int family, const sockaddr* address, socklen_t size) {
  const int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return ErrnoError("socket", errno);
  if (family != AF_UNIX) {
    SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    SetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds);
    SetOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
    SetOption(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes);
  }
  if (connect(fd, address, size) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    close(fd);
    return ErrnoError("connect", error);
  }
  return fd;
}

absl::StatusOr<int> ConnectUnix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat("socket path too long: ", path));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return StartConnect(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

absl::StatusOr<int> ConnectTcp(const Endpoint& endpoint, std::size_t attempt) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot resolve ", endpoint.host, ": ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  std::vector<const addrinfo*> addresses;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) addresses.push_back(a);
  const addrinfo* chosen = addresses[attempt % addresses.size()];
  return StartConnect(chosen->ai_family, chosen->ai_addr, chosen->ai_addrlen);
}

absl::StatusOr<std::string> ReadPassword(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file) {
    return absl::PermissionDeniedError(
        absl::StrCat("cannot read the redis password file ", path, ": ", std::strerror(errno)));
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) {
    return absl::PermissionDeniedError(absl::StrCat("the redis password file ", path, " is empty"));
  }
  return text;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const Endpoint& endpoint,
                                                             const std::string& name,
                                                             std::span<const Script> scripts,
                                                             std::size_t attempt) {
  std::string greeting;
  std::size_t replies = 1;
  if (!endpoint.password_file.empty()) {
    const auto password = ReadPassword(endpoint.password_file);
    if (!password.ok()) return password.status();
    if (endpoint.username.empty()) {
      wire::AppendCommand(greeting, {"AUTH", *password});
    } else {
      wire::AppendCommand(greeting, {"AUTH", endpoint.username, *password});
    }
    ++replies;
  }
  if (!name.empty()) {
    wire::AppendCommand(greeting, {"CLIENT", "SETNAME", name});
    ++replies;
  }
  for (const Script& script : scripts) {
    wire::AppendCommand(greeting, {"SCRIPT", "LOAD", script.body});
    ++replies;
  }
  // Says LOADING, NOAUTH or MASTERDOWN even when nothing else would.
  wire::AppendCommand(greeting, {"PING"});

  const auto fd = endpoint.unix_socket.empty() ? ConnectTcp(endpoint, attempt)
                                               : ConnectUnix(endpoint.unix_socket);
  if (!fd.ok()) return fd.status();
  return std::unique_ptr<Connection>(new Connection(*fd, std::move(greeting), replies));
}

Connection::Connection(int fd, std::string greeting, std::size_t replies_due)
    : fd_(fd),
      greeting_(std::move(greeting)),
      greeting_replies_due_(replies_due),
      reader_(redisReaderCreate()) {}

Connection::~Connection() { close(fd_); }

void Connection::FreeReader::operator()(redisReader* reader) const { redisReaderFree(reader); }

absl::Status Connection::Advance(short revents) {
  if (revents == 0) return absl::OkStatus();
  if (phase_ == Phase::kConnecting) return FinishConnect();
  if ((revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
    absl::Status read = ReadAvailable();
    // An error that Redis said before it closed (too many clients) is worth more than "closed".
    if (phase_ == Phase::kGreeting) {
      absl::Status greeted = Greet();
      if (!greeted.ok()) return greeted;
    }
    return read;
  }
  return phase_ == Phase::kGreeting ? Greet() : absl::OkStatus();
}

absl::Status Connection::FinishConnect() {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return ErrnoError("connect", error);
  phase_ = Phase::kGreeting;
  return Greet();
}

absl::Status Connection::Greet() {
  if (!greeting_.empty()) {
    const auto written = Write(greeting_);
    if (!written.ok()) return written.status();
    greeting_.erase(0, *written);
  }
  while (greeting_replies_due_ > 0) {
    Reply reply;
    const auto here = Next(reply);
    if (!here.ok()) return here.status();
    if (!*here) return absl::OkStatus();
    --greeting_replies_due_;
    if (reply.IsError()) return StatusFromErrorReply(reply.str());
  }
  phase_ = Phase::kReady;
  return absl::OkStatus();
}

absl::StatusOr<std::size_t> Connection::Write(std::string_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n =
        send(fd_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (errno != EINTR) {
      // What went out before counts as written: it may have been carried out.
      if (done > 0) break;
      return ErrnoError("write", errno);
    }
  }
  return done;
}

absl::Status Connection::ReadAvailable() {
  // Not a connection's own: a detector has one for each partition, and reads them one by one.
  static thread_local std::array<char, kReadBytes> buffer;
  for (;;) {
    const ssize_t n = recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n > 0) {
      if (redisReaderFeed(reader_.get(), buffer.data(), static_cast<std::size_t>(n)) != REDIS_OK) {
        return absl::UnavailableError(absl::StrCat("redis protocol: ", reader_->errstr));
      }
      // A short read has emptied the socket; a full one is continued after the replies so far are
      // handed out, since poll() reports what is left.
      return absl::OkStatus();
    }
    if (n == 0) return absl::UnavailableError("redis closed the connection");
    if (errno == EAGAIN || errno == EWOULDBLOCK) return absl::OkStatus();
    if (errno != EINTR) return ErrnoError("read", errno);
  }
}

absl::StatusOr<bool> Connection::Next(Reply& reply) {
  void* node = nullptr;
  if (redisReaderGetReply(reader_.get(), &node) != REDIS_OK) {
    return absl::UnavailableError(absl::StrCat("redis protocol: ", reader_->errstr));
  }
  if (node == nullptr) return false;
  reply = Reply(static_cast<redisReply*>(node));
  return true;
}

}  // namespace veille::redis
