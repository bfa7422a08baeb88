// Where the links in e-mails lead: GET shows a page with a button, POST takes the alert. Following
// the link takes nothing: mail scanners and previews follow every link.
//
// Whoever has a link sees what its e-mail said, and no more. TLS is the business of what stands
// before it.

#ifndef SERVICES_NOTIFIER_ADAPTERS_ACKNOWLEDGE_DOOR_H_
#define SERVICES_NOTIFIER_ADAPTERS_ACKNOWLEDGE_DOOR_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "common/time/clock.h"
#include "services/notifier/app/alert_desk.h"

namespace veille::notifier {

// The path of links: what follows is the token.
inline constexpr char kTakePath[] = "/take/";

struct DoorOptions {
  std::string address;  // "127.0.0.1:7445"; port 0 takes a free one.
  std::string key;      // Signs links.
  std::shared_ptr<const Clock> clock;
};

class AcknowledgeDoor {
 public:
  static absl::StatusOr<std::unique_ptr<AcknowledgeDoor>> Start(DoorOptions options,
                                                                AlertDesk& desk);
  ~AcknowledgeDoor();
  int port() const;

 private:
  class Daemon;
  explicit AcknowledgeDoor(std::unique_ptr<Daemon> daemon);
  const std::unique_ptr<Daemon> daemon_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ADAPTERS_ACKNOWLEDGE_DOOR_H_
