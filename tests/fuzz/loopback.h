// Sockets of this machine for fuzzers of what speaks over TCP: raw bytes in, raw bytes out.

#ifndef TESTS_FUZZ_LOOPBACK_H_
#define TESTS_FUZZ_LOOPBACK_H_

#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/base/check.h"

namespace veille::fuzz {

class Socket {
 public:
  explicit Socket(int fd, timeval patience = {5, 0}) : fd_(fd) {
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  static int Connect(int port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to = Loopback(port);
    VEILLE_CHECK(fd >= 0 && connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    // Gone at once: thousands a second would else wait in the kernel for a minute each.
    linger none = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    return fd;
  }
  static sockaddr_in Loopback(int port) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    return address;
  }

  // A peer that has gone takes no more; that is its right.
  void Say(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void SayNoMore() const { shutdown(fd_, SHUT_WR); }
  // What comes until `end` stands there, or the peer ends; at most 256 KiB.
  std::string HearUntil(std::string_view end) const {
    std::string heard;
    char room[4096];
    while (heard.size() < (256U << 10U) && (end.empty() || heard.find(end) == std::string::npos)) {
      const ssize_t got = recv(fd_, room, sizeof room, 0);
      if (got <= 0) break;
      heard.append(room, static_cast<std::size_t>(got));
    }
    return heard;
  }

 private:
  const int fd_;
};

}  // namespace veille::fuzz

#endif  // TESTS_FUZZ_LOOPBACK_H_
