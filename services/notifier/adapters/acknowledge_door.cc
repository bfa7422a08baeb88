#include "services/notifier/adapters/acknowledge_door.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>

#include "common/log/log.h"
#include "services/notifier/core/acknowledge_link.h"
#include "services/notifier/core/acknowledge_page.h"

namespace veille::notifier {
namespace {

// People come one by one; more is a scanner.
constexpr unsigned kMaxConnections = 64;
constexpr unsigned kMaxOfOneAddress = 16;
constexpr unsigned kTimeoutSeconds = 10;
// Each may wait for Redis.
constexpr unsigned kThreads = 2;
// As alerts and the audit log name it.
constexpr char kClient[] = "e-mail link";

struct Answer {
  unsigned code = 200;
  std::string page;
};

MHD_Result Reply(MHD_Connection* connection, const Answer& answer) {
  MHD_Response* response = MHD_create_response_from_buffer(
      answer.page.size(), const_cast<char*>(answer.page.data()), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  const char* const headers[][2] = {
      {"Content-Type", "text/html; charset=utf-8"},
      {"Cache-Control", "no-store"},
      // The address is the key.
      {"Referrer-Policy", "no-referrer"},
      {"X-Content-Type-Options", "nosniff"},
      {"Content-Security-Policy",
       "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; "
       "frame-ancestors 'none'"}};
  for (const auto& [name, value] : headers) MHD_add_response_header(response, name, value);
  const MHD_Result queued = MHD_queue_response(connection, answer.code, response);
  MHD_destroy_response(response);
  return queued;
}

Answer Refuse(const absl::Status& status) {
  if (absl::IsFailedPrecondition(status)) return {410, NoSuchLinkPage(true)};
  if (absl::IsInvalidArgument(status) || absl::IsNotFound(status))
    return {404, NoSuchLinkPage(false)};
  return {503,
          "<!DOCTYPE html><p>Veille ne répond pas ; réessayez. / Veille does not answer; try "
          "again.</p>\n"};
}

}  // namespace

class AcknowledgeDoor::Daemon {
 public:
  Daemon(DoorOptions options, AlertDesk& desk) : options_(std::move(options)), desk_(desk) {}
  ~Daemon() {
    if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
  }

  absl::Status Start() {
    const std::string& address = options_.address;
    const auto colon = address.rfind(':');
    int port = 0;
    sockaddr_in where = {};
    where.sin_family = AF_INET;
    if (colon == std::string::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port) ||
        port < 0 || port > 65535 ||
        inet_pton(AF_INET, address.substr(0, colon).c_str(), &where.sin_addr) != 1) {
      return absl::InvalidArgumentError("acknowledge_link.address: '" + address +
                                        "' is not like \"127.0.0.1:7445\"");
    }
    where.sin_port = htons(static_cast<uint16_t>(port));
    daemon_ = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, static_cast<uint16_t>(port),
                               nullptr, nullptr, &Handle, this, MHD_OPTION_SOCK_ADDR,
                               reinterpret_cast<sockaddr*>(&where), MHD_OPTION_CONNECTION_LIMIT,
                               kMaxConnections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
                               kMaxOfOneAddress, MHD_OPTION_CONNECTION_TIMEOUT, kTimeoutSeconds,
                               MHD_OPTION_THREAD_POOL_SIZE, kThreads, MHD_OPTION_END);
    if (daemon_ == nullptr) {
      return absl::UnavailableError("acknowledge_link.address: cannot listen on " + address + ": " +
                                    std::strerror(errno));
    }
    return absl::OkStatus();
  }

  int port() const {
    const MHD_DaemonInfo* info = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT);
    return info == nullptr ? 0 : info->port;
  }

 private:
  // Called once when a call's header is there, then for its body, then at its end.
  static MHD_Result Handle(void* self, MHD_Connection* connection, const char* url,
                           const char* method, const char* /*version*/, const char* /*data*/,
                           size_t* data_size, void** state) {
    static int header_seen;
    if (*state == nullptr) {
      *state = &header_seen;
      return MHD_YES;
    }
    if (*data_size > 0) {
      // The button says nothing else.
      *data_size = 0;
      return MHD_YES;
    }
    auto& daemon = *static_cast<Daemon*>(self);
    const bool take = std::strcmp(method, "POST") == 0;
    if (!take && std::strcmp(method, "GET") != 0 && std::strcmp(method, "HEAD") != 0)
      return Reply(connection, {405, ""});
    return Reply(connection, daemon.Serve(url, take));
  }

  Answer Serve(const std::string& url, bool take) {
    if (url.rfind(kTakePath, 0) != 0) return {404, NoSuchLinkPage(false)};
    const auto link = VerifyLink(std::string_view(url).substr(std::strlen(kTakePath)), options_.key,
                                 options_.clock->Now());
    if (!link.ok()) return Refuse(link.status());
    const Actor actor{link->caregiver_id, kClient, link->request_id()};
    if (take) {
      const absl::Status taken = desk_.Acknowledge(link->alert_id, actor).status();
      // Closed meanwhile: the page says so.
      if (!taken.ok() && !absl::IsFailedPrecondition(taken)) return Refuse(taken);
    }
    const absl::StatusOr<Shown> shown = desk_.Show(link->alert_id, actor);
    if (!shown.ok()) return Refuse(shown.status());
    return {200, AcknowledgePage(shown->alert, desk_.MemberOf(shown->alert, link->caregiver_id),
                                 shown->carried_out)};
  }

  const DoorOptions options_;
  AlertDesk& desk_;
  MHD_Daemon* daemon_ = nullptr;
};

absl::StatusOr<std::unique_ptr<AcknowledgeDoor>> AcknowledgeDoor::Start(DoorOptions options,
                                                                        AlertDesk& desk) {
  auto daemon = std::make_unique<Daemon>(std::move(options), desk);
  if (absl::Status status = daemon->Start(); !status.ok()) return status;
  return std::unique_ptr<AcknowledgeDoor>(new AcknowledgeDoor(std::move(daemon)));
}

AcknowledgeDoor::AcknowledgeDoor(std::unique_ptr<Daemon> daemon) : daemon_(std::move(daemon)) {}
AcknowledgeDoor::~AcknowledgeDoor() = default;
int AcknowledgeDoor::port() const { return daemon_->port(); }

}  // namespace veille::notifier
