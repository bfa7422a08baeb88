#include "services/detector/core/baselines.h"

#include <algorithm>

#include "common/base/digest.h"
#include "services/detector/core/bytes.h"

namespace veille::detector {
namespace {

constexpr uint32_t kFormat = 1;
constexpr double kQuantile = 0.95;
// A sample's weight: alone it is forgotten after four weeks of losing a quarter, rounded down.
constexpr int kWeight = 4;
constexpr int kForgetDays = 7;
constexpr int kMostDays = 1000;
// Of ten samples the 95 % quantile is the largest; of fewer it says nothing.
constexpr int kLeastSamples = 10;

// Upper edges in minutes; the last bin has none, and its quantile is not known.
constexpr int kSilenceEdges[] = {15,  30,  45,  60,  75,  90,  105, 120,
                                 150, 180, 240, 300, 360, 480, 720};
constexpr int kOutingEdges[] = {15,  30,  45,  60,  90,  120, 150, 180,
                                210, 240, 300, 360, 480, 600, 720};
constexpr int kStayEdges[] = {2, 4, 6, 8, 10, 12, 15, 18, 21, 25, 30, 40, 50, 60, 90};
// Wakings: quarters of an hour from 04:00.
constexpr int kWakingFrom = 4 * 60, kWakingStep = 15;

template <std::size_t kEdges>
uint8_t BinOf(absl::Duration span, const int (&edges)[kEdges]) {
  std::size_t bin = 0;
  while (bin < kEdges && span > absl::Minutes(edges[bin])) ++bin;
  return static_cast<uint8_t>(bin);
}

template <typename Histogram>
void Fade(Histogram& histogram) {
  for (uint8_t& count : histogram) count = static_cast<uint8_t>(count * 3 / 4);
}

template <typename Histogram>
void Add(std::size_t bin, Histogram& histogram) {
  uint8_t& count = histogram[std::min(bin, histogram.size() - 1)];
  // All fade together: a bin that stayed full would make the others look more frequent.
  if (count > 255 - kWeight) Fade(histogram);
  count = static_cast<uint8_t>(count + kWeight);
}

// The bin of the quantile over histograms that are pooled; −1 when they hold too little.
template <typename Counts>
int QuantileBin(const Counts& counts) {
  int total = 0;
  for (const int count : counts) total += count;
  if (total < kLeastSamples * kWeight) return -1;
  int sum = 0;
  for (std::size_t bin = 0; bin < counts.size(); ++bin) {
    sum += counts[bin];
    if (sum >= kQuantile * total) return static_cast<int>(bin);
  }
  return -1;
}

template <std::size_t kEdges>
std::optional<absl::Duration> EdgeOf(int bin, const int (&edges)[kEdges]) {
  if (bin < 0 || bin >= static_cast<int>(kEdges)) return std::nullopt;
  return absl::Minutes(edges[bin]);
}

template <typename Rows>
std::string Bytes(const Rows& rows) {
  return {reinterpret_cast<const char*>(rows.data()), sizeof(rows)};
}

template <typename Rows>
bool Read(const std::string& bytes, Rows& rows) {
  if (bytes.size() != sizeof(rows)) return false;
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(rows.data()));
  return true;
}

uint64_t DigestOf(store::v1::Baselines record) {
  record.clear_digest();
  return StableHash64(ToBytes(record));
}

// 1970-01-01 was a Thursday.
bool IsWeekend(int32_t day) {
  const int weekday = static_cast<int>(((int64_t{day} + 3) % 7 + 7) % 7);  // 0: Monday.
  return weekday >= 5;
}

}  // namespace

absl::StatusOr<Baselines> Baselines::Parse(std::string_view bytes) {
  store::v1::Baselines record;
  Baselines baselines;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      record.format() != kFormat || record.digest() != DigestOf(record) ||
      !Read(record.silences(), baselines.silences_) ||
      !Read(record.wakings(), baselines.wakings_) || !Read(record.outings(), baselines.outings_) ||
      !Read(record.bathroom_stays(), baselines.stays_)) {
    return absl::DataLossError("personal baselines cannot be read");
  }
  baselines.last_day_ = record.last_day();
  baselines.days_ = record.days();
  return baselines;
}

std::string Baselines::Serialize() const {
  store::v1::Baselines record;
  record.set_format(kFormat);
  record.set_last_day(last_day_);
  record.set_days(days_);
  record.set_silences(Bytes(silences_));
  record.set_wakings(Bytes(wakings_));
  record.set_outings(Bytes(outings_));
  record.set_bathroom_stays(Bytes(stays_));
  record.set_digest(DigestOf(record));
  return ToBytes(record);
}

void Baselines::Learn(const store::v1::DayRecord& day) {
  if (day.day() <= last_day_) return;
  // Weeks that passed unseen are forgotten, too.
  const int weeks = day.day() / kForgetDays - last_day_ / kForgetDays;
  if (last_day_ != 0)
    for (int week = 0; week < std::min(weeks, 8); ++week) Forget();
  last_day_ = day.day();
  const bool weekend = IsWeekend(day.day());
  bool seen = false;
  const std::string& silences = day.silences();
  for (std::size_t i = 0; i < silences.size() && i < kHalfHours; ++i) {
    if (silences[i] == 0) continue;
    seen = true;
    Add(static_cast<std::size_t>(static_cast<uint8_t>(silences[i]) - 1),
        silences_[i + (weekend ? kHalfHours : 0)]);
  }
  if (!seen) return;  // Nobody was at home: the day says nothing.
  days_ = std::min<uint32_t>(days_ + 1, kMostDays);
  if (day.waking_minutes() >= kWakingFrom)
    Add((day.waking_minutes() - kWakingFrom) / kWakingStep, wakings_[weekend ? 1 : 0]);
  for (const char bin : day.outings()) Add(static_cast<uint8_t>(bin), outings_);
  for (const char bin : day.bathroom_days()) Add(static_cast<uint8_t>(bin), stays_[0]);
  for (const char bin : day.bathroom_nights()) Add(static_cast<uint8_t>(bin), stays_[1]);
}

void Baselines::Forget() {
  for (auto& histogram : silences_) Fade(histogram);
  for (auto& histogram : wakings_) Fade(histogram);
  Fade(outings_);
  for (auto& histogram : stays_) Fade(histogram);
}

std::optional<absl::Duration> Baselines::Silence(int half_hour, bool weekend) const {
  if (!learnt()) return std::nullopt;
  std::array<int, kSilenceBins> pooled{};
  const auto pool = [&](bool of_weekend) {
    for (const int offset : {-1, 0, 1}) {
      const int index = (half_hour + offset + kHalfHours) % kHalfHours;
      const auto& row = silences_[static_cast<std::size_t>(index) + (of_weekend ? kHalfHours : 0)];
      for (std::size_t bin = 0; bin < kSilenceBins; ++bin) pooled[bin] += row[bin];
    }
  };
  pool(weekend);
  // A few weekends say too little by themselves.
  if (QuantileBin(pooled) < 0) pool(!weekend);
  return EdgeOf(QuantileBin(pooled), kSilenceEdges);
}

std::optional<absl::Duration> Baselines::Waking(bool weekend) const {
  if (!learnt()) return std::nullopt;
  std::array<int, kWakingBins> pooled{};
  const auto pool = [&](bool of_weekend) {
    for (std::size_t bin = 0; bin < kWakingBins; ++bin)
      pooled[bin] += wakings_[of_weekend ? 1 : 0][bin];
  };
  pool(weekend);
  if (QuantileBin(pooled) < 0) pool(!weekend);
  const int bin = QuantileBin(pooled);
  // The last bin is open: later than noon is no morning.
  if (bin < 0 || bin + 1 >= static_cast<int>(kWakingBins)) return std::nullopt;
  return absl::Minutes(kWakingFrom + (bin + 1) * kWakingStep);
}

std::optional<absl::Duration> Baselines::Outing() const {
  if (!learnt()) return std::nullopt;
  return EdgeOf(QuantileBin(outings_), kOutingEdges);
}

std::optional<absl::Duration> Baselines::BathroomStay(bool night) const {
  if (!learnt()) return std::nullopt;
  return EdgeOf(QuantileBin(stays_[night ? 1 : 0]), kStayEdges);
}

uint8_t Baselines::SilenceBin(absl::Duration silence) { return BinOf(silence, kSilenceEdges); }
uint8_t Baselines::OutingBin(absl::Duration outing) { return BinOf(outing, kOutingEdges); }
uint8_t Baselines::StayBin(absl::Duration stay) { return BinOf(stay, kStayEdges); }

}  // namespace veille::detector
