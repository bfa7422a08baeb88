// What each source may still send, over all its streams and calls, and what waits because it sent
// more. Thread safe.

#ifndef SERVICES_GATEWAY_APP_SOURCE_ACCOUNTS_H_
#define SERVICES_GATEWAY_APP_SOURCE_ACCOUNTS_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

#include "veille/hub/v1/hub_gateway_service.pb.h"

#include "common/metrics/metrics.h"
#include "common/sync/mutex.h"
#include "services/gateway/core/source_budget.h"

namespace veille::gateway {

using Waiting = std::deque<std::function<void()>>;

// Of one source. It outlives its streams, so that a new connection buys nothing.
class SourceAccount {
 public:
  SourceAccount(std::string source_id, const SourceRates& rates, absl::Duration now)
      : source_id_(std::move(source_id)), budget_(rates, now) {}

 private:
  friend class SourceAccounts;

  const std::string source_id_;
  Mutex mu_;
  SourceBudget budget_ ABSL_GUARDED_BY(mu_);
  // The rest under `mu_`, too, which a pointer to a member cannot say.
  // Told, one a token, that what they took slowly has been waited for. Bounded by the streams'
  // windows and by what a source's unary calls may hold.
  Waiting slow_;
  // Told, all at once, when bulk that was left is worth sending again.
  Waiting left_;
};

class SourceAccounts {
 public:
  using Account = std::shared_ptr<SourceAccount>;
  // `uptime`: real time that never goes back.
  SourceAccounts(SourceRates rates, std::function<absl::Duration()> uptime,
                 metrics::Registry& metrics);

  // Of a source that some home has: their number is that of the registry.
  Account Of(const std::string& source_id);

  // OK, or UNAVAILABLE with the time to come again.
  absl::Status Connect(const Account& account);
  struct Incoming {
    hub::v1::Lane lane = hub::v1::LANE_UNSPECIFIED;
    std::string_view incarnation;
    uint64_t sequence = 0;
    std::size_t bytes = 0;
    // Asked only where it matters.
    std::function<bool()> holds_emergency;
  };
  Admission Judge(const Account& account, const Incoming& batch);
  bool IsLetThrough(const Account& account, std::string_view incarnation, uint64_t sequence) const;
  // An emergency came behind bulk that was left: what is through it is taken when it comes again.
  void LetThrough(const Account& account, std::string_view incarnation, uint64_t sequence);
  // Until left bulk is worth sending again.
  absl::Duration BulkAfter(const Account& account) const;

  // `done` is called when what was taken slowly has been waited for; `again` when bulk may come.
  // Both from Pulse(), without locks.
  void WhenPaidOff(const Account& account, std::function<void()> done);
  void WhenBulkGoesOn(const Account& account, std::function<void()> again);

  // About ten times a second.
  void Pulse();
  // Nobody is made to wait any more: a call that is not answered would hold up the server's stop.
  void Stop();

 private:
  // False, and nothing done, once stopped.
  bool Wait(const Account& account, Waiting SourceAccount::*queue, std::function<void()>& call);

  const SourceRates rates_;
  const std::function<absl::Duration()> uptime_;
  metrics::Counter &left_, &slowed_, &let_through_, &connects_;
  Mutex mu_;
  std::map<std::string, Account> accounts_ ABSL_GUARDED_BY(mu_);
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  // Those for whom something waits.
  std::set<Account> waiting_ ABSL_GUARDED_BY(mu_);
};

}  // namespace veille::gateway

#endif  // SERVICES_GATEWAY_APP_SOURCE_ACCOUNTS_H_
