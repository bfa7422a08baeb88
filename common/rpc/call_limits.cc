#include "common/rpc/call_limits.h"

#include <utility>

#include "common/base/digest.h"
#include "common/rpc/status.h"

namespace veille::rpc {

CallLimits::CallLimits(Options options, metrics::Registry& metrics)
    : options_(std::move(options)),
      callers_(options_.rate, options_.max_callers, options_.uptime()),
      refused_(metrics.NewCounter("veille_rpc_calls_over_limit_total",
                                  "Calls refused because their caller calls too often.")) {}

absl::Status CallLimits::Take(std::string_view caller, std::string_view method) {
  if (caller.empty() || options_.always.count(method) > 0) return absl::OkStatus();
  const absl::Duration wait =
      callers_.TakeOrWait(std::to_string(StableHash64(caller)), options_.uptime());
  if (wait == absl::ZeroDuration()) return absl::OkStatus();
  refused_.Add();
  return WithRetryDelay(absl::ResourceExhaustedError("too many calls: try again later"), wait);
}

}  // namespace veille::rpc
