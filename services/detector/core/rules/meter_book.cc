// Keeps what each meter read last, once every rule has seen the reading. Concludes nothing.

#include "services/detector/core/rules/meters.h"

namespace veille::detector {
namespace {

void OnSignal(Context& context, const Signal& seen) {
  const Reading reading = ReadMeter(context, seen);
  if (reading.of == Commodity::kNone) return;
  auto& meter = *MutableInstallation(context, seen.device).mutable_meter();
  if (reading.flow) {
    meter.set_flow(seen.value);
    meter.set_flow_us(seen.time_us);
    meter.set_flow_code(seen.code);
  } else {
    meter.set_total(seen.value);
    meter.set_total_us(seen.time_us);
    meter.set_total_code(seen.code);
  }
}

}  // namespace

const Rule kMeterBook = {
    .wants = Of(SignalKind::kMeter),
    .on_signal = OnSignal,
};

}  // namespace veille::detector
