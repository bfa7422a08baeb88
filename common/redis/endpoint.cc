#include "common/redis/endpoint.h"

#include <charconv>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace veille::redis {
namespace {

constexpr std::string_view kForms = "want unix:/path, tcp:host:port or redis://[user@]host[:port]";
// What the address of a unix socket can hold (sun_path), less its final zero.
constexpr std::size_t kMaxSocketPath = 107;

absl::Status Refuse(std::string_view text, std::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrFormat("redis address \"%s\": %s; %s", text, why, kForms));
}

bool Consume(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Splits "host:port" or "[v6]:port"; false when the port is no port.
bool SplitHostPort(std::string_view text, Endpoint& endpoint, bool& has_port) {
  std::size_t host_end = text.rfind(':');
  if (!text.empty() && text.front() == '[') {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return false;
    endpoint.host = std::string(text.substr(1, bracket - 1));
    host_end = bracket + 1;
    if (host_end != text.size() && text[host_end] != ':') return false;
    if (host_end == text.size()) host_end = std::string_view::npos;
  } else {
    endpoint.host = std::string(text.substr(0, host_end));
  }
  has_port = host_end != std::string_view::npos;
  if (!has_port) return true;
  const std::string_view port = text.substr(host_end + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  return error == std::errc() && end == port.data() + port.size() && endpoint.port > 0 &&
         endpoint.port < 65536;
}

}  // namespace

std::string Endpoint::ToString() const {
  if (!unix_socket.empty()) return absl::StrCat("unix:", unix_socket);
  const bool v6 = host.find(':') != std::string::npos;
  return absl::StrCat("tcp:", v6 ? "[" : "", host, v6 ? "]" : "", ":", port);
}

absl::StatusOr<Endpoint> ParseEndpoint(std::string_view text) {
  Endpoint endpoint;
  std::string_view rest = text;
  if (Consume(rest, "unix:")) {
    if (rest.empty()) return Refuse(text, "the path is missing");
    if (rest.size() > kMaxSocketPath) {
      return Refuse(text, "the path is longer than the 107 bytes that a unix socket may have");
    }
    endpoint.unix_socket = std::string(rest);
    return endpoint;
  }
  bool has_port = false;
  const bool is_url = Consume(rest, "redis://");
  if (is_url) {
    const std::size_t at = rest.rfind('@');
    if (at != std::string_view::npos) {
      endpoint.username = std::string(rest.substr(0, at));
      if (endpoint.username.find(':') != std::string::npos) {
        return absl::InvalidArgumentError(
            "redis address: a password must not be part of the address; put it into a file and "
            "name "
            "that as the password file");
      }
      rest.remove_prefix(at + 1);
    }
  } else if (!Consume(rest, "tcp:")) {
    return Refuse(text, "unknown kind");
  }
  if (!SplitHostPort(rest, endpoint, has_port)) return Refuse(text, "the port is not 1 to 65535");
  if (endpoint.host.empty()) return Refuse(text, "the host is missing");
  if (!is_url && !has_port) return Refuse(text, "the port is missing");
  return endpoint;
}

}  // namespace veille::redis
