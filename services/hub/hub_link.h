// A source's connection to the gateway: sends what the outbox holds, resends what is not
// acknowledged, reconnects for as long as it lives, and has prompts put to the person and their
// answers sent. Thread safe.

#ifndef SERVICES_HUB_HUB_LINK_H_
#define SERVICES_HUB_HUB_LINK_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/event/v1/event.pb.h"

#include "common/rpc/credentials.h"
#include "services/hub/prompter.h"

namespace veille::hub {

struct LinkOptions {
  std::string address;
  std::string source_id;
  rpc::TlsFiles tls;
  // How long a refusal of our certificate is asked about again, from Open() on: a gateway hears of
  // an enrolment that replaces another, or ends a denial, a second or two later.
  absl::Duration denied_patience = absl::ZeroDuration();
  // World time, for send times. Called from the link's threads.
  std::function<absl::Time()> now;
  // Each malformed event that the gateway put aside, for people to read.
  std::function<void(const std::string&)> on_rejection;
  // Puts prompts to the person; outlives the link. Null: they are answered as undelivered.
  Prompter* prompter = nullptr;
  // Each answer that is sent, for people to read. Called from any thread.
  std::function<void(const v1::Prompt&, event::v1::PromptAnswer::Answer)> on_answer;
};

class HubLink {
 public:
  static absl::StatusOr<std::unique_ptr<HubLink>> Open(LinkOptions options);
  ~HubLink();

  // Waits for the first Welcome and returns the gateway's clock. A refusal for good (unknown
  // source, bad certificate) is returned as it is.
  absl::StatusOr<absl::Time> WaitWelcome(absl::Duration timeout);

  // Hands over events; urgent ones go first. `watermark`: nothing before it is missing.
  void Send(const event::v1::EventBatch& batch, bool urgent, absl::Time watermark);
  void Heartbeat(absl::Time watermark);

  // OK when everything is acknowledged.
  absl::Status Drain(absl::Duration timeout);
  std::size_t unacknowledged() const;
  // Why the link has ended for good; OK while it lives.
  absl::Status status() const;

 private:
  class Worker;
  explicit HubLink(std::shared_ptr<Worker> worker);
  const std::shared_ptr<Worker> worker_;
};

}  // namespace veille::hub

#endif  // SERVICES_HUB_HUB_LINK_H_
