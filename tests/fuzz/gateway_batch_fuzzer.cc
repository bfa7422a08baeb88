// Whatever a hub sends as a batch: the gateway must make something of it that the log can hold.

#include <cstdint>
#include <string_view>

#include "veille/event/v1/event.pb.h"

#include "common/base/check.h"
#include "services/gateway/core/batch.h"
#include "services/gateway/core/sound_batch.h"
#include "services/gateway/core/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace event = veille::event;
  namespace gateway = veille::gateway;
  namespace hub = veille::hub;
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  gateway::SendTimes times{now - absl::Minutes(size % 9), absl::Hours(1), now};
  times.same_run = size % 2 == 0;
  const gateway::HubClock clock(times, now);
  const gateway::PreparedBatch prepared = gateway::PrepareBatch(
      hub::v1::LANE_BULK, 1, std::string(reinterpret_cast<const char*>(data), size), clock);
  event::v1::EventBatch batch;
  VEILLE_CHECK(batch.ParseFromString(prepared.events));
  VEILLE_CHECK(batch.events_size() <= 500);
  // What goes into the log is sound, or says that it was not.
  for (const event::v1::Event& each : batch.events())
    VEILLE_CHECK(each.has_unreadable() || !gateway::FindViolation(each).has_value());
  // The quick look calls nothing sound that the careful look refuses.
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto count = gateway::CountSoundEvents(bytes, clock.Believed())) {
    VEILLE_CHECK(batch.events_size() == *count);
    for (const event::v1::Event& each : batch.events())
      VEILLE_CHECK(!gateway::FindViolation(each).has_value());
  }
  return 0;
}
