#include "services/notifier/core/notification_text.h"

#include "common/time/local_time.h"
#include "services/notifier/core/chain.h"

namespace veille::notifier {
namespace {

using alert::v1::Alert;
using alert::v1::Update;

// The reason is one sentence; a rule that says more is cut.
constexpr std::size_t kMaxBody = 500;
constexpr std::size_t kMaxName = 100;
// What of it a phone shows in one line.
constexpr std::size_t kMaxTitleBody = 80;

struct Phrases {
  const char* french;
  const char* english;
};

const char* In(const std::string& language, const Phrases& phrases) {
  return language == "en" ? phrases.english : phrases.french;
}

// What is real needs no word.
Phrases StatusWord(const Alert& alert) {
  switch (alert.status()) {
    case alert::v1::STATUS_EXERCISE:
      return {"[EXERCICE] ", "[EXERCISE] "};
    case alert::v1::STATUS_TEST:
      return {"[TEST] ", "[TEST] "};
    default:
      return {"", ""};
  }
}

Phrases SeverityWord(const Alert& alert, Update::Reason reason) {
  if (reason == Update::REASON_SUMMARY) return {"POUR INFORMATION", "FOR INFORMATION"};
  switch (alert.severity()) {
    case alert::v1::SEVERITY_HIGH:
      return {"URGENT", "URGENT"};
    case alert::v1::SEVERITY_MEDIUM:
      return {"À VOIR RAPIDEMENT", "SOON"};
    case alert::v1::SEVERITY_LOW:
      return {"À VOIR AUJOURD'HUI", "TODAY"};
    default:
      return {"TECHNIQUE", "TECHNICAL"};
  }
}

Phrases Call(const Alert& alert, Update::Reason reason) {
  if (reason == Update::REASON_SUMMARY) return {"Rien à faire.", "Nothing to do."};
  if (alert.status() == alert::v1::STATUS_EXERCISE)
    return {
        "C'est un exercice : personne n'est en danger. Prenez l'alerte comme si elle était réelle.",
        "This is an exercise: nobody is in danger. Take the alert as if it were real."};
  if (alert.status() == alert::v1::STATUS_TEST)
    return {"C'est un test de l'installation : personne n'est en danger.",
            "This is a test of the installation: nobody is in danger."};
  switch (alert.severity()) {
    case alert::v1::SEVERITY_HIGH:
      return {"Agissez maintenant.", "Act now."};
    case alert::v1::SEVERITY_MEDIUM:
      return {"À voir dans les dizaines de minutes.", "Look within tens of minutes."};
    case alert::v1::SEVERITY_LOW:
      return {"À voir aujourd'hui.", "Look today."};
    default:
      return {"L'installation a besoin de soins.", "The installation needs care."};
  }
}

// Lines and control characters would be another header, or another message.
std::string OneLine(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  return text;
}

std::string When(const Alert& alert, const absl::TimeZone& zone, const std::string& language) {
  const absl::Time event = ToTime(alert.event_time());
  const std::string date = language == "en" ? "%Y-%m-%d" : "%d/%m/%Y";
  std::string when = absl::FormatTime(
      (language == "en" ? "on " : "le ") + date + (language == "en" ? " at %H:%M" : " à %H:%M"),
      event, zone);
  // Of another zone than the reader may be in.
  when += " (" + (alert.zone().empty() ? std::string("UTC") : OneLine(alert.zone())) + ")";
  if (alert.late()) {
    const absl::Time received = ToTime(alert.receive_time());
    const bool same_day = absl::ToCivilDay(received, zone) == absl::ToCivilDay(event, zone);
    when +=
        absl::FormatTime((language == "en" ? std::string(", received ") : std::string(", reçu ")) +
                             (same_day ? "%H:%M" : date + " %H:%M"),
                         received, zone);
  }
  return when;
}

}  // namespace

std::string LanguageOf(const care::v1::Member& reader) {
  return reader.language().rfind("en", 0) == 0 ? "en" : "fr";
}

std::string Shortened(const std::string& text, std::size_t bytes) {
  constexpr char kEllipsis[] = "…";
  if (text.size() <= bytes) return text;
  std::size_t end = bytes - (sizeof(kEllipsis) - 1);
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + kEllipsis;
}

NotificationText Describe(const Telling& telling) {
  const Alert& alert = telling.alert;
  NotificationText text;
  text.language = LanguageOf(telling.reader);
  const bool english = text.language == "en";
  const auto zone = LoadZone(alert.zone());
  const absl::TimeZone local = zone.ok() ? *zone : absl::UTCTimeZone();
  const std::string name = Shortened(OneLine(alert.patient_name()), kMaxName);
  const std::string& said = english ? alert.reason().en() : alert.reason().fr();
  text.body = Shortened(OneLine(said.empty() ? alert.rule() : said), kMaxBody);
  if (!text.body.empty() && text.body.back() == '.') text.body.pop_back();
  const std::string clock = absl::FormatTime("%H:%M", ToTime(alert.event_time()), local);
  const std::string head = std::string(In(text.language, StatusWord(alert))) +
                           In(text.language, SeverityWord(alert, telling.reason)) +
                           (english ? ": " : " : ") + (name.empty() ? "" : name + ", ") + clock;
  text.title = head + " - " + Shortened(text.body, kMaxTitleBody);
  text.when = When(alert, local, text.language);
  text.urgency = In(text.language, Call(alert, telling.reason));
  text.line = head + ". " + text.body + ". " + text.urgency;
  return text;
}

}  // namespace veille::notifier
