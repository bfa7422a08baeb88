#include "services/detector/app/silence_watch.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "services/detector/app/operator_findings.h"

namespace veille::detector {
namespace {

// Fewer may well fall silent together: a power cut in one street.
constexpr int kFewestQuiet = 5;
// A gateway shows itself each second, and is back from a restart sooner. With as long a look at it
// a minute passes, well below the silence that is told.
constexpr absl::Duration kGatewayLate = absl::Seconds(30);

}  // namespace

bool SilenceWatch::Report(int partition, const Hearing& hearing, absl::Time now) {
  std::optional<store::v1::Finding> told;
  bool ours = false;
  {
    MutexLock lock(mu_);
    Hearing& kept = hearings_[partition];
    all_.heard += hearing.heard - kept.heard;
    all_.quiet += hearing.quiet - kept.quiet;
    kept = hearing;
    const bool half = all_.quiet > 0 && 2 * all_.quiet >= all_.heard;
    mass_ = half && (mass_ || all_.quiet >= kFewestQuiet);
    ours = mass_ || deaf_;
    if (std::exchange(told_, ours) != ours) {
      if (ours) alert_id_ = MassSilenceAlertId(now);
      told = ours ? MassSilenceFinding(alert_id_, deaf_, all_.quiet, all_.heard, now)
                  : MassSilenceIsOver(alert_id_, now);
    }
  }
  if (told.has_value()) tell_(*told);
  return ours;
}

void SilenceWatch::OnGatewaySeen(absl::Duration ago, absl::Duration now) {
  MutexLock lock(mu_);
  late_from_ = ago <= kGatewayLate ? absl::InfiniteDuration() : std::min(late_from_, now);
  deaf_ = now - late_from_ >= kGatewayLate;
}

void SilenceWatch::Forget(int partition) {
  MutexLock lock(mu_);
  const auto at = hearings_.find(partition);
  if (at == hearings_.end()) return;
  all_.heard -= at->second.heard;
  all_.quiet -= at->second.quiet;
  hearings_.erase(at);
}

}  // namespace veille::detector
