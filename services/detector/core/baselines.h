// What is usual for a person: how long they are still at which hour, when they are first seen in
// the morning, how long they stay out or in the bathroom.
//
// Learnt day by day into histograms of bounded memory that forget over 28 days: all counts lose a
// quarter each week. Few days make few samples, so that neighbouring half-hours are pooled, and p95
// is asked for rather than p99. Until 14 days are learnt nothing is usual, and rules use the care
// plan's figures. A quantile is the upper edge of its bin: a little late rather than too early.
//
// A home with several people has one record: what is usual is that of the home.
//
// Pure; not thread safe. About 1.9 KB.

#ifndef SERVICES_DETECTOR_CORE_BASELINES_H_
#define SERVICES_DETECTOR_CORE_BASELINES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/store/v1/baselines.pb.h"

namespace veille::detector {

inline constexpr int kHalfHours = 48;

class Baselines {
 public:
  // DATA_LOSS for bytes that Serialize() did not make.
  static absl::StatusOr<Baselines> Parse(std::string_view bytes);
  std::string Serialize() const;

  // A day that is over. One that is contained already changes nothing, so that learning it again
  // after a crash is harmless.
  void Learn(const store::v1::DayRecord& day);

  // 95 % quantiles; nothing until learnt.
  // The longest silence that the person reaches in this half-hour of the day (0 to 47).
  std::optional<absl::Duration> Silence(int half_hour, bool weekend) const;
  // When the person gets up, counted from midnight of the wall clock.
  std::optional<absl::Duration> Waking(bool weekend) const;
  std::optional<absl::Duration> Outing() const;
  std::optional<absl::Duration> BathroomStay(bool night) const;

  bool learnt() const { return days_ >= kLearntDays; }

  // Where a span falls, for DayRecord.
  static uint8_t SilenceBin(absl::Duration silence);
  static uint8_t OutingBin(absl::Duration outing);
  static uint8_t StayBin(absl::Duration stay);

 private:
  static constexpr uint32_t kLearntDays = 14;
  static constexpr std::size_t kSilenceBins = 16, kWakingBins = 32, kOutingBins = 16,
                               kStayBins = 16;
  template <std::size_t kBins>
  using Histogram = std::array<uint8_t, kBins>;

  void Forget();

  int32_t last_day_ = 0;
  uint32_t days_ = 0;
  std::array<Histogram<kSilenceBins>, std::size_t{2} * kHalfHours> silences_{};
  std::array<Histogram<kWakingBins>, 2> wakings_{};
  Histogram<kOutingBins> outings_{};
  std::array<Histogram<kStayBins>, 2> stays_{};
};

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_BASELINES_H_
