#include "services/detector/core/rules/spell.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

namespace veille::detector {

void TellSpell(Context& context, const Matter& matter, Judgement judgement,
               store::v1::Spell& spell) {
  Conclusion conclusion;
  conclusion.rule = matter.rule;
  conclusion.rule_key = matter.key;
  conclusion.patient = matter.patient;
  conclusion.kind =
      spell.alert_id().empty() ? store::v1::Finding::KIND_RAISE : store::v1::Finding::KIND_WORSEN;
  conclusion.severity = judgement.severity;
  conclusion.alert_id = spell.alert_id();
  conclusion.opening = matter.device_id;
  conclusion.event_us = spell.since_us();
  conclusion.opening_receive_us = spell.receive_us();
  conclusion.decide_us = judgement.decide_us;
  conclusion.observations.push_back(
      {spell.since_us(), spell.receive_us(), matter.device_id, std::move(judgement.beginning)});
  if (judgement.decide_us != spell.since_us())
    conclusion.observations.push_back({judgement.decide_us, 0, "", judgement.reason});
  conclusion.reason = std::move(judgement.reason);
  spell.set_told(judgement.severity);
  spell.set_alert_id(Conclude(context, std::move(conclusion)));
}

void EndSpell(Context& context, const Matter& matter, Ending ending, store::v1::Spell& spell) {
  if (!spell.alert_id().empty()) {
    Conclusion conclusion;
    conclusion.rule = matter.rule;
    conclusion.rule_key = matter.key;
    conclusion.patient = matter.patient;
    conclusion.kind = store::v1::Finding::KIND_CLEAR;
    conclusion.severity = spell.told();
    conclusion.alert_id = spell.alert_id();
    conclusion.opening = matter.device_id;
    conclusion.event_us = ending.time_us;
    conclusion.opening_receive_us = ending.receive_us;
    conclusion.decide_us = ending.time_us;
    conclusion.observations.push_back(
        {ending.time_us, ending.receive_us, std::move(ending.device_id), ending.reason});
    conclusion.reason = std::move(ending.reason);
    Conclude(context, std::move(conclusion));
  }
  spell.Clear();
}

void BeginSpell(const Signal& seen, int64_t span_us, store::v1::Spell& spell) {
  if (spell.since_us() != 0) return;
  spell.set_since_us(seen.time_us);
  spell.set_receive_us(seen.receive_us);
  spell.set_ask_us(seen.time_us + span_us);
}

int64_t KnownUntil(const HomePlan& plan, const store::v1::HomeState& record, int device) {
  const int own = device < 0 ? -1 : plan.device(device).source;
  if (own >= 0) return record.sources(own).watermark_us();
  int64_t known = kNever;
  const auto& sources = plan.home().sources();
  for (int i = 0; i < sources.size(); ++i) {
    const bool phone = sources.Get(i).kind() == care::v1::Source::KIND_PHONE;
    if (phone && sources.size() > 1) continue;
    known = std::min(known, record.sources(i).watermark_us());
  }
  return known == kNever ? 0 : known;
}

int64_t UnconfirmedAt(const HomePlan& plan, const store::v1::HomeState& record, int device,
                      int64_t due_us, int64_t receive_us, int64_t grace_us) {
  if (KnownUntil(plan, record, device) >= due_us) return kNever;
  // A backlog's deadline is long past when it arrives: its rest gets the same grace.
  return std::max(due_us, receive_us) + grace_us;
}

Sentence Figure(double value, int decimals) {
  std::string text = absl::StrFormat("%.*f", decimals, value);
  std::string french = text;
  std::replace(french.begin(), french.end(), '.', ',');
  return {std::move(french), std::move(text)};
}

std::string Lasting(int64_t span_us) {
  const int64_t minutes = span_us / 60000000;
  if (minutes < 120) return std::to_string(minutes) + " min";
  if (minutes % 60 == 0) return std::to_string(minutes / 60) + " h";
  return absl::StrFormat("%d h %02d", minutes / 60, minutes % 60);
}

const store::v1::InstallationState& InstallationOf(const Context& context, int device) {
  return context.state.record().devices(device).installation();
}

store::v1::InstallationState& MutableInstallation(Context& context, int device) {
  return *context.state.record().mutable_devices(device)->mutable_installation();
}

}  // namespace veille::detector
