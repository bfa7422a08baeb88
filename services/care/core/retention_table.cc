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
  const char* ends;
};

using Config = config::v1::Retention;

// A year of alerts lets a care plan be judged over every season; three years of plans are what a
// complaint may ask for. What is only for operators to look at is gone in a month.
constexpr Row kRows[] = {
    {"registry", "qui vit où, cercle, zones, consentements",
     "who lives where, circle, zones, consents", 0, nullptr,
     "the deletion of the home or person, or their erasure"},
    {"plans", "plans de soins remplacés", "care plans that were replaced", 1095,
     &Config::plans_days, "care.plan_history newer ones, or an erasure"},
    {"events", "ce que les capteurs ont vu, positions comprises",
     "what sensors saw, positions included", 0, nullptr,
     "detector.log_min_age (2 h) and detector.log_max_bytes, once judged"},
    {"checkpoints", "état et habitudes que le moteur retient",
     "state and habits that the engine keeps", 0, nullptr,
     "the next judgement replaces it; the erasure of the home"},
    {"prompts", "questions posées par la box", "questions that the hub put", 1,
     &Config::prompts_days, "a thousand newer ones a partition"},
    {"alerts", "alertes closes, qui fut prévenu, et leurs messages",
     "closed alerts, who was told, and their messages", 365, &Config::alerts_days, "an erasure"},
    {"quarantine", "événements refusés", "events that were refused", 30, &Config::quarantine_days,
     "ten thousand newer ones a partition"},
    {"dead_letters", "travaux qui ont échoué", "jobs that failed", 30, &Config::dead_letters_days,
     "ten thousand newer ones a partition"},
    {"audit", "qui a regardé ou changé quoi, sous pseudonymes",
     "who looked at or changed what, under pseudonyms", 0, nullptr,
     "nothing: its chain proves that nothing was taken out"},
    {"erasures", "effacements et leurs certificats, sous pseudonymes",
     "erasures and their certificates, under pseudonyms", 0, nullptr,
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
  }
  return rules;
}

}  // namespace veille::care
