// What people read of an alert outside a client, in their language: what, who, when, how urgent,
// and whether it is real. No more than is needed: neither evidence nor positions. Pure.

#ifndef SERVICES_NOTIFIER_CORE_NOTIFICATION_TEXT_H_
#define SERVICES_NOTIFIER_CORE_NOTIFICATION_TEXT_H_

#include <string>

#include "absl/time/time.h"

#include "services/notifier/core/telling.h"

namespace veille::notifier {

struct NotificationText {
  std::string language;  // "fr" or "en".
  std::string title;     // "[EXERCICE] URGENT : Mme Martin, 21:14 - Chute"
  std::string body;      // What happened, in one sentence.
  std::string when;      // "le 24/11/2026 à 21:14 (Europe/Paris)"
  std::string urgency;   // "Agissez maintenant."
  std::string line;      // All of it in one line.
};

NotificationText Describe(const Telling& telling);

// "fr" or "en": what we speak of what the reader asks for.
std::string LanguageOf(const care::v1::Member& reader);

// At most `bytes` of it, never ending inside a character; what was cut shows as "…".
std::string Shortened(const std::string& text, std::size_t bytes);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_NOTIFICATION_TEXT_H_
