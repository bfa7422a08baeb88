#include "services/notifier/adapters/email_channel.h"

#include <utility>

#include "services/notifier/adapters/send_results.h"
#include "services/notifier/core/acknowledge_link.h"
#include "services/notifier/core/email_message.h"

namespace veille::notifier {

EmailChannel::EmailChannel(EmailOptions options, transfer::Transfers::Options transfers)
    : options_(std::move(options)), transfers_(std::move(transfers)) {}

// A summary asks for nothing.
std::string EmailChannel::LinkFor(const Telling& telling) const {
  if (options_.link_url.empty() || telling.reason != alert::v1::Update::REASON_NOTIFY) return "";
  AcknowledgeLink link;
  link.alert_id = telling.alert.alert_id();
  link.caregiver_id = telling.reader.caregiver_id();
  link.version = telling.version;
  link.expiry = telling.tell_time + options_.link_valid_for;
  return options_.link_url + SignLink(link, options_.link_key);
}

void EmailChannel::Send(const Telling& telling, Done done) {
  transfer::Mail mail = options_.server;
  mail.recipient = telling.channel.email().address();
  mail.message = EmailMessage(
      telling,
      {.sender = mail.sender, .link = LinkFor(telling), .send_time = options_.clock->Now()});
  const absl::Status started = transfers_.Start(
      std::move(mail), [done](const transfer::Outcome& outcome) { done(OfMail(outcome)); });
  if (!started.ok()) done({SendResult::Kind::kTemporary, std::string(started.message())});
}

}  // namespace veille::notifier
