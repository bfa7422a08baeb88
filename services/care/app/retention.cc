#include "services/care/app/retention.h"

#include <utility>

#include "services/care/core/retention_table.h"

namespace veille::care {

Retention::Retention(Options options, AgedRecords& records, metrics::Registry& metrics)
    : options_(std::move(options)),
      records_(records),
      deleted_total_(metrics.NewCounter("veille_retention_deleted_total",
                                        "Values that were deleted for their age.")),
      failures_(metrics.NewCounter("veille_retention_failures_total",
                                   "Looks for old values that failed.")) {
  if (options_.interval > absl::ZeroDuration()) thread_ = Worker("retention", [this] { Run(); });
}

Retention::~Retention() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.Join();
}

absl::Status Retention::Enforce() {
  absl::Status first;
  for (const rights::v1::RetentionRule& rule : RetentionTable(options_.config)) {
    if (rule.days() == 0) continue;
    const absl::StatusOr<uint64_t> deleted = records_.DeleteOlder(
        rule.data_class(), absl::Hours(24) * rule.days(), options_.clock->Now());
    if (!deleted.ok()) {
      first.Update(deleted.status());
      continue;
    }
    deleted_total_.Add(*deleted);
    MutexLock lock(mu_);
    deleted_[rule.data_class()] += *deleted;
  }
  if (!first.ok()) failures_.Add();
  return first;
}

std::vector<rights::v1::RetentionRule> Retention::rules() const {
  std::vector<rights::v1::RetentionRule> rules = RetentionTable(options_.config);
  MutexLock lock(mu_);
  for (rights::v1::RetentionRule& rule : rules) {
    const auto at = deleted_.find(rule.data_class());
    if (at != deleted_.end()) rule.set_deleted(at->second);
  }
  return rules;
}

void Retention::Run() {
  while (true) {
    const absl::Status status = Enforce();
    if (trouble_.Changed("retention", std::string(status.message())) && !status.ok())
      VEILLE_LOG(kError, "what is old cannot be deleted; it is tried again").Field(status);
    MutexLock lock(mu_);
    const absl::Duration next = MonotonicNow() + options_.interval;
    while (!stopping_ && MonotonicNow() < next) changed_.WaitFor(mu_, next - MonotonicNow());
    if (stopping_) return;
  }
}

}  // namespace veille::care
