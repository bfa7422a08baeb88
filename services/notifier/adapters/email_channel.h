// E-mail over SMTP, with a signed link to take the alert.

#ifndef SERVICES_NOTIFIER_ADAPTERS_EMAIL_CHANNEL_H_
#define SERVICES_NOTIFIER_ADAPTERS_EMAIL_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/time/time.h"

#include "common/time/clock.h"
#include "common/transfer/transfers.h"
#include "services/notifier/app/channel.h"

namespace veille::notifier {

struct EmailOptions {
  transfer::Mail server;  // How the server is reached: recipient and message are not of it.
  std::string link_url;   // "https://veille.example.org/take/"; empty: no link.
  std::string link_key;
  absl::Duration link_valid_for = absl::Hours(24);
  std::shared_ptr<const Clock> clock;
};

class EmailChannel final : public Channel {
 public:
  EmailChannel(EmailOptions options, transfer::Transfers::Options transfers);
  void Send(const Telling& telling, Done done) override;

 private:
  std::string LinkFor(const Telling& telling) const;

  const EmailOptions options_;
  transfer::Transfers transfers_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ADAPTERS_EMAIL_CHANNEL_H_
