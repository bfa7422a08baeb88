#include "services/domain/home_check.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"

#include "common/time/local_time.h"
#include "common/time/weekly_window.h"
#include "services/domain/care_plan.h"
#include "services/domain/channel_check.h"
#include "services/domain/keys.h"

namespace veille::domain {
namespace {

using care::v1::Home;
using care::v1::HomeRecord;
using care::v1::Patient;

constexpr double kMinRadiusM = 150;
constexpr int kMaxChannels = 8;
constexpr int kMinutesOfDay = 24 * 60;
// A chain that begins anew for ever would never be anybody else's business.
constexpr uint32_t kMaxRepeats = 10;
constexpr std::size_t kMaxName = 100;

bool IsId(const std::string& text, const char* more) {
  return !text.empty() && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [more](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view(more).find(c) != std::string_view::npos;
         });
}

bool IsReserved(const std::string& home_id) {
  return home_id == kOperatorHome || home_id == kExerciseHome;
}

// A window as a plan names it; empty: always. What cannot be read is a fault of its own.
WeeklyWindow WindowOf(const std::string& text) {
  return text.empty() ? WeeklyWindow() : ParseWeeklyWindow(text).value_or(WeeklyWindow());
}

// When somebody is told by a step, whatever the alert: the step's window, and where only those on
// duty are told, their shifts.
class Coverage {
 public:
  Coverage(const care::v1::EscalationStep& step, const care::v1::Circle& circle)
      : every_alert_(step.min_severity() == 0), window_(WindowOf(step.window())) {
    if (!step.on_duty() || !step.caregiver_ids().empty() || !step.relations().empty()) return;
    only_duty_ = true;
    for (const auto& shift : circle.rota()) shifts_.push_back(WindowOf(shift.window()));
  }
  bool At(int minute) const {
    if (!every_alert_ || !InWeeklyWindow(minute, window_)) return false;
    return !only_duty_ ||
           std::any_of(shifts_.begin(), shifts_.end(), [minute](const WeeklyWindow& shift) {
             return InWeeklyWindow(minute, shift);
           });
  }
  // The minutes of the week at which coverage may end.
  void AddEnds(std::set<int>& minutes) const {
    const auto add = [&](const WeeklyWindow& window) {
      for (int day = 0; day < 7; ++day)
        minutes.insert(day * kMinutesOfDay + window.hours.to_minutes);
    };
    add(window_);
    for (const WeeklyWindow& shift : shifts_) add(shift);
  }

 private:
  const bool every_alert_;
  const WeeklyWindow window_;
  bool only_duty_ = false;
  std::vector<WeeklyWindow> shifts_;
};

// The first minute of the week at which no step takes every alert; -1 when there is none. A hole
// begins where something ends, or with the week's days.
int HoleOf(const care::v1::Circle& circle) {
  if (circle.steps().empty()) return -1;
  std::vector<Coverage> steps;
  std::set<int> minutes;
  for (int day = 0; day < 7; ++day) minutes.insert(day * kMinutesOfDay);
  for (const auto& step : circle.steps()) steps.emplace_back(step, circle).AddEnds(minutes);
  for (const int minute : minutes) {
    if (std::none_of(steps.begin(), steps.end(),
                     [minute](const Coverage& step) { return step.At(minute); })) {
      return minute;
    }
  }
  return -1;
}

std::string MinuteOfWeek(int minute) {
  static constexpr const char* kDays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  return absl::StrFormat("%s %02d:%02d", kDays[minute / kMinutesOfDay], minute % kMinutesOfDay / 60,
                         minute % 60);
}

class HomeChecker {
 public:
  std::vector<HomeFault> Take() { return std::move(faults_); }

  // What a record has beside the home.
  void CheckRest(const HomeRecord& record) {
    std::set<std::string> consents;
    for (int i = 0; i < record.consents_size(); ++i) {
      const care::v1::Consent& consent = record.consents(i);
      const std::string path = absl::StrFormat("consents[%d].", i);
      CheckConsent(consent, path);
      Require(FindPatient(record, consent.patient_id()) != nullptr, path + "patient_id",
              "'" + consent.patient_id() + "' does not live in this home");
      Require(consents.insert(consent.patient_id() + "/" + consent.consent_id()).second,
              path + "consent_id", "'" + consent.consent_id() + "' stands twice");
    }
    std::set<std::string> grants;
    for (int i = 0; i < record.grants_size(); ++i) {
      const care::v1::Grant& grant = record.grants(i);
      const std::string path = absl::StrFormat("grants[%d].", i);
      Require(
          IsMember(FindPatient(record, grant.patient_id()), grant.caregiver_id()),
          path + "caregiver_id",
          "'" + grant.caregiver_id() + "' is not in the circle of '" + grant.patient_id() + "'");
      Require(grants.insert(grant.patient_id() + "/" + grant.caregiver_id()).second,
              path + "caregiver_id", "'" + grant.caregiver_id() + "' stands twice");
      Require(!grant.rights().empty(), path + "rights", "say what is granted");
      for (const int right : grant.rights()) {
        Require(right != care::v1::MEMBER_RIGHT_UNSPECIFIED && care::v1::MemberRight_IsValid(right),
                path + "rights", "is no right");
      }
    }
  }

  void Check(const Home& home) {
    Require(
        IsId(home.home_id(), "._-") && !IsReserved(home.home_id()), "home_id",
        "must be 1 to 64 characters of [A-Za-z0-9._-], and not 'operator' or 'veille-exercise'");
    if (const auto zone = LoadZone(home.zone()); !zone.ok())
      Add("zone", std::string(zone.status().message()));
    Require(!home.sources().empty(), "sources", "a home needs at least one source");
    Require(!home.patients().empty(), "patients", "a home needs at least one patient");
    std::set<std::string> sources, devices;
    for (int i = 0; i < home.sources_size(); ++i) {
      const std::string path = absl::StrFormat("sources[%d].source_id", i);
      const std::string& id = home.sources(i).source_id();
      Require(IsId(id, "._:-"), path, "must be 1 to 64 characters of [A-Za-z0-9._:-]");
      Require(sources.insert(id).second, path, "'" + id + "' stands twice");
      Require(id != kExerciseHome, path, "'" + id + "' is the synthetic patient's");
    }
    for (int i = 0; i < home.devices_size(); ++i) CheckDevice(home, i, sources, devices);
    for (int i = 0; i < home.patients_size(); ++i) CheckPatient(home.patients(i), i);
  }

 private:
  static const Patient* FindPatient(const HomeRecord& record, const std::string& patient_id) {
    for (const Patient& patient : record.patients())
      if (patient.patient_id() == patient_id) return &patient;
    return nullptr;
  }
  static bool IsMember(const Patient* patient, const std::string& caregiver_id) {
    if (patient == nullptr) return false;
    const auto& members = patient->circle().members();
    return std::any_of(members.begin(), members.end(), [&](const care::v1::Member& member) {
      return member.caregiver_id() == caregiver_id;
    });
  }

  void CheckConsent(const care::v1::Consent& consent, const std::string& path) {
    Require(IsId(consent.consent_id(), "._-"), path + "consent_id",
            "must be 1 to 64 characters of [A-Za-z0-9._-]");
    Require(!consent.scopes().empty(), path + "scopes", "say what it is about");
    for (const int scope : consent.scopes()) {
      Require(scope != care::v1::CONSENT_SCOPE_UNSPECIFIED && care::v1::ConsentScope_IsValid(scope),
              path + "scopes", "is no scope");
    }
    Require(care::v1::ConsentMode_IsValid(consent.mode()), path + "mode", "is no mode");
    Require(consent.has_give_time(), path + "give_time", "say when it was given");
    Require(!consent.has_expire_time() ||
                consent.give_time().seconds() < consent.expire_time().seconds(),
            path + "expire_time", "must be after give_time");
    Require(consent.reviewed_by().empty() != consent.has_review_time(), path + "review_time",
            "reviewed_by and review_time go together");
  }

  void CheckDevice(const Home& home, int i, const std::set<std::string>& sources,
                   std::set<std::string>& devices) {
    const care::v1::Device& device = home.devices(i);
    const std::string path = absl::StrFormat("devices[%d].", i);
    Require(IsId(device.device_id(), "._:-"), path + "device_id",
            "must be 1 to 64 characters of [A-Za-z0-9._:-]");
    Require(devices.insert(device.device_id()).second, path + "device_id",
            "'" + device.device_id() + "' stands twice");
    Require(device.source_id().empty() || sources.count(device.source_id()) > 0, path + "source_id",
            "'" + device.source_id() + "' is not a source of this home");
    const auto wears = [&](const Patient& p) { return p.patient_id() == device.patient_id(); };
    Require(device.patient_id().empty() ||
                std::any_of(home.patients().begin(), home.patients().end(), wears),
            path + "patient_id", "'" + device.patient_id() + "' does not live in this home");
    const bool worn =
        device.role() == care::v1::ROLE_WRIST || device.role() == care::v1::ROLE_WAIST ||
        device.role() == care::v1::ROLE_CHEST || device.role() == care::v1::ROLE_TRACKER;
    Require(!worn || !device.patient_id().empty() || home.patients_size() <= 1, path + "patient_id",
            "must name the wearer in a home with several patients");
    Require(!device.has_check_in() || device.check_in().seconds() >= 10, path + "check_in",
            "must be at least 10 s");
  }

  void CheckPatient(const Patient& patient, int i) {
    const std::string path = absl::StrFormat("patients[%d].", i);
    Require(IsId(patient.patient_id(), "._-") && patient.patient_id() != kExerciseHome,
            path + "patient_id",
            "must be 1 to 64 characters of [A-Za-z0-9._-], and not 'veille-exercise'");
    for (int j = 0; j < patient.zones_size(); ++j)
      CheckZone(patient.zones(j), absl::StrFormat("%szones[%d]", path, j));
    CheckCircle(patient.circle(), path + "circle.");
    CheckContext(patient.context(), path + "context.");
    for (const PlanFault& fault : CheckCarePlan(patient.care_plan()))
      Add(path + "care_plan." + fault.field, fault.reason);
  }

  void CheckContext(const care::v1::Context& context, const std::string& path) {
    for (int j = 0; j < context.outings_size(); ++j) {
      const care::v1::PlannedOuting& outing = context.outings(j);
      const std::string field = absl::StrFormat("%soutings[%d].", path, j);
      Require(outing.name().size() <= kMaxName, field + "name", "must have at most 100 characters");
      if (outing.weekly().empty()) {
        Require(outing.start_time().seconds() < outing.end_time().seconds(), field + "end_time",
                "must be after start_time, or name a weekly window such as \"Tue 14:00-16:00\"");
      } else if (const auto window = ParseWeeklyWindow(outing.weekly()); !window.ok()) {
        Add(field + "weekly", std::string(window.status().message()));
      }
    }
    for (int j = 0; j < context.absences_size(); ++j) {
      const care::v1::Absence& absence = context.absences(j);
      const std::string field = absl::StrFormat("%sabsences[%d].", path, j);
      Require(absence.name().size() <= kMaxName, field + "name",
              "must have at most 100 characters");
      Require(absence.start_time().seconds() < absence.end_time().seconds(), field + "end_time",
              "must be after start_time");
    }
    for (int j = 0; j < context.weather_warnings_size(); ++j) {
      const care::v1::WeatherWarning& warning = context.weather_warnings(j);
      const std::string field = absl::StrFormat("%sweather_warnings[%d].", path, j);
      Require(warning.name().size() <= kMaxName, field + "name",
              "must have at most 100 characters");
      Require(warning.start_time().seconds() < warning.end_time().seconds(), field + "end_time",
              "must be after start_time");
    }
  }

  void CheckZone(const care::v1::Zone& zone, const std::string& path) {
    const auto on_earth = [](double latitude, double longitude) {
      return latitude >= -90 && latitude <= 90 && longitude >= -180 && longitude <= 180;
    };
    if (zone.has_circle()) {
      Require(on_earth(zone.circle().latitude_degrees(), zone.circle().longitude_degrees()),
              path + ".circle", "latitude must be in -90..90 and longitude in -180..180");
      Require(zone.circle().radius_m() >= kMinRadiusM && zone.circle().radius_m() <= 100000,
              path + ".circle.radius_m",
              "must be 150 to 100000 m: less is within the error of position fixes");
    } else if (zone.has_polygon()) {
      Require(zone.polygon().points_size() >= 3 && zone.polygon().points_size() <= 100,
              path + ".polygon", "must have 3 to 100 points");
      for (const auto& point : zone.polygon().points()) {
        Require(on_earth(point.latitude_degrees(), point.longitude_degrees()), path + ".polygon",
                "latitude must be in -90..90 and longitude in -180..180");
      }
    } else {
      Add(path, "must have a circle or a polygon");
    }
  }

  void CheckCircle(const care::v1::Circle& circle, const std::string& path) {
    std::set<std::string> members;
    for (int j = 0; j < circle.members_size(); ++j) {
      const std::string field = absl::StrFormat("%smembers[%d].caregiver_id", path, j);
      const std::string& id = circle.members(j).caregiver_id();
      Require(IsId(id, "._@-"), field, "must be 1 to 64 characters of [A-Za-z0-9._@-]");
      Require(members.insert(id).second, field, "'" + id + "' stands twice");
      CheckChannels(circle.members(j), absl::StrFormat("%smembers[%d].", path, j));
    }
    Require(!members.empty(), path + "members",
            "an alert of this person would reach nobody: name at least one member");
    for (int j = 0; j < circle.steps_size(); ++j) {
      const std::string field = absl::StrFormat("%ssteps[%d]", path, j);
      const care::v1::EscalationStep& step = circle.steps(j);
      Require(!step.caregiver_ids().empty() || step.on_duty() || !step.relations().empty(), field,
              "a step must tell somebody: caregiver_ids, on_duty or relations");
      Require(!step.on_duty() || !circle.rota().empty(), field + ".on_duty",
              "nobody is ever on duty: the circle has no rota");
      for (const int relation : step.relations()) {
        const auto is = [relation](const care::v1::Member& m) { return m.relation() == relation; };
        Require(std::any_of(circle.members().begin(), circle.members().end(), is),
                field + ".relations",
                "no member of the circle is " + care::v1::Member::Relation_Name(relation));
      }
      for (const std::string& id : step.caregiver_ids())
        Require(members.count(id) > 0, field, "'" + id + "' is not a member of the circle");
      Require(step.delay().seconds() >= 0 && step.delay().seconds() <= 86400, field + ".delay",
              "must be 0 to 86400 s");
      Require(alert::v1::Severity_IsValid(step.min_severity()), field + ".min_severity",
              "is no severity");
      CheckWindow(step.window(), field);
    }
    for (int j = 0; j < circle.rota_size(); ++j) {
      const std::string field = absl::StrFormat("%srota[%d]", path, j);
      Require(members.count(circle.rota(j).caregiver_id()) > 0, field + ".caregiver_id",
              "'" + circle.rota(j).caregiver_id() + "' is not a member of the circle");
      CheckWindow(circle.rota(j).window(), field);
    }
    Require(circle.repeats() <= kMaxRepeats, path + "repeats", "must be 0 to 10");
    if (const int hole = HoleOf(circle); hole >= 0) {
      Add(path + "steps", absl::StrFormat("nobody is told of lesser alerts at %s: let a step "
                                          "without min_severity cover that time",
                                          MinuteOfWeek(hole)));
    }
    Require(circle.steps().empty() || circle.steps(0).min_severity() == 0, path + "steps[0]",
            "the first step must not be limited by severity, or lesser alerts reach nobody");
  }

  void CheckChannels(const care::v1::Member& member, const std::string& path) {
    Require(member.channels_size() <= kMaxChannels, path + "channels", "must be at most 8");
    for (int i = 0; i < member.channels_size(); ++i)
      for (const ChannelFault& fault : CheckChannel(member.channels(i)))
        Add(absl::StrFormat("%schannels[%d].%s", path, i, fault.field), fault.reason);
  }

  void CheckWindow(const std::string& window, const std::string& field) {
    Require(window.empty() || ParseWeeklyWindow(window).ok(), field + ".window",
            "must be empty or a window like \"22:00-07:00\" or \"Mon-Fri 08:00-20:00\"");
  }

  void Require(bool holds, const std::string& field, const std::string& reason) {
    if (!holds) Add(field, reason);
  }
  void Add(const std::string& field, const std::string& reason) {
    faults_.push_back({field, reason});
  }

  std::vector<HomeFault> faults_;
};

}  // namespace

std::vector<HomeFault> CheckHome(const Home& home) {
  HomeChecker checker;
  checker.Check(home);
  return checker.Take();
}

std::vector<HomeFault> CheckHomeRecord(const HomeRecord& record) {
  HomeChecker checker;
  checker.Check(HomeOf(record));
  checker.CheckRest(record);
  return checker.Take();
}

Home HomeOf(const HomeRecord& record) {
  Home home;
  // The same fields under the same numbers; what is more is dropped.
  if (home.ParseFromString(record.SerializeAsString())) home.DiscardUnknownFields();
  return home;
}

}  // namespace veille::domain
