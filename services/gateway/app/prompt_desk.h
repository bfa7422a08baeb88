// Hands what the detector has the homes asked to the hubs that are connected here.
//
// Reads the prompts of a partition only while a hub of that partition is connected, so a gateway
// without prompts does next to nothing. What stands is kept until it expires: a hub that connects
// within a prompt's life gets it, too. The same prompt may be handed out twice, never late: its id
// tells. Thread safe.

#ifndef SERVICES_GATEWAY_APP_PROMPT_DESK_H_
#define SERVICES_GATEWAY_APP_PROMPT_DESK_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "veille/store/v1/prompt.pb.h"

#include "common/metrics/metrics.h"
#include "common/sync/mutex.h"
#include "common/time/clock.h"

namespace veille::gateway {

// A connected hub. Implemented by the stream; called from any thread.
class PromptPeer {
 public:
  virtual ~PromptPeer() = default;
  // False when the stream is closing or does not keep up.
  virtual bool SendPrompt(hub::v1::Prompt prompt) = 0;
};

// Where prompts are read: the port that Redis implements. Must not block, nor call back from
// within.
class PromptSource {
 public:
  virtual ~PromptSource() = default;
  // From the oldest that is kept on; each is given to PromptDesk::OnPrompt().
  virtual void Open(int partition) = 0;
  virtual void Close(int partition) = 0;
};

class PromptDesk {
 public:
  PromptDesk(std::shared_ptr<const Clock> clock, PromptSource& source, metrics::Registry& metrics);

  // A hub that has been welcomed. It is told what stands.
  void Join(int partition, const std::string& home_id, const std::string& source_id,
            const std::shared_ptr<PromptPeer>& peer);
  // The same hub's stream is over; nothing when it never joined.
  void Leave(int partition, const std::string& home_id, const std::weak_ptr<PromptPeer>& peer);

  // One more of the partition's prompts.
  void OnPrompt(store::v1::PromptOrder order);

 private:
  struct Connected {
    std::string source_id;
    std::weak_ptr<PromptPeer> peer;
  };
  using Orders = std::vector<store::v1::PromptOrder>;

  void DropExpired(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // True when the peer took it.
  void Hand(const store::v1::PromptOrder& order, PromptPeer& peer);

  const std::shared_ptr<const Clock> clock_;
  PromptSource& source_;
  metrics::Counter &sent_, &refused_;
  Mutex mu_;
  std::map<int, int> hubs_ ABSL_GUARDED_BY(mu_);                              // By partition.
  std::map<std::string, std::vector<Connected>> homes_ ABSL_GUARDED_BY(mu_);  // By home.
  // Also of homes that have no hub here now, and of partitions that are not read any more: what was
  // seen must not be missed because its hub changed streams while it was being read.
  std::map<std::string, Orders> standing_ ABSL_GUARDED_BY(mu_);  // By home.
};

}  // namespace veille::gateway

#endif  // SERVICES_GATEWAY_APP_PROMPT_DESK_H_
