// Counters, gauges and histograms in Prometheus' text format.
//
// Make the metrics of a module once, at its start; they live as long as the registry. Updating one
// is an atomic addition, safe from any thread. Label values are fixed when the metric is made:
// never a person, never anything unbounded.

#ifndef COMMON_METRICS_METRICS_H_
#define COMMON_METRICS_METRICS_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

#include "common/sync/mutex.h"

namespace veille::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double by) {
    double now = value_.load(std::memory_order_relaxed);
    while (!value_.compare_exchange_weak(now, now + by, std::memory_order_relaxed)) {
    }
  }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Spans of time, in buckets from 0.5 ms to 1 hour.
class Histogram {
 public:
  void Observe(absl::Duration span);
  static const std::vector<double>& BoundsSeconds();

 private:
  friend class Registry;
  static constexpr std::size_t kBuckets = 20;
  std::atomic<uint64_t> counts_[kBuckets] = {};
  std::atomic<uint64_t> count_{0};
  std::atomic<uint64_t> sum_micros_{0};
};

class Registry {
 public:
  // The same name and labels give the same metric. `help` of the first counts.
  Counter& NewCounter(const std::string& name, const std::string& help, Labels labels = {});
  Gauge& NewGauge(const std::string& name, const std::string& help, Labels labels = {});
  Histogram& NewHistogram(const std::string& name, const std::string& help, Labels labels = {});

  // Everything, in exposition format 0.0.4.
  std::string Expose() const;

 private:
  struct Family {
    std::string help;
    const char* type = "";
    std::map<std::string, std::unique_ptr<Counter>> counters;
    std::map<std::string, std::unique_ptr<Gauge>> gauges;
    std::map<std::string, std::unique_ptr<Histogram>> histograms;
  };
  mutable Mutex mu_;
  std::map<std::string, Family> families_ ABSL_GUARDED_BY(mu_);
};

}  // namespace veille::metrics

#endif  // COMMON_METRICS_METRICS_H_
