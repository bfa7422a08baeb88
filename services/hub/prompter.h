// How a hub puts a prompt to the person: the port of the link.

#ifndef SERVICES_HUB_PROMPTER_H_
#define SERVICES_HUB_PROMPTER_H_

#include <functional>

#include "veille/event/v1/event.pb.h"
#include "veille/hub/v1/hub_gateway_service.pb.h"

namespace veille::hub {

class Prompter {
 public:
  // How far it came: PENDING when it begins, then the outcome. Called from any thread until the
  // prompter is gone.
  using Answered = std::function<void(event::v1::PromptAnswer::Answer)>;

  virtual ~Prompter() = default;
  // A prompt that was not asked before. Does not block.
  virtual void Ask(const v1::Prompt& prompt, Answered answered) = 0;
};

// Hears prompts and says nothing: the person of a recording, who answers, if at all, by what is
// recorded.
class SilentPerson final : public Prompter {
 public:
  void Ask(const v1::Prompt& /*prompt*/, Answered answered) override {
    answered(event::v1::PromptAnswer::ANSWER_PENDING);
  }
};

}  // namespace veille::hub

#endif  // SERVICES_HUB_PROMPTER_H_
