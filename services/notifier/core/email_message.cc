#include "services/notifier/core/email_message.h"

#include <algorithm>
#include <vector>

#include "common/base/digest.h"
#include "common/crypto/base64.h"
#include "services/notifier/core/notification_text.h"

namespace veille::notifier {
namespace {

constexpr char kLine[] = "\r\n";
// An encoded word has 75 characters at most, 12 of which are its frame (RFC 2047).
constexpr std::size_t kWordBytes = 45;
constexpr std::size_t kBase64Line = 76;

// A header's text as encoded words, never cut inside a character.
std::string EncodedWords(const std::string& text) {
  std::string header;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(at + kWordBytes, text.size());
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    if (!header.empty()) header += "\r\n ";
    header += "=?UTF-8?B?" + Base64(text.substr(at, end - at)) + "?=";
    at = end;
  }
  return header;
}

std::string Part(const std::string& type, const std::string& text) {
  std::string part =
      "Content-Type: " + type + "; charset=UTF-8\r\n" + "Content-Transfer-Encoding: base64\r\n\r\n";
  const std::string encoded = Base64(text);
  for (std::size_t at = 0; at < encoded.size(); at += kBase64Line)
    part += encoded.substr(at, kBase64Line) + kLine;
  return part;
}

struct Words {
  std::string what, when, take, take_note, footer;
};

Words WordsIn(const std::string& language) {
  if (language == "en") {
    return {"What", "When", "I take it: I'm going",
            "The link opens a page; the alert is yours when you press its button.",
            "Sent by Veille. An answer to this message reaches nobody."};
  }
  return {"Quoi", "Quand", "Je m'en occupe : j'y vais",
          "Le lien ouvre une page ; l'alerte est à vous quand vous appuyez sur son bouton.",
          "Envoyé par Veille. Une réponse à ce message n'atteint personne."};
}

std::string PlainBody(const NotificationText& text, const Words& words, const std::string& link) {
  std::string body = text.title + "\r\n\r\n" + words.what + ": " + text.body + kLine + words.when +
                     ": " + text.when + kLine + text.urgency + kLine;
  if (!link.empty()) body += "\r\n" + words.take + ":\r\n" + link + kLine + words.take_note + kLine;
  return body + "\r\n-- \r\n" + words.footer + kLine;
}

std::string HtmlBody(const NotificationText& text, const Words& words, const std::string& link,
                     bool urgent) {
  std::string body = "<!DOCTYPE html>\r\n<html lang=\"" + text.language +
                     "\"><head><meta charset=\"utf-8\"><title>" + EscapeHtml(text.title) +
                     "</title></head>\r\n<body style=\"font-family:sans-serif\">\r\n<h1 style=\"" +
                     "font-size:1.3em;color:" + (urgent ? "#a00000" : "#202020") + "\">" +
                     EscapeHtml(text.title) + "</h1>\r\n<p>" + EscapeHtml(text.body) +
                     "</p>\r\n<p>" + EscapeHtml(text.when) + "<br>" + EscapeHtml(text.urgency) +
                     "</p>\r\n";
  if (!link.empty()) {
    body += "<p><a href=\"" + EscapeHtml(link) +
            "\" style=\"display:inline-block;padding:.8em 1.2em;background:#205090;color:#ffffff;" +
            "text-decoration:none\">" + EscapeHtml(words.take) + "</a></p>\r\n<p><small>" +
            EscapeHtml(words.take_note) + "</small></p>\r\n";
  }
  return body + "<hr><p><small>" + EscapeHtml(words.footer) + "</small></p>\r\n</body></html>\r\n";
}

}  // namespace

std::string EscapeHtml(const std::string& text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string EmailMessage(const Telling& telling, const EmailFrame& frame) {
  const NotificationText text = Describe(telling);
  const Words words = WordsIn(text.language);
  const bool urgent = telling.alert.severity() == alert::v1::SEVERITY_HIGH &&
                      telling.alert.status() == alert::v1::STATUS_ACTUAL;
  const std::string domain = frame.sender.substr(frame.sender.find('@') + 1);
  const std::string alert = Sha256Hex16(telling.alert.alert_id());
  // Cannot stand in a part, which is base64.
  const std::string boundary = "=_veille_" + Sha256Hex16(telling.key);
  const std::vector<std::string> headers = {
      "From: Veille <" + frame.sender + ">", "To: <" + telling.channel.email().address() + ">",
      "Subject: " + EncodedWords(text.title),
      "Date: " +
          absl::FormatTime("%a, %d %b %Y %H:%M:%S +0000", frame.send_time, absl::UTCTimeZone()),
      "Message-ID: <" + Sha256Hex16(telling.key) + "@" + domain + ">",
      // One thread an alert.
      "References: <alert-" + alert + "@" + domain + ">", "Auto-Submitted: auto-generated",
      "Content-Language: " + text.language, urgent ? "Importance: high" : "Importance: normal",
      "MIME-Version: 1.0", "Content-Type: multipart/alternative; boundary=\"" + boundary + "\""};
  std::string message;
  for (const std::string& header : headers) message += header + kLine;
  // The last part is the one that is shown where it can be.
  for (const std::string& part : {Part("text/plain", PlainBody(text, words, frame.link)),
                                  Part("text/html", HtmlBody(text, words, frame.link, urgent))}) {
    message += "\r\n--" + boundary + kLine + part;
  }
  return message + "\r\n--" + boundary + "--\r\n";
}

}  // namespace veille::notifier
