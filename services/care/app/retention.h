// For how long each class of data is kept, and the job that deletes what is older.
//
// One thread of its own, which looks once an hour. Thread safe.

#ifndef SERVICES_CARE_APP_RETENTION_H_
#define SERVICES_CARE_APP_RETENTION_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/config/v1/retention.pb.h"
#include "veille/rights/v1/rights_service.pb.h"

#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"

namespace veille::care {

// Where things grow old: the port that Redis implements. Blocks.
class AgedRecords {
 public:
  virtual ~AgedRecords() = default;
  // Deletes what of the class is older than `age`; how many values. INVALID_ARGUMENT for a class
  // that no age ends.
  virtual absl::StatusOr<uint64_t> DeleteOlder(const std::string& data_class, absl::Duration age,
                                               absl::Time now) = 0;
};

class Retention {
 public:
  struct Options {
    config::v1::Retention config;
    std::shared_ptr<const Clock> clock;
    // Between two looks, in real time; zero: only Enforce() looks.
    absl::Duration interval = absl::Hours(1);
  };
  Retention(Options options, AgedRecords& records, metrics::Registry& metrics);
  ~Retention();

  // One look at every class; the first fault, after all of them.
  absl::Status Enforce();
  std::vector<rights::v1::RetentionRule> rules() const;

 private:
  void Run();

  const Options options_;
  AgedRecords& records_;
  metrics::Counter& deleted_total_;
  metrics::Counter& failures_;
  log::OnChange trouble_;
  mutable Mutex mu_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::map<std::string, uint64_t> deleted_ ABSL_GUARDED_BY(mu_);
  Worker thread_;
};

}  // namespace veille::care

#endif  // SERVICES_CARE_APP_RETENTION_H_
