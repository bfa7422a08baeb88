#include "services/gateway/app/source_accounts.h"

#include <utility>
#include <vector>

#include "common/log/log.h"
#include "services/gateway/app/wire.h"

namespace veille::gateway {
namespace {

constexpr char kOverLimit[] = "veille_gateway_over_limit_total";
constexpr char kHelp[] =
    "What came beyond a source's limit: bulk batches left with it, batches that were taken but "
    "slowed it down, bulk taken for an emergency's sake, streams refused.";

}  // namespace

SourceAccounts::SourceAccounts(SourceRates rates, std::function<absl::Duration()> uptime,
                               metrics::Registry& metrics)
    : rates_(rates),
      uptime_(std::move(uptime)),
      left_(metrics.NewCounter(kOverLimit, kHelp, {{"what", "bulk_left"}})),
      slowed_(metrics.NewCounter(kOverLimit, kHelp, {{"what", "slowed"}})),
      let_through_(metrics.NewCounter(kOverLimit, kHelp, {{"what", "bulk_for_emergency"}})),
      connects_(metrics.NewCounter(kOverLimit, kHelp, {{"what", "connects"}})) {}

SourceAccounts::Account SourceAccounts::Of(const std::string& source_id) {
  MutexLock lock(mu_);
  Account& account = accounts_[source_id];
  if (account == nullptr) account = std::make_shared<SourceAccount>(source_id, rates_, uptime_());
  return account;
}

absl::Status SourceAccounts::Connect(const Account& account) {
  absl::Duration wait;
  {
    MutexLock lock(account->mu_);
    wait = account->budget_.ConnectAfter(uptime_());
  }
  if (wait == absl::ZeroDuration()) return absl::OkStatus();
  connects_.Add();
  return ComeAgain("this source connects too often", wait);
}

Admission SourceAccounts::Judge(const Account& account, const Incoming& batch) {
  Admission admission = Admission::kTake;
  {
    MutexLock lock(account->mu_);
    admission =
        batch.lane == hub::v1::LANE_URGENT
            ? account->budget_.Urgent(uptime_())
            : account->budget_.Bulk(batch.incarnation, batch.sequence, batch.bytes, uptime_());
  }
  if (admission == Admission::kLeave && batch.holds_emergency()) admission = Admission::kTakeSlowly;
  if (admission == Admission::kLeave) left_.Add();
  if (admission == Admission::kTakeSlowly)
    (batch.lane == hub::v1::LANE_URGENT ? slowed_ : let_through_).Add();
  return admission;
}

bool SourceAccounts::IsLetThrough(const Account& account, std::string_view incarnation,
                                  uint64_t sequence) const {
  MutexLock lock(account->mu_);
  return account->budget_.IsLetThrough(incarnation, sequence);
}

void SourceAccounts::LetThrough(const Account& account, std::string_view incarnation,
                                uint64_t sequence) {
  MutexLock lock(account->mu_);
  account->budget_.LetThrough(incarnation, sequence);
}

absl::Duration SourceAccounts::BulkAfter(const Account& account) const {
  MutexLock lock(account->mu_);
  return account->budget_.BulkAfter(uptime_());
}

void SourceAccounts::WhenPaidOff(const Account& account, std::function<void()> done) {
  if (!Wait(account, &SourceAccount::slow_, done)) done();
}

void SourceAccounts::WhenBulkGoesOn(const Account& account, std::function<void()> again) {
  VEILLE_LOG(kWarning, "a source sends more than its limit: its bulk waits, urgent batches go on")
      .Field("source", account->source_id_);
  // Once stopped, the streams close by themselves.
  static_cast<void>(Wait(account, &SourceAccount::left_, again));
}

bool SourceAccounts::Wait(const Account& account, Waiting SourceAccount::*queue,
                          std::function<void()>& call) {
  MutexLock all(mu_);
  if (stopped_) return false;
  MutexLock lock(account->mu_);
  (account.get()->*queue).push_back(std::move(call));
  waiting_.insert(account);
  return true;
}

void SourceAccounts::Stop() {
  std::set<Account> waiting;
  {
    MutexLock lock(mu_);
    stopped_ = true;
    waiting.swap(waiting_);
  }
  for (const Account& account : waiting) {
    Waiting due;
    {
      MutexLock lock(account->mu_);
      due.swap(account->slow_);
      account->left_.clear();
    }
    for (const auto& call : due) call();
  }
}

void SourceAccounts::Pulse() {
  std::vector<Account> waiting;
  {
    MutexLock lock(mu_);
    waiting.assign(waiting_.begin(), waiting_.end());
  }
  for (const Account& account : waiting) {
    Waiting due;
    {
      // In this order everywhere: what comes to wait meanwhile is not forgotten.
      MutexLock all(mu_);
      MutexLock lock(account->mu_);
      const absl::Duration now = uptime_();
      while (!account->slow_.empty() && account->budget_.PaidOff(now)) {
        due.push_back(std::move(account->slow_.front()));
        account->slow_.pop_front();
      }
      if (!account->left_.empty() && account->budget_.BulkAfter(now) == absl::ZeroDuration()) {
        due.insert(due.end(), std::make_move_iterator(account->left_.begin()),
                   std::make_move_iterator(account->left_.end()));
        account->left_.clear();
      }
      if (account->slow_.empty() && account->left_.empty()) waiting_.erase(account);
    }
    for (const auto& call : due) call();
  }
}

}  // namespace veille::gateway
