#include "tests/unit/detector/app/night.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "veille/event/v1/event.pb.h"

#include "services/domain/recordings/recording.h"

namespace veille::detector {
namespace {

using store::v1::Envelope;

void SetTime(int64_t ms, google::protobuf::Timestamp& stamp) {
  stamp.set_seconds(ms / 1000);
  stamp.set_nanos(static_cast<int32_t>(ms % 1000) * 1000000);
}

Envelope Head(int64_t ms) {
  Envelope envelope;
  envelope.set_format(1);
  SetTime(ms, *envelope.mutable_receive_time());
  return envelope;
}

}  // namespace

Envelope ParseEnvelope(const std::string& bytes) {
  Envelope envelope;
  envelope.ParseFromString(bytes);
  return envelope;
}

Night MakeNight(uint64_t seed, int homes, absl::Duration length) {
  domain::CrowdOptions options;
  options.start = absl::FromUnixSeconds(1'800'000'000);
  options.length = length;
  const int64_t start = absl::ToUnixMillis(options.start);
  const int64_t end = start + absl::ToInt64Milliseconds(length) + 600'000;
  std::multimap<int64_t, std::string> by_time;
  std::vector<care::v1::Home> registry;
  for (int i = 0; i < homes; ++i) {
    const domain::Recording recording = domain::SimulateCrowdHome(seed, i, options);
    registry.push_back(recording.home);
    const std::string& source = recording.home.sources(0).source_id();
    uint64_t sequence = 0;
    for (const event::v1::Event& event : recording.events) {
      const int64_t seen = event.event_time().seconds() * 1000;
      Envelope envelope = Head(seen + 1500);
      envelope.set_home_id(recording.home.home_id());
      envelope.set_source_id(source);
      envelope.set_correlation_id(recording.home.home_id() + "/" + std::to_string(++sequence));
      event::v1::EventBatch batch;
      *batch.add_events() = event;
      envelope.set_batch(batch.SerializeAsString());
      SetTime(seen, *envelope.mutable_watermark());
      by_time.emplace(seen + 1500, envelope.SerializeAsString());
    }
    for (int64_t at = start; at < end; at += 60'000) {
      Envelope envelope = Head(at + 500);
      envelope.set_home_id(recording.home.home_id());
      envelope.set_source_id(source);
      envelope.mutable_heartbeat();
      SetTime(at, *envelope.mutable_watermark());
      by_time.emplace(at + 500, envelope.SerializeAsString());
    }
  }
  for (int64_t at = start; at < end; at += 10'000) {
    Envelope envelope = Head(at);
    envelope.mutable_tick();
    by_time.emplace(at, envelope.SerializeAsString());
  }
  // What comes within two seconds shares an entry, as the gateway's groups do.
  Night night;
  night.registry = *domain::Registry::Make(std::move(registry));
  for (auto& [ms, bytes] : by_time) {
    if (night.entries.empty() || ms - night.entries.back().ms > 2000)
      night.entries.push_back({ms, {}});
    night.entries.back().envelopes.push_back(std::move(bytes));
  }
  return night;
}

Night Interleaved(const Night& night, SeededRandom& random) {
  Night other;
  other.registry = night.registry;
  std::map<std::string, std::deque<std::string>> waiting;
  const auto let_go = [&](int64_t ms) {
    while (!waiting.empty()) {
      auto at =
          std::next(waiting.begin(), static_cast<std::ptrdiff_t>(random.Below(waiting.size())));
      if (other.entries.empty() || random.Below(3) == 0) other.entries.push_back({ms, {}});
      other.entries.back().envelopes.push_back(at->second.front());
      at->second.pop_front();
      if (at->second.empty()) waiting.erase(at);
    }
  };
  for (const NightEntry& entry : night.entries) {
    for (const std::string& bytes : entry.envelopes) {
      const std::string home = ParseEnvelope(bytes).home_id();
      if (!home.empty()) {
        waiting[home].push_back(bytes);
        continue;
      }
      let_go(entry.ms);
      other.entries.push_back({entry.ms, {bytes}});
    }
  }
  if (!night.entries.empty()) let_go(night.entries.back().ms);
  return other;
}

}  // namespace veille::detector
