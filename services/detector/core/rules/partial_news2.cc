// The partial early warning score of the last good reading of each measure, where it stays high.

#include <algorithm>

#include "services/detector/core/rules/news2.h"
#include "services/detector/core/rules/vitals.h"

namespace veille::detector {
namespace {

struct Kind {
  int field;
  std::optional<double> NewsMeasures::*member;
  int (*score)(double);
  int decimals;
  Sentence name;
};

const std::array<Kind, 5>& Kinds() {
  static const auto* kinds = new std::array<Kind, 5>{{
      {Vitals::kRespirationPerMinuteFieldNumber,
       &NewsMeasures::respiration,
       ScoreRespiration,
       0,
       {"respiration", "respiration"}},
      {Vitals::kSpo2PercentFieldNumber, &NewsMeasures::spo2, ScoreSpo2, 0, {"SpO₂", "SpO₂"}},
      {Vitals::kSystolicMmhgFieldNumber,
       &NewsMeasures::systolic,
       ScoreSystolic,
       0,
       {"tension systolique", "systolic pressure"}},
      {Vitals::kHeartRateBpmFieldNumber, &NewsMeasures::pulse, ScorePulse, 0, {"pouls", "pulse"}},
      {Vitals::kBodyTemperatureCelsiusFieldNumber,
       &NewsMeasures::temperature,
       ScoreTemperature,
       1,
       {"température", "temperature"}},
  }};
  return *kinds;
}

Matter About(const Context& context, int patient) {
  return {&context.plan.care_plan(patient).partial_news(), "", "", patient};
}

const store::v1::Measure* Find(const store::v1::VitalsState& state, int field) {
  for (const auto& measure : state.measures())
    if (static_cast<int>(measure.field()) == field) return &measure;
  return nullptr;
}

// False when the reading counts for nothing.
bool Keep(const Signal& seen, store::v1::VitalsState& state) {
  const auto field = static_cast<int>(seen.code);
  const bool scored = std::any_of(Kinds().begin(), Kinds().end(),
                                  [&](const Kind& kind) { return kind.field == field; });
  if (!scored || !IsGood(seen)) return false;
  if (field == Vitals::kHeartRateBpmFieldNumber && !IsAtRest(seen)) return false;
  store::v1::Measure* kept = nullptr;
  for (auto& measure : *state.mutable_measures())
    if (measure.field() == seen.code) kept = &measure;
  if (kept == nullptr) kept = state.add_measures();
  kept->set_field(seen.code);
  kept->set_value(static_cast<float>(seen.value));
  kept->set_time_us(seen.time_us);
  return true;
}

// "pouls 125 (2), SpO₂ 92 (2) ; sans respiration, tension systolique"
Sentence Words(const store::v1::VitalsState& state, int64_t at_us, int64_t validity_us) {
  Sentence have, lack;
  const auto append = [](std::string& list, const std::string& item) {
    list += (list.empty() ? "" : ", ") + item;
  };
  for (const Kind& kind : Kinds()) {
    const store::v1::Measure* measure = Find(state, kind.field);
    if (measure == nullptr || at_us - measure->time_us() > validity_us) {
      append(lack.fr, kind.name.fr);
      append(lack.en, kind.name.en);
      continue;
    }
    const auto value = static_cast<double>(measure->value());
    const Sentence figure = Figure(value, kind.decimals);
    const std::string points = " (" + std::to_string(kind.score(value)) + ")";
    append(have.fr, kind.name.fr + " " + figure.fr + points);
    append(have.en, kind.name.en + " " + figure.en + points);
  }
  append(lack.fr, "conscience, oxygène");
  append(lack.en, "consciousness, oxygen");
  return {have.fr + " ; non mesurés : " + lack.fr, have.en + "; not measured: " + lack.en};
}

PartialNews ScoreAt(const store::v1::VitalsState& state, int64_t at_us, int64_t validity_us) {
  NewsMeasures measures;
  for (const Kind& kind : Kinds()) {
    const store::v1::Measure* measure = Find(state, kind.field);
    if (measure != nullptr && at_us - measure->time_us() <= validity_us)
      measures.*kind.member = static_cast<double>(measure->value());
  }
  return Score(measures);
}

void OnSignal(Context& context, const Signal& seen) {
  const int patient = PatientOfReading(context, seen);
  const auto& figures = PlanOf(context, patient).news;
  if (!figures.enabled) return;
  auto& state = VitalsOf(context, patient);
  if (!Keep(seen, state)) return;
  const PartialNews news = ScoreAt(state, seen.time_us, figures.validity_us);
  const std::string score = std::to_string(news.score);
  Sentence words = Words(state, seen.time_us, figures.validity_us);
  Sentence reason{"Score NEWS2 partiel " + score + " : " + std::move(words.fr),
                  "Partial NEWS2 score " + score + ": " + std::move(words.en)};
  auto& spell = *state.mutable_news();
  const bool high = news.score >= figures.high;
  if (!high && news.score < figures.medium && news.worst < 3) {
    EndSpell(
        context, About(context, patient),
        {seen.time_us, seen.receive_us, context.plan.device(seen.device).id, std::move(reason)},
        spell);
    state.clear_news();
    return state.clear_news_high_us();
  }
  BeginSpell(seen, 0, spell);
  spell.clear_ask_us();
  if (!high) state.clear_news_high_us();
  if (high && state.news_high_us() == 0) state.set_news_high_us(seen.time_us);
  const auto lasts = [&](int64_t since) { return seen.time_us - since >= figures.persistence_us; };
  alert::v1::Severity severity = alert::v1::SEVERITY_UNSPECIFIED;
  if (lasts(spell.since_us()))
    severity =
        SeverityOr(context.plan.care_plan(patient).partial_news(), alert::v1::SEVERITY_MEDIUM);
  if (high && lasts(state.news_high_us())) severity = alert::v1::SEVERITY_HIGH;
  if (severity <= spell.told()) return;
  TellSpell(context, About(context, patient),
            {severity,
             seen.time_us,
             {"Score partiel élevé", "The partial score is high"},
             std::move(reason)},
            spell);
}

}  // namespace

const Rule kPartialNews2 = {
    .wants = Of(SignalKind::kVital),
    .on_signal = OnSignal,
};

}  // namespace veille::detector
