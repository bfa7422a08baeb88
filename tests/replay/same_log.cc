#include "tests/replay/same_log.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/base/check.h"
#include "common/base/timestamp.h"
#include "common/metrics/metrics.h"
#include "common/time/clock.h"
#include "services/detector/core/bytes.h"
#include "services/domain/keys.h"
#include "services/domain/registry.h"
#include "services/gateway/role.h"
#include "tests/e2e/raw_hub.h"
#include "tests/support/process.h"
#include "tests/support/redis_server.h"
#include "tests/unit/detector/app/partition.h"

namespace veille::testing {
namespace {

using domain::Recording;
using event::v1::Event;

constexpr int kMaxEvents = 50;
constexpr absl::Duration kSpan = absl::Seconds(10);    // Of one batch.
constexpr absl::Duration kSilence = absl::Minutes(2);  // An empty batch says that nothing was.
constexpr absl::Duration kTick = absl::Seconds(30);
constexpr absl::Duration kTravel = absl::Seconds(1);  // From the last sample to the receipt.
constexpr absl::Duration kPatience = absl::Hours(2);  // With all that a folder holds.
constexpr int kOurTick = -1;

absl::Time TimeOf(const Event& event) {
  return absl::FromUnixSeconds(event.event_time().seconds()) +
         absl::Nanoseconds(event.event_time().nanos());
}

// What a hub sends, or the service's own tick.
struct Item {
  absl::Time received;
  int home = kOurTick;
  hub::v1::Lane lane = hub::v1::LANE_BULK;
  std::string events;
  absl::Time watermark;
};

// Names of its own, so that homes of one kind can share a partition.
void Rename(int index, Recording& recording) {
  care::v1::Home& home = recording.home;
  const std::string id = "r" + std::to_string(index);
  home.set_home_id(id);
  home.mutable_sources(0)->set_source_id("hub-" + id);
  home.mutable_patients(0)->set_patient_id("person-" + id);
  for (care::v1::Device& device : *home.mutable_devices()) {
    if (!device.source_id().empty()) device.set_source_id(home.sources(0).source_id());
    if (!device.patient_id().empty()) device.set_patient_id(home.patients(0).patient_id());
  }
}

void AddSilence(int home, absl::Time from, absl::Time to, std::vector<Item>& items) {
  for (absl::Time at = from + kSilence; at < to; at += kSilence)
    items.push_back({at + kTravel, home, hub::v1::LANE_BULK, "", at});
}

void AddRecording(int home, const Recording& recording, std::vector<Item>& items) {
  absl::Time spoken = recording.start;
  std::size_t next = 0;
  while (next < recording.events.size()) {
    const absl::Time first = TimeOf(recording.events[next]);
    AddSilence(home, spoken, first, items);
    absl::Time last = first;
    std::vector<Event> urgent, bulk;
    while (next < recording.events.size() && bulk.size() < kMaxEvents) {
      const Event& event = recording.events[next];
      if (TimeOf(event) - first > kSpan) break;
      last = std::max(last, TimeOf(event));
      (domain::IsUrgent(event) ? urgent : bulk).push_back(event);
      ++next;
    }
    const absl::Time watermark = absl::FromUnixSeconds(absl::ToUnixSeconds(last));
    if (!urgent.empty())
      items.push_back({last + kTravel, home, hub::v1::LANE_URGENT, Events(urgent), watermark});
    if (!bulk.empty())
      items.push_back({last + kTravel, home, hub::v1::LANE_BULK, Events(bulk), watermark});
    spoken = last;
  }
  AddSilence(home, spoken, recording.end, items);
}

std::vector<Item> ItemsOf(const std::vector<Recording>& recordings) {
  std::vector<Item> items;
  absl::Time start = absl::InfiniteFuture(), end = absl::InfinitePast();
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    AddRecording(static_cast<int>(i), recordings[i], items);
    start = std::min(start, recordings[i].start);
    end = std::max(end, recordings[i].end);
  }
  for (absl::Time at = start; at < end + absl::Minutes(10); at += kTick) {
    items.emplace_back();
    items.back().received = at;
  }
  std::stable_sort(items.begin(), items.end(),
                   [](const Item& a, const Item& b) { return a.received < b.received; });
  return items;
}

std::string Tick(absl::Time at) {
  store::v1::Envelope envelope;
  envelope.set_format(1);
  SetTime(at, *envelope.mutable_receive_time());
  envelope.mutable_tick();
  return envelope.SerializeAsString();
}

redis::PrivateServer::Options InMemory() {
  redis::PrivateServer::Options options;
  options.append_only = false;
  return options;
}

// A gateway with a Redis of its own, on a clock that the test sets.
class Gatehouse {
 public:
  Gatehouse(const std::vector<Recording>& recordings, absl::Time now)
      : redis_(InMemory()), clock_(std::make_shared<VirtualClock>(now)) {
    std::vector<care::v1::Home> homes;
    for (const Recording& recording : recordings) homes.push_back(recording.home);
    registry_ = *domain::Registry::Make(std::move(homes));
    const std::string address = "unix:" + folder_.path() + "/gateway.sock";
    gateway::GatewayOptions options;
    options.config.mutable_rpc()->set_gateway_address(address);
    // A night in seconds is what no hub may send.
    for (config::v1::Rate* rate : {options.config.mutable_limits()->mutable_hub_bulk_batches(),
                                   options.config.mutable_limits()->mutable_hub_bulk_bytes(),
                                   options.config.mutable_limits()->mutable_hub_urgent_batches()}) {
      rate->set_per_second(1e9);
      rate->set_burst(1e9);
    }
    options.endpoint = redis_.endpoint();
    options.partitions = 1;
    options.registry = registry_;
    options.clock = clock_;
    options.metrics = &metrics_;
    auto started = gateway::Gateway::Start(std::move(options));
    VEILLE_CHECK(started.ok());
    gateway_ = *std::move(started);
    for (const Recording& recording : recordings) {
      hubs_.push_back(std::make_unique<RawHub>(address, kIncarnation,
                                               recording.home.sources(0).source_id(), kPatience));
      VEILLE_CHECK(hubs_.back()->welcomed());
    }
    // That a hub came is an entry too, and nobody answers for it.
    while (ReadLog().entries.size() < hubs_.size()) SleepReally(absl::Milliseconds(5));
  }
  ~Gatehouse() {
    hubs_.clear();
    gateway_->Stop();
  }

  // Each batch `times` times.
  void Take(const std::vector<Item>& items, int times) {
    std::map<std::pair<int, hub::v1::Lane>, uint64_t> sequences;
    for (const Item& item : items) {
      clock_->Set(item.received);
      if (item.home == kOurTick) {
        VEILLE_CHECK(redis_.client()
                         .CommandSync({"XADD", domain::LogKey(0), "*", "e", Tick(item.received)})
                         .ok());
        continue;
      }
      RawHub& hub = *hubs_[static_cast<std::size_t>(item.home)];
      hub.watermark = item.watermark;
      const uint64_t sequence = ++sequences[{item.home, item.lane}];
      for (int i = 0; i < times; ++i) hub.Send(sequence, item.events, item.lane);
      VEILLE_CHECK(hub.WaitAck(sequence, item.lane));
    }
  }

  detector::Night ReadLog() {
    detector::Night night;
    night.registry = registry_;
    std::string from = "-";
    while (true) {
      const auto page =
          redis_.client().CommandSync({"XRANGE", domain::LogKey(0), from, "+", "COUNT", "1000"});
      VEILLE_CHECK(page.ok());
      for (std::size_t i = 0; i < page->size(); ++i) {
        detector::NightEntry& entry = night.entries.emplace_back();
        const auto fields = (*page)[i][1];
        for (std::size_t k = 1; k < fields.size(); k += 2)
          entry.envelopes.emplace_back(fields[k].str());
        const auto received = detector::ParseEnvelope(entry.envelopes[0]).receive_time();
        entry.ms = received.seconds() * 1000 + received.nanos() / 1000000;
        from = "(" + std::string((*page)[i][0].str());
      }
      if (page->size() == 0) return night;
    }
  }
  uint64_t duplicates() {
    return metrics_.NewCounter("veille_gateway_duplicates_total", "").value();
  }

 private:
  const TempFolder folder_;
  RedisServer redis_;
  const std::shared_ptr<VirtualClock> clock_;
  metrics::Registry metrics_;
  std::shared_ptr<const domain::Registry> registry_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::vector<std::unique_ptr<RawHub>> hubs_;
};

ComparableFindings Comparable(const detector::Partition& partition) {
  ComparableFindings findings;
  for (store::v1::Finding& finding : partition.Queue()) {
    finding.clear_receive_time();
    finding.clear_log_position();
    for (auto& seen : *finding.mutable_evidence()->mutable_observations())
      seen.clear_receive_time();
    findings[finding.home_id()] += detector::ToBytes(finding) + '\n';
  }
  return findings;
}

ComparableFindings Judge(const detector::Night& night) {
  detector::Partition partition(night);
  VEILLE_CHECK(partition.TakeOver().ok());
  partition.FeedAll();
  return Comparable(partition);
}

}  // namespace

SameLog::SameLog(std::vector<Recording> recordings) {
  absl::Time day = absl::FromUnixSeconds(1'768'435'200);  // 2026-01-15, 00:00 UTC.
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    Rename(static_cast<int>(i), recordings[i]);
    domain::ShiftTo(day, recordings[i]);
  }
  const std::vector<Item> items = ItemsOf(recordings);
  if (!items.empty()) day = items.front().received;
  Gatehouse once(recordings, day);
  once.Take(items, 1);
  once_ = once.ReadLog();
  Gatehouse twice(recordings, day);
  twice.Take(items, 2);
  twice_ = twice.ReadLog();
  duplicates_ = twice.duplicates();
}

ComparableFindings SameLog::InOneGo() const { return Judge(once_); }

ComparableFindings SameLog::OfEveryBatchTwice() const { return Judge(twice_); }

ComparableFindings SameLog::Interleaved(SeededRandom& random) const {
  return Judge(detector::Interleaved(once_, random));
}

ComparableFindings SameLog::InChunksWithRestarts(SeededRandom& random) const {
  detector::Partition partition(once_);
  const auto longest = static_cast<uint64_t>(once_.entries.size() / 10 + 2);
  VEILLE_CHECK(partition.TakeOver().ok());
  while (partition.Feed(static_cast<int>(1 + random.Below(longest)))) {
    if (random.Below(2) == 0) partition.store().Deliver();
    if (random.Below(2) == 0) partition.runner().CommitQuiet();
    if (!partition.MayCrash()) partition.Commit();
    partition.Crash(random.Below(partition.store().sent() + 1));
    VEILLE_CHECK(partition.TakeOver().ok());
  }
  partition.Commit();
  return Comparable(partition);
}

}  // namespace veille::testing
