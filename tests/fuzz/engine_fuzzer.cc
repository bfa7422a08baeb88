// Arbitrary event sequences, as the gateway lets them through, and arbitrary stored states: the
// engine must never fail, and must go on the same after a restart.

#include <cstdint>

#include "common/base/check.h"
#include "services/detector/core/advance.h"
#include "services/domain/recordings/recording.h"
#include "services/gateway/core/batch.h"

namespace {

using veille::detector::Advance;
using veille::detector::Effects;
using veille::detector::HomePlan;
using veille::detector::HomeState;

const HomePlan& Plan() {
  static const auto plan = *HomePlan::Compile(veille::domain::SimulateEvening(1).home);
  return *plan;
}

void Judge(const veille::event::v1::EventBatch& batch, int64_t second, HomeState& state) {
  Effects effects;
  veille::store::v1::Envelope envelope;
  envelope.set_source_id("hub-evening");
  envelope.mutable_receive_time()->set_seconds(second);
  envelope.mutable_watermark()->set_seconds(second);
  envelope.set_batch("");
  Advance(Plan(), state, envelope, &batch, effects);
  envelope.mutable_tick();
  Advance(Plan(), state, envelope, nullptr, effects);
  NextServerDeadline(Plan(), state);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  HomeState::Parse(bytes, Plan()).status().IgnoreError();
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const auto prepared = veille::gateway::PrepareBatch(veille::hub::v1::LANE_BULK, 1, bytes,
                                                      veille::gateway::HubClock({}, now));
  veille::event::v1::EventBatch batch;
  VEILLE_CHECK(batch.ParseFromString(prepared.events));
  HomeState state(Plan());
  Judge(batch, 1'800'000'000, state);
  auto again = HomeState::Parse(state.Serialize(), Plan());
  VEILLE_CHECK(again.ok());
  Judge(batch, 1'800'000'600, *again);
  return 0;
}
