#include "services/gateway/app/prompt_desk.h"

#include <algorithm>
#include <utility>

#include "common/log/log.h"

namespace veille::gateway {
namespace {

using store::v1::PromptOrder;

absl::Time ExpiryOf(const PromptOrder& order) {
  const auto& stamp = order.prompt().expire_time();
  return absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
}

bool IsFor(const PromptOrder& order, const std::string& source_id) {
  return order.source_id().empty() || order.source_id() == source_id;
}

bool IsSame(const std::weak_ptr<PromptPeer>& a, const std::weak_ptr<PromptPeer>& b) {
  return !a.owner_before(b) && !b.owner_before(a);
}

}  // namespace

PromptDesk::PromptDesk(std::shared_ptr<const Clock> clock, PromptSource& source,
                       metrics::Registry& metrics)
    : clock_(std::move(clock)),
      source_(source),
      sent_(metrics.NewCounter("veille_gateway_prompts_total", "Prompts handed to hubs.")),
      refused_(metrics.NewCounter("veille_gateway_prompts_refused_total",
                                  "Prompts that a hub's stream did not take.")) {}

void PromptDesk::Join(int partition, const std::string& home_id, const std::string& source_id,
                      const std::shared_ptr<PromptPeer>& peer) {
  MutexLock lock(mu_);
  homes_[home_id].push_back({source_id, peer});
  if (++hubs_[partition] == 1) source_.Open(partition);
  DropExpired(clock_->Now());
  const auto standing = standing_.find(home_id);
  if (standing == standing_.end()) return;
  for (const PromptOrder& order : standing->second)
    if (IsFor(order, source_id)) Hand(order, *peer);
}

void PromptDesk::Leave(int partition, const std::string& home_id,
                       const std::weak_ptr<PromptPeer>& peer) {
  MutexLock lock(mu_);
  const auto home = homes_.find(home_id);
  if (home == homes_.end()) return;
  const auto at = std::find_if(home->second.begin(), home->second.end(),
                               [&](const Connected& hub) { return IsSame(hub.peer, peer); });
  if (at == home->second.end()) return;
  home->second.erase(at);
  if (home->second.empty()) homes_.erase(home);
  const auto hubs = hubs_.find(partition);
  if (--hubs->second > 0) return;
  hubs_.erase(hubs);
  source_.Close(partition);
}

void PromptDesk::OnPrompt(PromptOrder order) {
  const absl::Time now = clock_->Now();
  if (ExpiryOf(order) <= now) return;
  MutexLock lock(mu_);
  DropExpired(now);
  Orders& standing = standing_[order.home_id()];
  // A partition that is read anew begins with what we have.
  for (const PromptOrder& known : standing)
    if (known.prompt().prompt_id() == order.prompt().prompt_id()) return;
  if (const auto home = homes_.find(order.home_id()); home != homes_.end()) {
    for (const Connected& hub : home->second) {
      if (!IsFor(order, hub.source_id)) continue;
      if (const auto peer = hub.peer.lock()) Hand(order, *peer);
    }
  }
  standing.push_back(std::move(order));
}

void PromptDesk::DropExpired(absl::Time now) {
  for (auto home = standing_.begin(); home != standing_.end();) {
    Orders& orders = home->second;
    orders.erase(std::remove_if(orders.begin(), orders.end(),
                                [now](const PromptOrder& order) { return ExpiryOf(order) <= now; }),
                 orders.end());
    home = orders.empty() ? standing_.erase(home) : std::next(home);
  }
}

void PromptDesk::Hand(const PromptOrder& order, PromptPeer& peer) {
  if (peer.SendPrompt(order.prompt())) return sent_.Add();
  refused_.Add();
  VEILLE_LOG(kWarning, "a hub does not take a prompt: its stream is closing or stalled")
      .Field("home", order.home_id())
      .Field("correlation_id", order.correlation_id());
}

}  // namespace veille::gateway
