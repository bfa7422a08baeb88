#include "common/metrics/metrics.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace veille::metrics {
namespace {

std::string Render(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    out += out.empty() ? "" : ",";
    out += name + "=\"";
    for (const char c : value) {
      if (c == '"' || c == '\\') out += '\\';
      out += c == '\n' ? ' ' : c;
    }
    out += '"';
  }
  return out;
}

std::string Braces(const std::string& labels, const std::string& more = "") {
  const std::string both = labels + (labels.empty() || more.empty() ? "" : ",") + more;
  return both.empty() ? "" : "{" + both + "}";
}

}  // namespace

const std::vector<double>& Histogram::BoundsSeconds() {
  static const auto* bounds =
      new std::vector<double>{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5,
                              1,      2,     5,     10,    30,   60,   300,  900, 3600};
  return *bounds;
}

void Histogram::Observe(absl::Duration span) {
  const double seconds = std::max(0.0, absl::ToDoubleSeconds(span));
  const auto& bounds = BoundsSeconds();
  const auto at = std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin();
  counts_[static_cast<std::size_t>(at)].fetch_add(1, std::memory_order_relaxed);
  count_.fetch_add(1, std::memory_order_relaxed);
  sum_micros_.fetch_add(static_cast<uint64_t>(seconds * 1e6), std::memory_order_relaxed);
}

Counter& Registry::NewCounter(const std::string& name, const std::string& help, Labels labels) {
  MutexLock lock(mu_);
  Family& family = families_[name];
  if (family.help.empty()) family.help = help;
  family.type = "counter";
  auto& metric = family.counters[Render(labels)];
  if (!metric) metric = std::make_unique<Counter>();
  return *metric;
}

Gauge& Registry::NewGauge(const std::string& name, const std::string& help, Labels labels) {
  MutexLock lock(mu_);
  Family& family = families_[name];
  if (family.help.empty()) family.help = help;
  family.type = "gauge";
  auto& metric = family.gauges[Render(labels)];
  if (!metric) metric = std::make_unique<Gauge>();
  return *metric;
}

Histogram& Registry::NewHistogram(const std::string& name, const std::string& help, Labels labels) {
  MutexLock lock(mu_);
  Family& family = families_[name];
  if (family.help.empty()) family.help = help;
  family.type = "histogram";
  auto& metric = family.histograms[Render(labels)];
  if (!metric) metric = std::make_unique<Histogram>();
  return *metric;
}

std::string Registry::Expose() const {
  MutexLock lock(mu_);
  std::string out;
  for (const auto& [name, family] : families_) {
    out += "# HELP " + name + " " + family.help + "\n# TYPE " + name + " " + family.type + "\n";
    for (const auto& [labels, counter] : family.counters)
      out += name + Braces(labels) + absl::StrFormat(" %d\n", counter->value());
    for (const auto& [labels, gauge] : family.gauges)
      out += name + Braces(labels) + absl::StrFormat(" %.17g\n", gauge->value());
    for (const auto& [labels, histogram] : family.histograms) {
      uint64_t below = 0;
      const auto& bounds = Histogram::BoundsSeconds();
      for (std::size_t i = 0; i < bounds.size(); ++i) {
        below += histogram->counts_[i].load(std::memory_order_relaxed);
        out += name + "_bucket" + Braces(labels, absl::StrFormat("le=\"%g\"", bounds[i])) +
               absl::StrFormat(" %d\n", below);
      }
      const uint64_t count = histogram->count_.load(std::memory_order_relaxed);
      out += name + "_bucket" + Braces(labels, "le=\"+Inf\"") + absl::StrFormat(" %d\n", count);
      out += name + "_sum" + Braces(labels) +
             absl::StrFormat(" %.6f\n", static_cast<double>(histogram->sum_micros_.load()) / 1e6);
      out += name + "_count" + Braces(labels) + absl::StrFormat(" %d\n", count);
    }
  }
  return out;
}

}  // namespace veille::metrics
