// Something that lasts, and the one alert that it becomes: told, perhaps worse, over.

#ifndef SERVICES_DETECTOR_CORE_RULES_SPELL_H_
#define SERVICES_DETECTOR_CORE_RULES_SPELL_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "services/detector/core/rules/rules.h"

namespace veille::detector {

// What a spell is about.
struct Matter {
  const google::protobuf::Message* rule = nullptr;
  std::string key;        // The alert's rule key; empty: the rule's name.
  std::string device_id;  // What shows it; empty: the home as a whole.
  int patient = 0;
};

struct Judgement {
  alert::v1::Severity severity = alert::v1::SEVERITY_MEDIUM;
  int64_t decide_us = 0;
  Sentence beginning;  // What was seen when the spell began.
  Sentence reason;
};

// Raises the spell's alert, or makes it worse.
void TellSpell(Context& context, const Matter& matter, Judgement judgement,
               store::v1::Spell& spell);

struct Ending {
  int64_t time_us = 0;
  int64_t receive_us = 0;
  std::string device_id;
  Sentence reason;
};

// Clears the alert, where one is open, and forgets the spell.
void EndSpell(Context& context, const Matter& matter, Ending ending, store::v1::Spell& spell);

// Begins a spell that has not begun; judged first after `span_us`.
void BeginSpell(const Signal& seen, int64_t span_us, store::v1::Spell& spell);

// When a spell that only this signal showed counts as received: as old as the signal's own news.
inline int64_t ReceiptOf(const Signal& seen, int64_t since_us) {
  return since_us + std::max<int64_t>(0, seen.receive_us - seen.time_us);
}

// Everything that this device's source saw before this has come (for device −1, what every hub
// saw); 0 when nothing is known.
int64_t KnownUntil(const HomePlan& plan, const store::v1::HomeState& record, int device);

// The tick at which what was to be judged at `due_us` is told although contact is lost; kNever
// while contact holds, or where it was judged.
int64_t UnconfirmedAt(const HomePlan& plan, const store::v1::HomeState& record, int device,
                      int64_t due_us, int64_t receive_us, int64_t grace_us);

// Of these devices, the one whose spell is judged first, and when; −1 and kNever for none.
struct Next {
  int device = -1;
  int64_t at_us = kNever;
  void Offer(int candidate, int64_t ask_us) {
    if (ask_us == 0 || ask_us >= at_us) return;
    device = candidate;
    at_us = ask_us;
  }
};

// "31,2" and "31.2".
Sentence Figure(double value, int decimals);

// "25 min", "3 h", "3 h 20": the same in both languages.
std::string Lasting(int64_t span_us);

const store::v1::InstallationState& InstallationOf(const Context& context, int device);
store::v1::InstallationState& MutableInstallation(Context& context, int device);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_SPELL_H_
