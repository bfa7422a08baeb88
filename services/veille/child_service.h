// A `veille all` of our own, as a child process.

#ifndef SERVICES_VEILLE_CHILD_SERVICE_H_
#define SERVICES_VEILLE_CHILD_SERVICE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include <sys/types.h>

#include "veille/config/v1/config.pb.h"

namespace veille {

class ChildService {
 public:
  // Writes the configuration into `folder` and starts `veille all` there; its log goes to
  // `folder`/veille.log. Detached: it outlives us. Signals of our terminal do not reach it: we stop
  // it. CANCELLED when `stop` says so before it serves.
  static absl::StatusOr<std::unique_ptr<ChildService>> Start(const std::string& folder,
                                                             const config::v1::Config& config,
                                                             bool detached,
                                                             const std::function<bool()>& stop);
  // Stops it in good order, unless it is detached.
  ~ChildService();
  void Stop();

  int gateway_port() const { return gateway_port_; }
  int notifier_port() const { return notifier_port_; }
  pid_t pid() const { return pid_; }

 private:
  ChildService() = default;
  absl::Status WaitReady(const std::string& ready_file, const std::string& log_file,
                         const std::function<bool()>& stop);

  pid_t pid_ = 0;
  bool detached_ = false;
  int gateway_port_ = 0, notifier_port_ = 0;
};

}  // namespace veille

#endif  // SERVICES_VEILLE_CHILD_SERVICE_H_
