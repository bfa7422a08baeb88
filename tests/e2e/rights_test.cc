// What people may ask for, of a running service: everything that is kept of them, and then nothing.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <sstream>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

#include "veille/care/v1/home_record.pb.h"
#include "veille/store/v1/rights.pb.h"
#include "veille/store/v1/wrapped_key.pb.h"

#include "common/base/file.h"
#include "common/crypto/hmac.h"
#include "common/metrics/metrics.h"
#include "common/redis/pipelined_client.h"
#include "common/time/clock.h"
#include "services/domain/keys.h"
#include "services/domain/recordings/recording.h"
#include "services/domain/vault/redis_key_store.h"
#include "services/domain/vault/vault.h"
#include "tests/e2e/raw_hub.h"
#include "tests/e2e/watching.h"
#include "tests/support/process.h"
#include "tests/support/stored.h"

namespace veille {
namespace {

using store::v1::Erasure;
using testing::Events;
using testing::Eventually;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::RawHub;
using testing::Sos;
using testing::Watching;

constexpr double kLatitude = 49.894067, kLongitude = 2.295753;
constexpr char kNote[] = "Odette Vasseur s'est relevée, le 06 22 55 88 11 a répondu";

care::v1::Patient& Describe(const std::string& name, care::v1::Patient& patient) {
  patient.set_display_name(name);
  care::v1::Zone& zone = *patient.add_zones();
  zone.set_name("Rue des Corroyeurs");
  zone.mutable_circle()->set_latitude_degrees(kLatitude);
  zone.mutable_circle()->set_longitude_degrees(kLongitude);
  zone.mutable_circle()->set_radius_m(300);
  for (care::v1::Member& member : *patient.mutable_circle()->mutable_members()) {
    member.set_display_name("Célestin Marchand");
    member.add_channels()->mutable_email()->set_address("celestin.marchand@exemple.fr");
  }
  return patient;
}

care::v1::Home HomeOfOdette() {
  care::v1::Home home = testing::HomeZero();
  Describe("Odette Vasseur", *home.mutable_patients(0));
  care::v1::Device& tracker = *home.add_devices();
  tracker.set_device_id("tracker-1");
  tracker.set_role(care::v1::ROLE_TRACKER);
  tracker.set_patient_id(home.patients(0).patient_id());
  return home;
}

care::v1::Home Neighbour() {
  return domain::SimulateCrowdHome(1, 1, {.start = absl::UnixEpoch(), .emergencies = 0}).home;
}

event::v1::Event Fix() {
  event::v1::Event event = domain::MakeEvent(SystemClock().Now(), "tracker-1");
  event.mutable_location()->set_latitude_degrees(kLatitude);
  event.mutable_location()->set_longitude_degrees(kLongitude);
  event.mutable_location()->set_accuracy_m(5);
  return event;
}

std::vector<std::string> FoundIn(const std::string& text) {
  std::vector<std::string> found;
  for (const char* word : {"Odette", "Vasseur", "Célestin", "celestin.marchand", "06 22 55 88 11",
                           "Corroyeurs", "49.894", "2.2957"})
    if (text.find(word) != std::string::npos) found.emplace_back(word);
  return found;
}

// Every file below a folder, as text.
std::string FilesOf(const std::string& folder) {
  std::string all;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder))
    if (file.is_regular_file()) all += ReadFile(file.path().string()).value_or("");
  return all;
}

// `veille all` with a registry, on a folder of its own.
class Service {
 public:
  Service() {
    const std::string text = "rpc { gateway_address: \"" + gateway() + "\" notifier_address: \"" +
                             notifier() + "\" care_address: \"unix:" + folder_.path() +
                             "/care.sock\" plaintext: true }\nsynthetic_patient { off: true }\n";
    EXPECT_TRUE(WriteFileAtomically(folder_.path() + "/veille.textproto", text).ok());
    Start("");
  }

  // Dies when an erasure has reached that state; "" never.
  void Start(const std::string& crash_at) {
    process_ = std::make_unique<testing::Process>(
        std::vector<std::string>{testing::VeilleBinary(), "all", "--data=" + data(),
                                 "--config=" + folder_.path() + "/veille.textproto",
                                 "--ready_file=" + folder_.path() + "/ready.json",
                                 "--test_erasure_crash=" + crash_at},
        folder_.path() + "/log");
    std::filesystem::remove(folder_.path() + "/ready.json");
    process_->Start();
    EXPECT_TRUE(Eventually([this] {
      return std::filesystem::exists(folder_.path() + "/ready.json") || !process_->Alive();
    })) << Log();
  }

  // A command that runs; what it says is in `log`.
  std::unique_ptr<testing::Process> Begin(const std::vector<std::string>& words,
                                          std::string* log) const {
    std::vector<std::string> argv = {testing::VeilleBinary()};
    argv.insert(argv.end(), words.begin(), words.end());
    argv.insert(argv.end(), {"--care=unix:" + folder_.path() + "/care.sock", "--actor=olga",
                             "--plaintext", "--out=" + folder_.path(), "--language=en"});
    *log = folder_.path() + "/said-" + std::to_string(++runs_);
    auto command = std::make_unique<testing::Process>(argv, *log);
    command->Start();
    return command;
  }

  int Run(const std::vector<std::string>& words, std::string* output = nullptr) const {
    std::string log;
    const int code = Begin(words, &log)->Wait(absl::Seconds(120));
    if (output != nullptr) *output = ReadFile(log).value_or("");
    return code;
  }

  template <typename Home>
  void Import(const std::vector<Home>& homes) const {
    const std::string folder = folder_.path() + "/homes";
    std::filesystem::create_directories(folder);
    for (const Home& home : homes) {
      std::string text, output;
      google::protobuf::TextFormat::PrintToString(home, &text);
      ASSERT_TRUE(WriteFileAtomically(folder + "/" + home.home_id() + ".textproto", text).ok());
    }
    std::string output;
    ASSERT_EQ(Run({"care", "import", folder}, &output), 0) << output << Log();
  }

  // A position, a call for help that is told, taken and closed with words.
  void LiveADay(const std::string& note = kNote) const {
    ASSERT_TRUE(Eventually([this] { return RawHub(gateway()).welcomed(); })) << Log();
    Watching anne(notifier(), "anne");
    RawHub hub(gateway());
    hub.Send(1, Events({Fix()}), hub::v1::LANE_BULK);
    hub.Send(1, Events({Sos(1)}));
    ASSERT_TRUE(hub.WaitAck(1)) << Log();
    ASSERT_TRUE(hub.WaitAck(1, hub::v1::LANE_BULK)) << Log();
    ASSERT_TRUE(Eventually([&] { return !anne.called("SOS").empty(); })) << Log();
    const std::string alert_id = *anne.called("SOS").begin();
    ASSERT_TRUE(anne.client().Acknowledge(alert_id).ok());
    ASSERT_TRUE(anne.client().Resolve(alert_id, alert::v1::OUTCOME_REAL, note).ok());
  }

  std::unique_ptr<redis::Client> Redis(const std::string& folder) const {
    redis::PipelinedClient::Options options;
    options.endpoint.unix_socket = data() + folder + "/redis.sock";
    return std::make_unique<redis::PipelinedClient>(std::move(options));
  }
  // Everything that Redis shows, in one text.
  std::string Stored() const {
    std::string all;
    for (const std::string& value : testing::StoredIn(*Redis("/redis")))
      all.append(value).append("\n");
    return all;
  }

  std::string folder() const { return folder_.path(); }
  std::string data() const { return folder_.path() + "/data"; }
  std::string gateway() const { return "unix:" + folder_.path() + "/gateway.sock"; }
  std::string notifier() const { return "unix:" + folder_.path() + "/notifier.sock"; }
  std::string Log() const { return ReadFile(folder_.path() + "/log").value_or(""); }
  testing::Process& process() { return *process_; }

 private:
  const testing::TempFolder folder_;
  std::unique_ptr<testing::Process> process_;
  mutable int runs_ = 0;
};

std::string OdetteId() { return HomeOfOdette().patients(0).patient_id(); }

store::v1::ErasureCertificate CertificateOf(const Service& service) {
  store::v1::SignedErasure file;
  const std::string text =
      ReadFile(service.folder() + "/" + OdetteId() + ".erasure.json").value_or("");
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(text, &file).ok()) << text;
  return file.readable();
}

// Nothing of the person, neither readable nor sealed with a key of theirs: every sealed value names
// its key. Files of streams keep the bytes of deleted entries until their block is trimmed: there
// nothing is readable.
void ExpectNothingLeft(const Service& service) {
  const std::string stored = service.Stored(), keys = FilesOf(service.data() + "/keys");
  EXPECT_THAT(FoundIn(stored), IsEmpty());
  EXPECT_THAT(FoundIn(service.Log()), IsEmpty());
  EXPECT_THAT(FoundIn(keys), IsEmpty());
  EXPECT_THAT(FoundIn(FilesOf(service.data() + "/redis")), IsEmpty());
  const store::v1::ErasureCertificate certificate = CertificateOf(service);
  EXPECT_GT(certificate.keys_size(), 0);
  for (const store::v1::ErasedKey& key : certificate.keys()) {
    const std::string id = FromHex(key.key_id()).value_or("");
    EXPECT_EQ(id.size(), 8U);
    EXPECT_EQ(stored.find(id), std::string::npos) << key.name();
    EXPECT_EQ(keys.find(id), std::string::npos) << key.name();
  }
}

void ExpectNeighbourGoesOn(const Service& service) {
  Watching anne(service.notifier(), "anne");
  RawHub hub(service.gateway(), "00000002", Neighbour().sources(0).source_id());
  ASSERT_TRUE(hub.welcomed()) << service.Log();
  hub.Send(1, Events({Sos(1)}));
  ASSERT_TRUE(hub.WaitAck(1)) << service.Log();
  EXPECT_TRUE(Eventually([&] { return !anne.called("SOS").empty(); })) << service.Log();
}

TEST(Rights, APersonIsShownEverythingThatIsKeptOfThem) {
  Service service;
  service.Import<care::v1::Home>({HomeOfOdette(), Neighbour()});
  service.LiveADay();
  std::string output;
  ASSERT_EQ(service.Run({"rights", "export", OdetteId()}, &output), 0) << output << service.Log();
  const std::string lines =
      ReadFile(service.folder() + "/" + OdetteId() + ".jsonl").value_or(output);
  for (const char* part :
       {"\"class\":\"home\"", "\"class\":\"event\"", "\"class\":\"alert\"", "\"class\":\"inbox\"",
        "\"class\":\"access\"", "\"class\":\"checkpoint\"", "rule_version", "49.894067", "Odette",
        "06 22 55 88 11", "celestin.marchand@exemple.fr", "deliveries"})
    EXPECT_THAT(lines, HasSubstr(part));
  const std::string bundle =
      ReadFile(service.folder() + "/" + OdetteId() + ".fhir.json").value_or(output);
  for (const char* part : {"\"Bundle\"", "\"Patient\"", "\"CareTeam\"", "\"Observation\"",
                           "\"Flag\"", "\"Communication\"", "\"AuditEvent\"", "\"Device\""})
    EXPECT_THAT(bundle, HasSubstr(part));
  ASSERT_EQ(service.Run({"rights", "accesses", OdetteId()}, &output), 0) << output;
  EXPECT_THAT(output, HasSubstr("anne took an alert"));
  EXPECT_THAT(output, HasSubstr("exported all data, on behalf of the person"));
}

// Somebody of whom everything is kept that an export knows: each relation, consents of every mode,
// phones, devices of others' making, texts that JSON and FHIR must bear.
care::v1::HomeRecord RichHome() {
  care::v1::HomeRecord home;
  EXPECT_TRUE(home.ParseFromString(HomeOfOdette().SerializeAsString()));
  care::v1::Patient& patient = *home.mutable_patients(0);
  patient.set_display_name("Odette \"Dédé\" Vasseur\n\tnée Ölçer");
  patient.set_language("fr");
  for (int i = 1; care::v1::Member::Relation_IsValid(i); ++i) {
    care::v1::Member& member = *patient.mutable_circle()->add_members();
    member.set_caregiver_id("m_" + std::to_string(i));
    member.set_display_name("Inès " + std::to_string(i));
    member.set_language(i % 2 == 0 ? "fr-FR" : "");
    member.set_relation(static_cast<care::v1::Member::Relation>(i));
    member.add_channels()->mutable_email()->set_address("ines@exemple.fr");
  }
  for (int mode = care::v1::CONSENT_MODE_ALWAYS; care::v1::ConsentMode_IsValid(mode); ++mode) {
    care::v1::Consent& consent = *home.add_consents();
    consent.set_consent_id("consent_" + std::to_string(mode));
    consent.set_patient_id(patient.patient_id());
    consent.set_mode(static_cast<care::v1::ConsentMode>(mode));
    consent.add_scopes(care::v1::CONSENT_SCOPE_VITAL_SIGNS);
    consent.set_giver(care::v1::CONSENT_GIVER_PERSON);
    consent.mutable_give_time()->set_seconds(1700000000);
    if (mode > care::v1::CONSENT_MODE_ALWAYS)
      consent.mutable_expire_time()->set_seconds(2000000000);
  }
  for (const char* id : {"cuff-1", "cuff-2"}) {
    care::v1::Device& cuff = *home.add_devices();
    cuff.set_device_id(id);
    cuff.set_role(care::v1::ROLE_VITALS);
    cuff.set_patient_id(patient.patient_id());
  }
  return home;
}

event::v1::Event Measured(const std::string& device, bool whole) {
  event::v1::Event event = domain::MakeEvent(SystemClock().Now(), device);
  event::v1::Vitals& vitals = *event.mutable_vitals();
  vitals.set_systolic_mmhg(128);
  if (!whole) return event;
  vitals.set_diastolic_mmhg(79);
  vitals.set_heart_rate_bpm(61.5F);
  vitals.set_spo2_percent(97);
  vitals.set_body_temperature_celsius(36.8F);
  vitals.set_respiration_per_minute(16);
  return event;
}

TEST(Rights, AnExportIsSoundByWhatHl7PublishesOfFhir) {
  Service service;
  service.Import<care::v1::HomeRecord>({RichHome()});
  service.LiveADay();
  {
    event::v1::Event fall = domain::MakeEvent(SystemClock().Now(), "pendant");
    fall.mutable_fall()->set_verdict(event::v1::Fall::VERDICT_DETECTED);
    RawHub hub(service.gateway(), "00000002");
    hub.Send(1, Events({fall, Measured("cuff-1", true), Measured("cuff-2", false)}));
    ASSERT_TRUE(hub.WaitAck(1)) << service.Log();
  }
  // What a device that is there no more has measured stays.
  std::string output;
  ASSERT_EQ(service.Run({"care", "device", "delete", "home-0", "cuff-2"}, &output), 0) << output;
  ASSERT_EQ(service.Run({"rights", "export", OdetteId()}, &output), 0) << output << service.Log();
  const std::string file = service.folder() + "/" + OdetteId() + ".fhir.json";
  const std::string bundle = ReadFile(file).value_or(output);
  for (const char* part :
       {"\"RelatedPerson\"", "\"Practitioner\"", "\"Consent\"", "\"85354-9\"", "\"8480-6\"",
        "\"2708-6\"", "KIND_HUB", "VERDICT_DETECTED", "dataAbsentReason", "\"AuditEvent\""})
    EXPECT_THAT(bundle, HasSubstr(part));
  testing::Process judge({VEILLE_SOURCE_DIR "/tests/fhir/run", file}, service.folder() + "/fhir");
  judge.Start();
  const int code = judge.Wait(absl::Seconds(120));
  const std::string verdict = ReadFile(service.folder() + "/fhir").value_or("");
  if (code == 77) GTEST_SKIP() << verdict;
  EXPECT_EQ(code, 0) << verdict;
  EXPECT_THAT(verdict, HasSubstr("\"Observation\":")) << "the judge has read it";
}

void ExpectCertificateHolds(const Service& service) {
  std::string output;
  const store::v1::ErasureCertificate certificate = CertificateOf(service);
  EXPECT_TRUE(certificate.whole_home());
  EXPECT_EQ(certificate.keys_size(), 2);
  EXPECT_EQ(certificate.erased().at("alert"), 1U);
  EXPECT_EQ(certificate.erased().at("registered_home"), 1U);
  EXPECT_GT(certificate.erased().at("log_entry"), 0U);
  EXPECT_GT(certificate.erased().at("inbox"), 0U);
  EXPECT_GT(certificate.erased().at("checkpoint"), 0U);
  const std::string file = service.folder() + "/" + OdetteId() + ".erasure.json";
  EXPECT_EQ(service.Run({"rights", "verify", file, "--data=" + service.data()}, &output), 0)
      << output;
  std::string forged = ReadFile(file).value_or("");
  const std::size_t at = forged.find("\"olga\"");
  ASSERT_NE(at, std::string::npos) << forged;
  forged.replace(at, 6, "\"anne\"");
  ASSERT_TRUE(WriteFileAtomically(file, forged).ok());
  EXPECT_EQ(service.Run({"rights", "verify", file, "--data=" + service.data()}, &output), 1)
      << output;
}

TEST(Rights, APersonIsErasedAndProvedToBeGone) {
  Service service;
  service.Import<care::v1::Home>({HomeOfOdette(), Neighbour()});
  service.LiveADay();
  std::string output;
  // A backup of the data and the wrapped key, as they were.
  const std::string name = domain::NameOf({"home-0", OdetteId()});
  const std::string wrapped(
      service.Redis("/keys/redis")->CommandSync({"HGET", domain::WrappedKeysKey(), name})->str());
  ASSERT_FALSE(wrapped.empty());
  store::v1::WrappedKey key;
  ASSERT_TRUE(key.ParseFromString(wrapped));
  EXPECT_THAT(service.Stored(), HasSubstr(key.key_id())) << "the judge looks in the right places";
  const std::string old_kek = ReadFile(service.data() + "/keys/kek.keys").value_or("");
  for (const char* folder : {"/redis", "/keys/redis"})
    ASSERT_TRUE(service.Redis(folder)->CommandSync({"CONFIG", "SET", "rdbcompression", "no"}).ok());

  ASSERT_EQ(service.Run({"care", "home", "delete", "home-0"}, &output), 1) << output;
  EXPECT_THAT(output, HasSubstr("'veille rights erase " + OdetteId() + "'"));
  ASSERT_EQ(service.Run({"rights", "erase", OdetteId()}, &output), 2) << output;
  EXPECT_THAT(output, HasSubstr("nothing was erased"));
  ASSERT_EQ(service.Run({"rights", "erase", OdetteId(), "--yes"}, &output), 0)
      << output << service.Log();
  ExpectNothingLeft(service);
  EXPECT_THAT(service.Stored(), Not(HasSubstr("alert:home-0.")));
  EXPECT_EQ(FilesOf(service.data() + "/keys/redis").find(wrapped), std::string::npos);
  EXPECT_EQ(ReadFile(service.data() + "/keys/kek.keys").value_or(old_kek).find(old_kek),
            std::string::npos);
  ExpectCertificateHolds(service);

  EXPECT_EQ(service.Run({"rights", "export", OdetteId()}, &output), 1) << output;
  for (const char* dry : {"--dry_run", "--nodry_run"}) {
    EXPECT_EQ(service.Run({"care", "home", "create", "home-50", "zone=Europe/Paris",
                           "sources[0].source_id=hub-50", "devices[0].device_id=pendant",
                           "devices[0].role=chest", "patients[0].patient_id=" + OdetteId(),
                           "patients[0].circle.members[0].caregiver_id=anne", dry},
                          &output),
              1);
    EXPECT_THAT(output, HasSubstr("was erased; take another id"));
  }
  ASSERT_EQ(service.Run({"rights", "accesses", OdetteId()}, &output), 0) << output;
  EXPECT_THAT(output, HasSubstr("care finished the person's erasure"));
  EXPECT_EQ(service.Run({"audit", "verify", "--data=" + service.data()}, &output), 0) << output;
  EXPECT_EQ(service.Run({"rights", "retention"}, &output), 0) << output;
  EXPECT_THAT(output, HasSubstr("alerts         365 d"));
  EXPECT_FALSE(
      RawHub(service.gateway(), testing::kIncarnation, "hub-home-0", absl::Seconds(20)).welcomed());
  ExpectNeighbourGoesOn(service);
}

// Each key as it stands wrapped in the key store, and the key-encryption keys.
std::vector<std::string> KeysOf(const Service& service) {
  std::vector<std::string> keys;
  const auto wrapped =
      service.Redis("/keys/redis")->CommandSync({"HVALS", domain::WrappedKeysKey()});
  EXPECT_TRUE(wrapped.ok()) << wrapped.status();
  for (const redis::ReplyView value : wrapped->elements()) keys.emplace_back(value.str());
  std::istringstream lines(ReadFile(service.data() + "/keys/kek.keys").value_or(""));
  for (std::string id, digits; lines >> id >> digits;) {
    keys.push_back(digits);
    keys.push_back(FromHex(digits).value_or(digits));
  }
  return keys;
}

int CountIn(const std::string& folder, const std::vector<std::string>& keys) {
  const std::string files = FilesOf(folder);
  return static_cast<int>(std::count_if(keys.begin(), keys.end(), [&](const std::string& key) {
    return files.find(key) != std::string::npos;
  }));
}

// What SECURITY.md tells to copy as a backup of the data, in each form that Redis gives it: the log
// as it grew, the log rewritten, a dump.
TEST(Rights, ABackupOfTheDataHoldsNoKeyAndNothingReadable) {
  Service service;
  service.Import<care::v1::Home>({HomeOfOdette(), Neighbour()});
  service.LiveADay();
  const std::vector<std::string> keys = KeysOf(service);
  ASSERT_GE(keys.size(), 5U) << "two of Odette's home, of the neighbour's, and what wraps them";
  const auto data = service.Redis("/redis"), store = service.Redis("/keys/redis");
  for (const auto& redis : {data.get(), store.get()})
    ASSERT_TRUE(redis->CommandSync({"CONFIG", "SET", "rdbcompression", "no"}).ok());
  const auto expect_no_key = [&](const char* form) {
    EXPECT_EQ(CountIn(service.data() + "/redis", keys), 0) << form;
    EXPECT_THAT(FoundIn(FilesOf(service.data() + "/redis")), IsEmpty()) << form;
  };
  expect_no_key("as it grew");
  for (const auto& redis : {data.get(), store.get()}) {
    ASSERT_TRUE(redis->CommandSync({"BGREWRITEAOF"}).ok());
    ASSERT_TRUE(Eventually([&] {
      const auto info = redis->CommandSync({"INFO", "persistence"});
      return info.ok() && info->str().find("aof_rewrite_in_progress:0") != std::string::npos &&
             info->str().find("aof_rewrite_scheduled:0") != std::string::npos;
    }));
  }
  expect_no_key("rewritten");
  EXPECT_GT(CountIn(service.data() + "/keys/redis", keys), 2)
      << "the judge knows what keys look like";
  ASSERT_TRUE(data->CommandSync({"SAVE"}).ok());
  expect_no_key("with a dump");
  EXPECT_TRUE(std::filesystem::exists(service.data() + "/redis/dump.rdb"));
}

TEST(Rights, WhoeverWaitsForAnErasureHearsOfItsEndAfterARestart) {
  Service service;
  service.Import<care::v1::Home>({HomeOfOdette()});
  service.process().Kill();
  // Seconds after it was asked for, so that whoever asked has been answered.
  service.Start("STATE_KEYS_DESTROYED");
  std::string log;
  const auto waiting = service.Begin({"rights", "erase", OdetteId(), "--yes"}, &log);
  ASSERT_TRUE(Eventually([&] { return !service.process().Alive(); })) << service.Log();
  service.Start("");
  EXPECT_EQ(waiting->Wait(absl::Seconds(60)), 0) << ReadFile(log).value_or("");
}

TEST(Rights, AnErasureThatIsKilledAfterEachStepIsFinishedAllTheSame) {
  Service service;
  service.Import<care::v1::Home>({HomeOfOdette(), Neighbour()});
  service.LiveADay();
  service.process().Kill();
  std::string output;
  for (const char* state : {"STATE_UNREGISTERED", "STATE_KEYS_DESTROYED", "STATE_DELETED",
                            "STATE_ROTATED", "STATE_REWRITTEN", "STATE_DONE"}) {
    service.Start(state);
    // The first time it is asked for; then the service goes on by itself.
    if (state == std::string("STATE_UNREGISTERED"))
      service.Run({"rights", "erase", OdetteId(), "--yes", "--wait=0s"}, &output);
    ASSERT_TRUE(Eventually([&] { return !service.process().Alive(); }))
        << state << output << service.Log();
  }
  service.Start("");
  ASSERT_EQ(service.Run({"rights", "erase", OdetteId(), "--yes"}, &output), 0)
      << output << service.Log();
  ExpectNothingLeft(service);
  EXPECT_EQ(CertificateOf(service).erased().at("alert"), 1U);
  ExpectNeighbourGoesOn(service);
}

std::size_t CountOf(const std::string& part, const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

// Of a home where others live, the person's data key alone is destroyed.
void ExpectOnlyTheirKeyIsGone(const Service& service) {
  const store::v1::ErasureCertificate certificate = CertificateOf(service);
  EXPECT_FALSE(certificate.whole_home());
  const std::string theirs = domain::NameOf({"home-0", OdetteId()});
  ASSERT_EQ(certificate.keys_size(), 1);
  EXPECT_EQ(certificate.keys(0).name(), theirs);
  EXPECT_EQ(certificate.erased().at("alert"), 1U);
  EXPECT_EQ(certificate.erased().at("registered_person"), 1U);
  const auto keys = service.Redis("/keys/redis");
  for (const std::string& name :
       {theirs, domain::NameOf({"home-0"}), domain::NameOf({"home-0", "rene"})}) {
    store::v1::WrappedKey key;
    const auto wrapped = keys->CommandSync({"HGET", domain::WrappedKeysKey(), name});
    ASSERT_TRUE(wrapped.ok() && key.ParseFromString(std::string(wrapped->str()))) << name;
    EXPECT_EQ(key.has_destroy_time(), name == theirs) << name;
    EXPECT_EQ(key.kek_id() == certificate.kek_after(), name != theirs) << name;
  }
}

TEST(Rights, WhoSharesAHomeIsErasedAndTheOtherStays) {
  care::v1::Home home = HomeOfOdette();
  care::v1::Patient& other = *home.add_patients();
  other.set_patient_id("rene");
  other.set_display_name("René Dubourg");
  *other.mutable_circle() = home.patients(0).circle();
  for (care::v1::Member& member : *other.mutable_circle()->mutable_members())
    member.set_display_name("Anne");
  for (care::v1::Device& device : *home.mutable_devices())
    if (device.device_id() != "tracker-1") device.set_patient_id("rene");
  Service service;
  service.Import<care::v1::Home>({home});
  // René calls for help with the home's pendant, Odette with her tracker.
  service.LiveADay("René s'est relevé");
  {
    event::v1::Event hers = domain::MakeEvent(SystemClock().Now(), "tracker-1");
    hers.mutable_personal_emergency();
    Watching anne(service.notifier(), "anne");
    RawHub hub(service.gateway(), "00000002");
    hub.Send(1, Events({hers}));
    ASSERT_TRUE(hub.WaitAck(1)) << service.Log();
    ASSERT_TRUE(Eventually([&] { return !anne.called("SOS").empty(); })) << service.Log();
  }
  std::string output;
  ASSERT_EQ(service.Run({"rights", "export", "rene"}, &output), 0) << output << service.Log();
  EXPECT_THAT(ReadFile(service.folder() + "/rene.jsonl").value_or("Odette"),
              Not(HasSubstr("Odette")));
  ASSERT_EQ(service.Run({"rights", "erase", OdetteId(), "--yes"}, &output), 0)
      << output << service.Log();
  ExpectOnlyTheirKeyIsGone(service);
  ASSERT_EQ(service.Run({"rights", "export", "rene"}, &output), 0) << output << service.Log();
  const std::string lines = ReadFile(service.folder() + "/rene.jsonl").value_or("");
  EXPECT_THAT(lines, HasSubstr("René Dubourg"));
  // What he lived through is readable still, and what the home knows.
  EXPECT_EQ(CountOf("\"class\":\"alert\"", lines), 1U) << "his, and not hers";
  EXPECT_GT(CountOf("\"class\":\"event\"", lines), 0U);
  EXPECT_EQ(service.Run({"care", "patient", "create", "home-0", OdetteId(), "display_name=Neu",
                         "circle.members[0].caregiver_id=anne"},
                        &output),
            1);
  EXPECT_THAT(output, HasSubstr("was erased; take another id"));
  EXPECT_THAT(FoundIn(service.Stored()), IsEmpty());
  Watching anne(service.notifier(), "anne");
  RawHub hub(service.gateway(), "00000003");
  hub.Send(1, Events({Sos(2)}));
  ASSERT_TRUE(hub.WaitAck(1)) << service.Log();
  EXPECT_TRUE(Eventually([&] { return !anne.called("SOS").empty(); })) << service.Log();
}

}  // namespace
}  // namespace veille
