#include "services/client/render.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_format.h"
#include "google/protobuf/util/json_util.h"

#include "common/base/timestamp.h"

namespace veille::client {
namespace {

using alert::v1::Alert;
using alert::v1::Transition;

std::string Pick(const alert::v1::Text& text, Language language) {
  const std::string& wanted = language == Language::kFrench ? text.fr() : text.en();
  return Printable(wanted.empty() ? text.en() : wanted);
}

const char* Say(Language language, const char* french, const char* english) {
  return language == Language::kFrench ? french : english;
}

const char* ColourOf(alert::v1::Severity severity) {
  switch (severity) {
    case alert::v1::SEVERITY_HIGH:
      return "\033[1;97;41m";
    case alert::v1::SEVERITY_MEDIUM:
      return "\033[1;33m";
    case alert::v1::SEVERITY_LOW:
      return "\033[36m";
    default:
      return "\033[2m";
  }
}

std::string LocalTime(const google::protobuf::Timestamp& stamp, const std::string& zone,
                      const char* format) {
  absl::TimeZone where;
  if (!absl::LoadTimeZone(zone, &where)) where = absl::UTCTimeZone();
  return absl::FormatTime(format, ToTime(stamp), where);
}

constexpr char kDayAndTime[] = "%a %d/%m %H:%M";

std::string StatusText(const Alert& alert, Language language) {
  switch (alert.handling()) {
    case alert::v1::HANDLING_ACKNOWLEDGED:
      return absl::StrFormat(
          "%s%s %s",
          alert.condition() == alert::v1::CONDITION_CLEARED ? Say(language, "terminé, ", "over, ")
                                                            : "",
          Say(language, "pris par", "taken by"), Printable(alert.acknowledged_by()));
    case alert::v1::HANDLING_CLOSED:
      return Say(language, "clos", "closed");
    default:
      if (alert.condition() == alert::v1::CONDITION_CLEARED)
        return Say(language, "terminé", "over");
      return alert.unanswered() ? Say(language, "SANS RÉPONSE", "UNANSWERED")
                                : Say(language, "à prendre", "open");
  }
}

const char* KindWord(Transition::Kind kind, Language language) {
  switch (kind) {
    case Transition::KIND_RAISED:
      return Say(language, "levée", "raised");
    case Transition::KIND_REPEATED:
      return Say(language, "répétée", "repeated");
    case Transition::KIND_WORSENED:
      return Say(language, "aggravée", "worse");
    case Transition::KIND_CLEARED:
      return Say(language, "terminée", "over");
    case Transition::KIND_ACKNOWLEDGED:
      return Say(language, "prise", "taken");
    case Transition::KIND_REOPENED:
      return Say(language, "rouverte", "reopened");
    case Transition::KIND_ESCALATED:
      return Say(language, "escalade", "escalated");
    case Transition::KIND_CLOSED:
      return Say(language, "close", "closed");
    case Transition::KIND_UNANSWERED:
      return Say(language, "sans réponse", "unanswered");
    case Transition::KIND_ACCEPTED:
      return Say(language, "acceptée, il en faut d'autres", "accepted, others are needed");
    case Transition::KIND_JOINED:
      return Say(language, "complétée", "joined by another finding");
    default:
      return "?";
  }
}

const char* StateWord(alert::v1::DeliveryState state, Language language) {
  switch (state) {
    case alert::v1::DELIVERY_STATE_QUEUED:
      return Say(language, "en attente", "queued");
    case alert::v1::DELIVERY_STATE_SENT:
      return Say(language, "envoyé", "sent");
    case alert::v1::DELIVERY_STATE_DELIVERED:
      return Say(language, "reçu", "delivered");
    case alert::v1::DELIVERY_STATE_SEEN:
      return Say(language, "vu", "seen");
    case alert::v1::DELIVERY_STATE_FAILED_TEMPORARY:
      return Say(language, "échec, nouvel essai", "failed, will be tried again");
    case alert::v1::DELIVERY_STATE_FAILED_PERMANENT:
      return Say(language, "échec", "failed");
    default:
      return "?";
  }
}

// Of the character that begins at `at`; 0 when it is not well formed.
std::size_t Utf8Size(const std::string& text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t size = lead >= 0xC2 && lead < 0xE0   ? 2
                           : lead >= 0xE0 && lead < 0xF0 ? 3
                           : lead >= 0xF0 && lead < 0xF5 ? 4
                                                         : 0;
  if (size == 0 || at + size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80) return 0;
  // Longer than need be, a half of a pair of UTF-16, or behind the last character.
  const auto second = static_cast<unsigned char>(text[at + 1]);
  const bool wrong = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                     (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
  return wrong ? 0 : size;
}

}  // namespace

Language ParseLanguage(const std::string& code) {
  return code == "en" ? Language::kEnglish : Language::kFrench;
}

std::string SeverityWord(alert::v1::Severity severity, Language language) {
  switch (severity) {
    case alert::v1::SEVERITY_HIGH:
      return Say(language, "URGENT", "ACT NOW");
    case alert::v1::SEVERITY_MEDIUM:
      return Say(language, "BIENTÔT", "SOON");
    case alert::v1::SEVERITY_LOW:
      return Say(language, "À VOIR", "LOOK");
    default:
      return Say(language, "TECHNIQUE", "TECHNICAL");
  }
}

std::string AgeText(absl::Time then, absl::Time now, Language language) {
  const int64_t seconds = std::max<int64_t>(0, absl::ToInt64Seconds(now - then));
  if (seconds < 60) return absl::StrFormat("%d s", seconds);
  if (seconds < 3600) return absl::StrFormat("%d min", seconds / 60);
  if (seconds < 86400) return absl::StrFormat("%d h %02d", seconds / 3600, seconds / 60 % 60);
  return absl::StrFormat("%d %s", seconds / 86400, Say(language, "j", "d"));
}

std::string AlertLine(const Alert& alert, absl::Time now, const Style& style) {
  std::string word = SeverityWord(alert.severity(), style.language);
  if (style.colour) word = ColourOf(alert.severity()) + word + "\033[0m";
  // A time of day alone would be taken for today's.
  const bool recent = now - ToTime(alert.event_time()) < absl::Hours(20);
  std::string when = LocalTime(alert.event_time(), alert.zone(), recent ? "%H:%M" : "%d/%m %H:%M");
  if (alert.late()) {
    when += std::string(" (") + Say(style.language, "reçu ", "received ") +
            LocalTime(alert.receive_time(), alert.zone(), "%H:%M") + ")";
  }
  std::string exercise;
  if (alert.status() == alert::v1::STATUS_EXERCISE)
    exercise = Say(style.language, "[exercice] ", "[exercise] ");
  if (alert.status() == alert::v1::STATUS_TEST) exercise = "[test] ";
  const std::string who = alert.patient_name().empty() ? alert.home_id() : alert.patient_name();
  return absl::StrFormat("%s  %s  (%s)  %s: %s%s  [%s]", word, when,
                         AgeText(ToTime(alert.event_time()), now, style.language), Printable(who),
                         exercise, Pick(alert.reason(), style.language),
                         StatusText(alert, style.language));
}

std::string AlertDetails(const Alert& alert, absl::Time now, const Style& style) {
  std::string out = AlertLine(alert, now, style) + "\n";
  out += absl::StrFormat("  id %s  %s  v%d\n", alert.alert_id(), alert.rule(), alert.version());
  for (const auto& line : alert.lines()) {
    out += absl::StrFormat("  + %s  %s%s\n", LocalTime(line.event_time(), alert.zone(), "%H:%M:%S"),
                           Pick(line.reason(), style.language),
                           line.condition() == alert::v1::CONDITION_CLEARED
                               ? Say(style.language, "  (terminé)", "  (over)")
                               : "");
  }
  for (const auto& seen : alert.evidence().observations()) {
    out +=
        absl::StrFormat("  - %s  %s  %s\n", LocalTime(seen.event_time(), alert.zone(), "%H:%M:%S"),
                        Pick(seen.text(), style.language), Printable(seen.device_id()));
  }
  for (const auto& [name, value] : alert.evidence().parameters())
    out += absl::StrFormat("    %s = %s\n", name, value);
  for (const auto& delivery : alert.deliveries()) {
    out += absl::StrFormat("  > %s  %s %d  %s\n", Printable(delivery.caregiver_id()),
                           Say(style.language, "étape", "step"), delivery.step(),
                           StateWord(delivery.state(), style.language));
  }
  for (const auto& transition : alert.transitions()) {
    out +=
        absl::StrFormat("  * %s  %s  %s\n", LocalTime(transition.time(), alert.zone(), "%H:%M:%S"),
                        KindWord(transition.kind(), style.language), Printable(transition.actor()));
  }
  if (alert.has_news()) out += "  = " + Pick(alert.news(), style.language) + "\n";
  if (!alert.note().empty()) out += "  " + Printable(alert.note()) + "\n";
  return out;
}

std::string ChangeText(const alert::v1::Update& update, const Style& style) {
  if (update.reason() == alert::v1::Update::REASON_SUMMARY)
    return Say(style.language, "résumé après une coupure", "summary after a gap");
  if (update.reason() == alert::v1::Update::REASON_QUIET)
    return Say(style.language, "pour information : beaucoup d'appels récents",
               "to read: many calls of late");
  if (update.reason() == alert::v1::Update::REASON_NOTIFY) {
    return absl::StrFormat("%s %d", Say(style.language, "à vous, étape", "for you, step"),
                           update.step());
  }
  const auto& transitions = update.alert().transitions();
  if (transitions.empty()) return Say(style.language, "changé", "changed");
  const Transition& last = transitions[transitions.size() - 1];
  std::string text = KindWord(last.kind(), style.language);
  if (!last.actor().empty()) text += " (" + Printable(last.actor()) + ")";
  const std::string news = Pick(update.alert().news(), style.language);
  if (last.kind() == Transition::KIND_CLEARED && !news.empty()) text += ": " + news;
  return text;
}

std::string DutyLine(const alert::v1::DutySpan& span, const Style& style) {
  std::string who;
  for (const std::string& id : span.caregiver_ids()) who += (who.empty() ? "" : ", ") + id;
  if (who.empty()) who = Say(style.language, "PERSONNE", "NOBODY");
  const std::string& of = span.patient_name().empty() ? span.patient_id() : span.patient_name();
  return absl::StrFormat("%s - %s  %s: %s", LocalTime(span.start_time(), span.zone(), kDayAndTime),
                         LocalTime(span.end_time(), span.zone(), kDayAndTime), Printable(of),
                         Printable(who));
}

std::string SnoozeLine(const alert::v1::Snooze& snooze, const Style& style) {
  const bool every_rule = snooze.rule().empty(), everybody = snooze.patient_id().empty();
  return absl::StrFormat(
      "%s  %s %s UTC: %s, %s", Printable(snooze.snooze_id()),
      Say(style.language, "jusqu'à", "until"), LocalTime(snooze.expire_time(), "UTC", kDayAndTime),
      every_rule ? Say(style.language, "toute alerte non urgente", "whatever is not urgent")
                 : Printable(snooze.rule()).c_str(),
      everybody ? Say(style.language, "de tous", "of everybody")
                : Printable(snooze.patient_id()).c_str());
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) return "{}";
  return json;
}

std::string JsonString(const std::string& text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      if (byte == '"' || byte == '\\') {
        out += '\\';
        out += text[i];
      } else if (byte < 0x20) {
        out += absl::StrFormat("\\u%04x", byte);
      } else {
        out += text[i];
      }
      ++i;
      continue;
    }
    const std::size_t size = Utf8Size(text, i);
    out += size == 0 ? "\xEF\xBF\xBD" : text.substr(i, size);
    i += std::max<std::size_t>(size, 1);
  }
  return out + "\"";
}

bool IsUtf8(const std::string& text) {
  for (std::size_t i = 0; i < text.size();) {
    const bool ascii = static_cast<unsigned char>(text[i]) < 0x80;
    const std::size_t size = ascii ? 1 : Utf8Size(text, i);
    if (size == 0) return false;
    i += size;
  }
  return true;
}

std::string Printable(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // C0, DEL, and C1 as UTF-8 (0xC2 0x80..0x9F).
    const bool c1 =
        byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (byte < 0x20 || byte == 0x7F || c1) {
      out += ' ';
      if (c1) ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace veille::client
