// Turns alerts into what a terminal or a program shows. Pure: no clock, no I/O.

#ifndef SERVICES_CLIENT_RENDER_H_
#define SERVICES_CLIENT_RENDER_H_

#include <string>

#include "absl/time/time.h"

#include "veille/alert/v1/alert.pb.h"
#include "veille/alert/v1/alert_service.pb.h"

namespace veille::client {

enum class Language { kFrench, kEnglish };

// "fr" or "en"; anything else is French, the language of the first deployment.
Language ParseLanguage(const std::string& code);

struct Style {
  Language language = Language::kFrench;
  // Severity is always said by word; with colour also by colour.
  bool colour = false;
};

// The severity as a word: "URGENT" / "ACT NOW".
std::string SeverityWord(alert::v1::Severity severity, Language language);

// "3 min", "1 h 05", "2 d": how long ago `then` was, never negative.
std::string AgeText(absl::Time then, absl::Time now, Language language);

// One line: number, severity, local time at the person's home, age, person, reason, who has it.
// A late alert says when it was received as well; one that is not of the last day has its date.
std::string AlertLine(const alert::v1::Alert& alert, absl::Time now, const Style& style);

// Several lines: the line above, the evidence, the deliveries, the transitions.
std::string AlertDetails(const alert::v1::Alert& alert, absl::Time now, const Style& style);

// What happened to the alert, in a few words: "told anne (step 1)", "taken by marc", "over".
std::string ChangeText(const alert::v1::Update& update, const Style& style);

// "Thu 15/01 20:00 - Fri 16/01 08:00  Madame Martin: anne, marc", in the home's time.
std::string DutyLine(const alert::v1::DutySpan& span, const Style& style);
// "ID  until Thu 15/01 22:00 UTC: BATTERY_LOW of martin".
std::string SnoozeLine(const alert::v1::Snooze& snooze, const Style& style);

// One JSON object, canonical protobuf mapping with the fields' own names, without a line break.
std::string ToJson(const google::protobuf::Message& message);

// A JSON string with its quotes. What is not UTF-8 becomes U+FFFD.
std::string JsonString(const std::string& text);

// Well formed: what protobuf takes for text.
bool IsUtf8(const std::string& text);

// Removes control characters, so that a name or a note cannot command a terminal.
std::string Printable(const std::string& text);

}  // namespace veille::client

#endif  // SERVICES_CLIENT_RENDER_H_
