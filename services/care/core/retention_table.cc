#include "services/care/core/retention_table.h"

#include <cstdint>

namespace veille::care {
namespace {

struct Row {
  const char* data_class;
  const char* fr;
  const char* en;
  uint32_t default_days;  // 0: no age ends it.
  uint32_t (config::v1::Retention::*configured)() const;
  const char* ends_fr;
  const char* ends;
};

using Config = config::v1::Retention;

// A year of alerts lets a care plan be judged over every season; three years of plans are what a
// complaint may ask for. What is only for operators to look at is gone in a month.
constexpr Row kRows[] = {
    {"registry", "qui vit où, cercle, zones, consentements",
     "who lives where, circle, zones, consents", 0, nullptr,
     "l'effacement de la personne, ou la suppression de qui n'a encore rien d'autre",
     "the person's erasure, or the deletion of whom nothing else is stored yet"},
    {"plans", "plans de soins remplacés", "care plans that were replaced", 1095,
     &Config::plans_days, "care.plan_history plans plus récents, ou un effacement",
     "care.plan_history newer ones, or an erasure"},
    {"events", "ce que les capteurs ont vu, positions comprises",
     "what sensors saw, positions included", 0, nullptr,
     "detector.log_min_age (2 h) et detector.log_max_bytes, une fois jugé",
     "detector.log_min_age (2 h) and detector.log_max_bytes, once judged"},
    {"checkpoints", "état et habitudes que le moteur retient",
     "state and habits that the engine keeps", 0, nullptr,
     "le jugement suivant, qui le remplace ; l'effacement du logement",
     "the next judgement replaces it; the erasure of the home"},
    {"prompts", "questions posées par la box", "questions that the hub put", 1,
     &Config::prompts_days, "mille plus récentes par partition",
     "a thousand newer ones a partition"},
    {"alerts", "alertes closes, qui fut prévenu, et leurs messages",
     "closed alerts, who was told, and their messages", 365, &Config::alerts_days, "un effacement",
     "an erasure"},
    {"quarantine", "événements refusés", "events that were refused", 30, &Config::quarantine_days,
     "dix mille plus récents par partition", "ten thousand newer ones a partition"},
    {"dead_letters", "travaux qui ont échoué", "jobs that failed", 30, &Config::dead_letters_days,
     "dix mille plus récents par partition", "ten thousand newer ones a partition"},
    {"accounts", "comptes des aidants et des opérateurs, mots de passe hachés",
     "accounts of caregivers and operators, passwords hashed", 0, nullptr,
     "leur suppression par un opérateur", "their removal by an operator"},
    {"sign_ins", "connexions : appareil, dernière utilisation", "sign-ins: device, last use", 0,
     nullptr,
     "la déconnexion, ou une plus récente qui prend la place ; n'ouvre plus rien après 90 j sans "
     "usage, ou 365 j",
     "the sign-out, or a newer one that needs the room; opens nothing after 90 days without use, "
     "or "
     "365 days"},
    {"invitations", "codes qui ouvrent un compte ou inscrivent une box",
     "codes that open an account or enrol a hub", 0, nullptr, "leur terme, 14 j au plus",
     "their end, after 14 days at most"},
    {"openings", "ouvertures d'un dossier en urgence", "records that were opened in an emergency",
     0, nullptr, "la suivante, ou un effacement ; elle n'ouvre plus rien après une heure",
     "the next one, or an erasure; it opens nothing after an hour"},
    {"certificates", "numéros des certificats délivrés aux box",
     "serial numbers of hubs' certificates", 0, nullptr,
     "le prochain de la même box, une fois échus", "the hub's next one, once they have expired"},
    {"denials", "qui n'est plus admis, et pourquoi", "who is denied, and why", 0, nullptr,
     "leur levée par un opérateur, ou une nouvelle inscription de la box",
     "an operator, who lifts them, or a new enrolment of the hub"},
    {"tries", "essais de mots de passe et de codes, par compte et par adresse",
     "tries of passwords and codes, by account and by address", 0, nullptr,
     "une heure sans essai, au plus", "an hour without a try, at most"},
    {"audit", "qui a regardé ou changé quoi, sous pseudonymes",
     "who looked at or changed what, under pseudonyms", 0, nullptr,
     "rien : sa chaîne prouve que rien n'en fut ôté",
     "nothing: its chain proves that nothing was taken out"},
    {"erasures", "effacements et leurs certificats, sous pseudonymes",
     "erasures and their certificates, under pseudonyms", 0, nullptr, "rien : ils sont la preuve",
     "nothing: they are the proof"},
};

}  // namespace

std::vector<rights::v1::RetentionRule> RetentionTable(const Config& config) {
  std::vector<rights::v1::RetentionRule> rules;
  rules.reserve(std::size(kRows));
  for (const Row& row : kRows) {
    rights::v1::RetentionRule& rule = rules.emplace_back();
    rule.set_data_class(row.data_class);
    rule.set_fr(row.fr);
    rule.set_en(row.en);
    rule.set_default_days(row.default_days);
    const uint32_t configured = row.configured == nullptr ? 0 : (config.*row.configured)();
    rule.set_days(configured == 0 ? row.default_days : configured);
    rule.set_ends(row.ends);
    rule.set_ends_fr(row.ends_fr);
  }
  return rules;
}

}  // namespace veille::care
