// How often each caller of a server may call. Thread safe.

#ifndef COMMON_RPC_CALL_LIMITS_H_
#define COMMON_RPC_CALL_LIMITS_H_

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "common/limit/keyed_buckets.h"
#include "common/metrics/metrics.h"
#include "common/time/clock.h"

namespace veille::rpc {

class CallLimits {
 public:
  struct Options {
    Rate rate;
    // "/package.Service/Method": what must get through in whatever haste.
    std::set<std::string, std::less<>> always = {};
    // Callers who are told apart; those beyond share one rate.
    std::size_t max_callers = 10'000;
    std::function<absl::Duration()> uptime = &MonotonicNow;
  };
  CallLimits(Options options, metrics::Registry& metrics);

  // `caller` is whatever tells callers apart, and may be secret: only its digest is kept. Empty: a
  // stranger, whom other measures must hold. RESOURCE_EXHAUSTED, with the time to come again.
  absl::Status Take(std::string_view caller, std::string_view method);

 private:
  const Options options_;
  KeyedBuckets callers_;
  metrics::Counter& refused_;
};

// How long a refusal of Take() asks to stay away; nothing of any other status. gRPC's gate sends
// its words alone, without the details, so they say it, too.
std::optional<absl::Duration> PutOffFor(const absl::Status& status);

}  // namespace veille::rpc

#endif  // COMMON_RPC_CALL_LIMITS_H_
