#include "services/care/core/access_sentence.h"

#include <string>
#include <string_view>

namespace veille::care {
namespace {

struct Phrase {
  std::string_view action, fr, en;
};

constexpr Phrase kWhole[] = {
    {"alert.get", "a lu une alerte", "read an alert"},
    {"alert.list", "a lu la liste des alertes", "read the list of alerts"},
    {"alert.watch", "a suivi les alertes en direct", "watched the alerts live"},
    {"alert.acknowledge", "a pris une alerte en charge", "took an alert"},
    {"alert.resolve", "a clos une alerte", "closed an alert"},
    {"alert.receipt", "a accusé réception d'une alerte", "confirmed the receipt of an alert"},
    {"duty.list", "a lu qui est de garde", "read who is on duty"},
    {"duty.take", "a pris la garde", "took duty"},
    {"duty.hand_over", "a transmis la garde", "handed duty over"},
    {"snooze.add", "s'est mis en silence", "asked not to be told for a while"},
    {"snooze.cancel", "a levé son silence", "asked to be told again"},
    {"plan.history", "a lu l'historique du plan de soins", "read the history of the care plan"},
    {"plan.rollback", "a rétabli un plan de soins antérieur", "put an earlier care plan in force"},
    {"account.break_glass", "a ouvert le dossier en urgence ; l'alerte BREAK_GLASS dit pourquoi",
     "opened the record in an emergency; the alert BREAK_GLASS says why"},
    {"rights.export", "a extrait toutes les données, au nom de la personne",
     "exported all data, on behalf of the person"},
    {"rights.accesses", "a lu ce journal, au nom de la personne",
     "read this log, on behalf of the person"},
    {"rights.erase", "a demandé l'effacement de la personne", "asked for the person's erasure"},
    {"rights.erased", "a achevé l'effacement de la personne", "finished the person's erasure"},
};

constexpr Phrase kVerbs[] = {
    {"get", "a lu", "read"},
    {"list", "a lu la liste :", "read the list:"},
    {"create", "a créé", "created"},
    {"update", "a modifié", "changed"},
    {"delete", "a supprimé", "deleted"},
};

constexpr Phrase kThings[] = {
    {"home", "le logement", "the home"},
    {"source", "la box ou le téléphone", "the hub or phone"},
    {"device", "un capteur", "a device"},
    {"room", "une pièce", "a room"},
    {"patient", "la fiche de la personne", "the person's record"},
    {"zone", "une zone", "a zone"},
    {"member", "un membre du cercle", "a member of the circle"},
    {"consent", "un consentement", "a consent"},
    {"grant", "des droits accordés", "what was granted"},
    {"circle", "le cercle", "the circle"},
    {"plan", "le plan de soins", "the care plan"},
    {"context", "les sorties et absences", "outings and absences"},
};

template <std::size_t n>
const Phrase* Find(const Phrase (&phrases)[n], std::string_view action) {
  for (const Phrase& phrase : phrases)
    if (phrase.action == action) return &phrase;
  return nullptr;
}

// The registry's actions, as they stand in the audit log: "care.device.update".
constexpr std::string_view kRegistry = "care.";

// What is done, and with what of the person; actions that nobody has named are said as they are.
Phrase Said(std::string_view action, std::string& fr, std::string& en) {
  if (action.substr(0, kRegistry.size()) == kRegistry) action.remove_prefix(kRegistry.size());
  if (const Phrase* whole = Find(kWhole, action); whole != nullptr) return *whole;
  const std::size_t dot = action.find('.');
  const Phrase* thing = Find(kThings, action.substr(0, dot));
  const Phrase* verb =
      dot == std::string_view::npos ? nullptr : Find(kVerbs, action.substr(dot + 1));
  if (thing == nullptr || verb == nullptr) {
    fr = "a fait : ";
    en = "did: ";
    fr += action;
    en += action;
  } else {
    fr.append(verb->fr).append(" ").append(thing->fr);
    en.append(verb->en).append(" ").append(thing->en);
  }
  return {action, fr, en};
}

}  // namespace

rights::v1::Access AccessOf(const store::v1::AuditEntry& entry) {
  rights::v1::Access access;
  *access.mutable_time() = entry.time();
  access.set_actor(entry.actor());
  access.set_action(entry.action());
  access.set_alert_id(entry.alert_id());
  access.set_outcome(entry.outcome());
  std::string fr, en;
  const Phrase said = Said(entry.action(), fr, en);
  std::string french = entry.actor() + " ", english = entry.actor() + " ";
  french += said.fr;
  english += said.en;
  if (!entry.alert_id().empty()) {
    french += ", au sujet de l'alerte " + entry.alert_id();
    english += ", because of alert " + entry.alert_id();
  }
  if (entry.outcome().compare(0, 2, "OK") != 0) {
    french += " : refusé (" + entry.outcome() + ")";
    english += ": refused (" + entry.outcome() + ")";
  }
  access.set_fr(french + ".");
  access.set_en(english + ".");
  return access;
}

}  // namespace veille::care
