// Puts prompts to the person by a command of the installer's: a text-to-speech program, a script
// that lights a screen and waits for a button.
//
// The command is run by the shell for each prompt, with the text on its standard input and
// VEILLE_PROMPT_LANGUAGE (BCP 47), VEILLE_PROMPT_ID and VEILLE_PROMPT_DEVICE in its environment. A
// line "fine" or "help" that it prints is the answer, at once; "help" still counts after "fine".
// When it exits with another status than 0 and without an answer, the prompt was not delivered.
// What still runs when the prompt expires is killed, with all that it started. Thread safe.

#ifndef SERVICES_HUB_COMMAND_PROMPTER_H_
#define SERVICES_HUB_COMMAND_PROMPTER_H_

#include <list>
#include <memory>
#include <string>

#include "absl/time/time.h"

#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "services/hub/prompter.h"

namespace veille::hub {

class CommandPrompter final : public Prompter {
 public:
  // `now`: the gateway's clock, by which prompts expire. Called from any thread.
  CommandPrompter(std::string command, std::function<absl::Time()> now);
  // Kills what still runs; nothing is answered any more.
  ~CommandPrompter() override;

  void Ask(const v1::Prompt& prompt, Answered answered) override;

 private:
  class Run;

  const std::string command_;
  const std::function<absl::Time()> now_;
  const int stop_fd_;  // Readable once we stop.
  Mutex mu_;
  std::list<std::unique_ptr<Run>> runs_ ABSL_GUARDED_BY(mu_);
};

}  // namespace veille::hub

#endif  // SERVICES_HUB_COMMAND_PROMPTER_H_
