#include "common/rpc/call_limits.h"

#include <utility>

#include "common/base/digest.h"
#include "common/rpc/status.h"

namespace veille::rpc {
namespace {

constexpr std::string_view kWords = "too many calls: try again in ";

}  // namespace

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
  // Rounded up: who comes a moment too early is refused again.
  const absl::Duration after = absl::Ceil(wait, absl::Milliseconds(1));
  return WithRetryDelay(
      absl::ResourceExhaustedError(std::string(kWords) + absl::FormatDuration(after)), after);
}

std::optional<absl::Duration> PutOffFor(const absl::Status& status) {
  const std::string words(status.message());
  absl::Duration wait;
  if (!absl::IsResourceExhausted(status) || words.rfind(kWords, 0) != 0 ||
      !absl::ParseDuration(words.substr(kWords.size()), &wait)) {
    return std::nullopt;
  }
  return wait;
}

}  // namespace veille::rpc
