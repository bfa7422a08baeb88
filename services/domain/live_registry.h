// The registry in force. Whoever judges or tells asks for it each time, so that changed homes hold
// from then on without a restart.
//
// Copies share one registry. Thread safe.

#ifndef SERVICES_DOMAIN_LIVE_REGISTRY_H_
#define SERVICES_DOMAIN_LIVE_REGISTRY_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "common/sync/mutex.h"
#include "services/domain/registry.h"

namespace veille::domain {

class LiveRegistry {
 public:
  LiveRegistry() = default;
  // Implicit: a registry that never changes is one, too.
  // NOLINTNEXTLINE(google-explicit-constructor)
  LiveRegistry(std::shared_ptr<const Registry> registry) { Replace(std::move(registry)); }

  // What it hands out stays valid while it is held. Null before the first.
  std::shared_ptr<const Registry> Get() const {
    MutexLock lock(state_->mu);
    return state_->registry;
  }
  void Replace(std::shared_ptr<const Registry> registry) const {
    MutexLock lock(state_->mu);
    state_->registry = std::move(registry);
    ++state_->version;
  }
  // Grows with each Replace().
  uint64_t version() const {
    MutexLock lock(state_->mu);
    return state_->version;
  }

 private:
  struct State {
    mutable Mutex mu;
    std::shared_ptr<const Registry> registry ABSL_GUARDED_BY(mu);
    uint64_t version ABSL_GUARDED_BY(mu) = 0;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_LIVE_REGISTRY_H_
