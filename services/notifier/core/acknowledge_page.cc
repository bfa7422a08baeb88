#include "services/notifier/core/acknowledge_page.h"

#include <algorithm>

#include "services/notifier/core/email_message.h"
#include "services/notifier/core/notification_text.h"

namespace veille::notifier {
namespace {

std::string Page(const std::string& language, const std::string& title, const std::string& body) {
  return "<!DOCTYPE html>\n<html lang=\"" + language +
         "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
         "<meta name=\"robots\" content=\"noindex\"><title>" +
         EscapeHtml(title) +
         "</title><style>body{font-family:sans-serif;max-width:36em;margin:2em auto;padding:0 1em}"
         "button{font-size:1.3em;padding:.8em 1.2em}</style></head>\n<body><h1>" +
         EscapeHtml(title) + "</h1>\n" + body + "</body></html>\n";
}

bool HasAccepted(const alert::v1::Alert& alert, const std::string& caregiver_id) {
  const auto& accepted = alert.accepted_by();
  return std::find(accepted.begin(), accepted.end(), caregiver_id) != accepted.end();
}

std::string Paragraph(const std::string& text) { return "<p>" + EscapeHtml(text) + "</p>\n"; }

}  // namespace

std::string AcknowledgePage(const alert::v1::Alert& alert, const care::v1::Member& reader,
                            bool used) {
  Telling telling;
  telling.alert = alert;
  telling.reader = reader;
  const NotificationText text = Describe(telling);
  const bool english = text.language == "en";
  std::string body = Paragraph(text.body) + Paragraph(text.when);
  switch (alert.handling()) {
    case alert::v1::HANDLING_ACKNOWLEDGED:
      if (alert.acknowledged_by() == reader.caregiver_id()) {
        body += Paragraph(english ? "You have taken this alert. Thank you."
                                  : "Vous avez pris cette alerte. Merci.");
      } else {
        body += Paragraph(english ? "Somebody else has taken this alert."
                                  : "Quelqu'un d'autre a pris cette alerte.");
      }
      break;
    case alert::v1::HANDLING_CLOSED:
      body += Paragraph(english ? "This alert is closed." : "Cette alerte est close.");
      break;
    default:
      body += Paragraph(text.urgency);
      if (HasAccepted(alert, reader.caregiver_id())) {
        body +=
            Paragraph(english ? "You have said that you are going. Others are asked for, too."
                              : "Vous avez dit que vous y allez. D'autres sont demandés aussi.");
        break;
      }
      if (used) {
        // It was opened again since.
        body += Paragraph(
            english ? "NOBODY HAS TAKEN THIS ALERT. This link was used before, and takes nothing "
                      "any more: take the alert with the newest message, or in Veille."
                    : "PERSONNE N'A PRIS CETTE ALERTE. Ce lien a déjà servi et ne vaut plus rien : "
                      "prenez l'alerte par le message le plus récent, ou dans Veille.");
        break;
      }
      body += "<form method=\"post\"><button>" +
              EscapeHtml(english ? "I take it: I'm going" : "Je m'en occupe : j'y vais") +
              "</button></form>\n";
  }
  return Page(text.language, text.title, body);
}

std::string NoSuchLinkPage(bool expired) {
  return expired ? Page("fr", "Lien expiré / Link expired",
                        Paragraph("Ce lien ne vaut plus. Ouvrez Veille pour voir l'alerte.") +
                            Paragraph("This link has expired. Open Veille to see the alert."))
                 : Page("fr", "Lien inconnu / Unknown link",
                        Paragraph("Ce lien n'est pas complet, ou n'est pas de nous.") +
                            Paragraph("This link is not complete, or not one of ours."));
}

}  // namespace veille::notifier
