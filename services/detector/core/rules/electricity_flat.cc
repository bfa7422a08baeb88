// No electricity beyond the base load for hours of the day: no kettle, no lamp, no television. The
// base load is the least power of the present and the last 24 h.

#include <algorithm>

#include "services/detector/core/rules/meters.h"

namespace veille::detector {
namespace {

constexpr int64_t kDayUs = 24LL * 3600 * 1000000;

Matter About(const Context& context) {
  return {&context.plan.care_plan(0).electricity_flat(), "", "", 0};
}

// The least power, this reading included.
double Base(const Reading& reading, store::v1::MeterState& meter) {
  const int64_t age = reading.to_us - meter.base_since_us();
  if (meter.base_since_us() == 0 || age >= 2 * kDayUs) {
    meter.set_base_w(reading.rate);
    meter.set_base_before_w(reading.rate);
    meter.set_base_since_us(reading.to_us);
  } else if (age >= kDayUs) {
    meter.set_base_before_w(meter.base_w());
    meter.set_base_w(reading.rate);
    meter.set_base_since_us(meter.base_since_us() + kDayUs);
  }
  meter.set_base_w(std::min(meter.base_w(), reading.rate));
  return std::min(meter.base_w(), meter.base_before_w());
}

bool IsUse(const DwellingPlan& plan, const Reading& reading, store::v1::MeterState& meter) {
  const double base = Base(reading, meter);
  if (reading.flow) return reading.rate >= base + plan.use_w;
  const double hours = static_cast<double>(reading.to_us - reading.from_us) / 3600e6;
  return reading.amount * 1000 - base * hours >= plan.use_wh;
}

void OnSignal(Context& context, const Signal& seen) {
  const AbsenceFigures& figures = context.plan.dwelling.electricity_flat;
  if (!figures.enabled) return;
  const Reading reading = ReadMeter(context, seen);
  if (reading.of != Commodity::kElectricity || IsCoarser(context, seen, reading)) return;
  auto& spell = *context.state.record().mutable_dwelling()->mutable_electricity_flat();
  const bool use =
      reading.known && IsUse(context.plan.dwelling, reading,
                             *MutableInstallation(context, seen.device).mutable_meter());
  if (spell.since_us() != 0 && !use && !reading.exchanged) return;
  const std::string at = WallClock(context.plan, seen.time_us);
  EndSpell(context, About(context),
           {seen.time_us,
            seen.receive_us,
            context.plan.device(seen.device).id,
            {"Consommation d'électricité à " + at, "Use of electricity at " + at}},
           spell);
  spell.set_since_us(seen.time_us);
  spell.set_receive_us(seen.time_us);  // An absence is judged when it is due: no late news.
  spell.set_ask_us(seen.time_us + figures.span_us);
}

int64_t Deadline(const Context& context, int64_t) {
  const auto& spell = context.state.record().dwelling().electricity_flat();
  return spell.ask_us() == 0 || !context.plan.dwelling.electricity_flat.enabled ? kNever
                                                                                : spell.ask_us();
}

void OnDeadline(Context& context, int64_t deadline_us) {
  const AbsenceFigures& figures = context.plan.dwelling.electricity_flat;
  auto& spell = *context.state.record().mutable_dwelling()->mutable_electricity_flat();
  if (!IsAbsent(context, Commodity::kElectricity, figures, deadline_us, spell)) return;
  const std::string since = WallClock(context.plan, spell.since_us());
  const std::string hours = Lasting(figures.span_us);
  TellSpell(context, About(context),
            {SeverityOr(context.plan.care_plan(0).electricity_flat(), alert::v1::SEVERITY_LOW),
             deadline_us,
             {"Dernière consommation au-delà du minimum", "Last use beyond the base load"},
             {"Électricité sans variation depuis " + since + " (" + hours +
                  " de jour), la personne est chez elle",
              "No variation in the use of electricity since " + since + " (" + hours +
                  " of the day), the person is at home"}},
            spell);
  spell.clear_ask_us();
}

}  // namespace

const Rule kElectricityFlat = {
    .wants = Of(SignalKind::kMeter),
    .on_signal = OnSignal,
    .deadline = Deadline,
    .on_deadline = OnDeadline,
    .proof = Proof::kSilence,
};

}  // namespace veille::detector
