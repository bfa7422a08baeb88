// What can be read of people where it is stored, logged and counted: nothing. And what becomes of a
// home whose keys are destroyed.

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "common/base/file.h"
#include "common/time/clock.h"
#include "services/domain/keys.h"
#include "services/domain/recordings/recording.h"
#include "services/domain/vault/vault.h"
#include "tests/e2e/all_in_one.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/raw_hub.h"
#include "tests/e2e/watching.h"

namespace veille {
namespace {

using testing::Deployment;
using testing::Events;
using testing::Eventually;
using ::testing::IsEmpty;
using testing::MakeCaregiver;
using testing::RawHub;
using testing::Sos;
using testing::Watching;

constexpr double kLatitude = 49.894067, kLongitude = 2.295753;
constexpr char kNote[] = "Odette Vasseur s'est relevée, le 06 22 55 88 11 a répondu";

care::v1::Home HomeOfOdette() {
  care::v1::Home home = testing::HomeZero();
  care::v1::Patient& patient = *home.mutable_patients(0);
  patient.set_display_name("Odette Vasseur");
  care::v1::Zone& zone = *patient.add_zones();
  zone.set_name("Rue des Corroyeurs");
  zone.mutable_circle()->set_latitude_degrees(kLatitude);
  zone.mutable_circle()->set_longitude_degrees(kLongitude);
  zone.mutable_circle()->set_radius_m(300);
  for (care::v1::Member& member : *patient.mutable_circle()->mutable_members()) {
    member.set_display_name("Célestin Marchand");
    member.add_channels()->mutable_email()->set_address("celestin.marchand@exemple.fr");
  }
  care::v1::Device& tracker = *home.add_devices();
  tracker.set_device_id("tracker-1");
  tracker.set_role(care::v1::ROLE_TRACKER);
  tracker.set_patient_id(patient.patient_id());
  return home;
}

care::v1::Home Neighbour() {
  return domain::SimulateCrowdHome(1, 1, {.start = absl::UnixEpoch(), .emergencies = 0}).home;
}

event::v1::Event Fix(double latitude, double longitude) {
  event::v1::Event event = domain::MakeEvent(SystemClock().Now(), "tracker-1");
  event.mutable_location()->set_latitude_degrees(latitude);
  event.mutable_location()->set_longitude_degrees(longitude);
  event.mutable_location()->set_accuracy_m(5);
  return event;
}

std::string BytesOf(double value) {
  std::string bytes(sizeof(value), '\0');
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

// What of the person stands in the text.
std::vector<std::string> FoundIn(const std::string& text) {
  const std::vector<std::string> personal = {
      "Odette",           "Vasseur",    "Célestin", "Marchand", "celestin.marchand",
      "06 22 55 88 11",   "Corroyeurs", "49.894",   "2.2957",   BytesOf(kLatitude),
      BytesOf(kLongitude)};
  std::vector<std::string> found;
  for (const std::string& word : personal)
    if (text.find(word) != std::string::npos) found.push_back(word);
  return found;
}

std::vector<std::string> FoundIn(const std::vector<std::string>& texts) {
  std::vector<std::string> found;
  for (const std::string& text : texts)
    for (std::string& word : FoundIn(text)) found.push_back(std::move(word));
  return found;
}

// Everything that a home has in a day: events, positions, a call for help that is told, taken and
// closed with words, duty and silence, an event that is malformed.
void LiveADay(Deployment& deployment) {
  RawHub hub(deployment.gateway_address());
  Watching anne(deployment.notifier_address(), "anne");
  hub.Send(1, Events({Fix(kLatitude, kLongitude)}), hub::v1::LANE_BULK);
  event::v1::Event malformed = Sos(1);
  malformed.set_device_id("Odette Vasseur");
  hub.Send(1, Events({malformed, Sos(2)}));
  ASSERT_TRUE(hub.WaitAck(1));
  ASSERT_TRUE(hub.WaitAck(1, hub::v1::LANE_BULK));
  ASSERT_TRUE(Eventually([&] { return !anne.called("SOS").empty(); }))
      << deployment.Log(Deployment::kDetector) << deployment.Log(Deployment::kNotifier);
  const std::string alert_id = *anne.called("SOS").begin();
  const auto caregiver = MakeCaregiver(deployment.notifier_address(), "anne");
  ASSERT_TRUE(caregiver->Acknowledge(alert_id).ok());
  ASSERT_TRUE(caregiver->Resolve(alert_id, alert::v1::OUTCOME_REAL, kNote).ok());
  EXPECT_TRUE(caregiver->SnoozeAlerts("", "BATTERY_LOW", absl::Hours(1)).ok());
  const double before = deployment.Metric(Deployment::kDetector, "veille_detector_commits_total");
  hub.Send(2, Events({Fix(kLatitude + 0.001, kLongitude)}), hub::v1::LANE_BULK);
  ASSERT_TRUE(Eventually([&] {
    return deployment.Metric(Deployment::kDetector, "veille_detector_commits_total") > before;
  }));
}

// The append-only file, written anew, as text.
std::string AppendOnlyFile(Deployment& deployment) {
  redis::Client& client = deployment.redis().client();
  EXPECT_TRUE(client.CommandSync({"CONFIG", "SET", "aof-use-rdb-preamble", "no"}).ok());
  // Refused while one goes on that Redis began by itself.
  EXPECT_TRUE(Eventually([&] { return client.CommandSync({"BGREWRITEAOF"}).ok(); }));
  EXPECT_TRUE(Eventually([&] {
    const auto info = client.CommandSync({"INFO", "persistence"});
    const std::string text = info.ok() ? std::string(info->str()) : "";
    return text.find("aof_rewrite_in_progress:0") != std::string::npos &&
           text.find("aof_rewrite_scheduled:0") != std::string::npos;
  }));
  std::string all;
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(deployment.redis().folder())) {
    if (file.is_regular_file()) all += ReadFile(file.path().string()).value_or("");
  }
  return all;
}

TEST(Privacy, NothingOfPeopleStandsInRedisInLogsOrInMetrics) {
  Deployment deployment({HomeOfOdette()});
  LiveADay(deployment);
  const std::vector<std::string> stored = deployment.Stored();
  // The judge works: the values are there, and they are readable for who has the keys.
  EXPECT_GT(std::count_if(stored.begin(), stored.end(), domain::Vault::IsSealed), 8);
  EXPECT_THAT(FoundIn(HomeOfOdette().SerializeAsString()).size(), ::testing::Ge(6U));
  EXPECT_THAT(FoundIn(stored), IsEmpty());
  EXPECT_THAT(FoundIn(AppendOnlyFile(deployment)), IsEmpty());
  for (const auto role : {Deployment::kGateway, Deployment::kDetector, Deployment::kNotifier}) {
    EXPECT_THAT(FoundIn(deployment.Log(role)), IsEmpty());
    EXPECT_NE(deployment.Metrics(role).find("veille_"), std::string::npos);
    EXPECT_THAT(FoundIn(deployment.Metrics(role)), IsEmpty());
  }
}

TEST(Privacy, InDevelopmentEverythingMayBeStoredInTheClear) {
  config::v1::Config config;
  config.mutable_keys()->set_unencrypted(true);
  Deployment deployment({HomeOfOdette()}, config);
  LiveADay(deployment);
  EXPECT_THAT(FoundIn(deployment.Stored()).size(), ::testing::Ge(6U))
      << "the test above looks in the right places";
}

TEST(Privacy, AHomeWhoseKeysAreDestroyedIsPassedOverQuietlyAndOthersGoOn) {
  Deployment deployment({HomeOfOdette(), Neighbour()});
  LiveADay(deployment);
  const care::v1::Home home = HomeOfOdette();
  const absl::Time now = SystemClock().Now();
  for (const std::string& patient : {home.patients(0).patient_id(), std::string()})
    ASSERT_TRUE(deployment.vault().Destroy({home.home_id(), patient}, now).ok());
  // Nothing that is stored of the home opens, with all keys that there are.
  for (const std::string& value : deployment.Stored()) {
    if (!domain::Vault::IsSealed(value) || value.find("/home-0") == std::string::npos) continue;
    EXPECT_TRUE(absl::IsNotFound(deployment.vault().Open("anywhere", value).status()));
  }
  EXPECT_THAT(FoundIn(AppendOnlyFile(deployment)), IsEmpty());
  // A new detector reads the log from its beginning, a new notifier what was left in its queue; who
  // comes from before meets what cannot be opened.
  deployment.KillAndRestart(Deployment::kDetector);
  deployment.KillAndRestart(Deployment::kNotifier);
  Watching anne(deployment.notifier_address(), "anne");
  RawHub hub(deployment.gateway_address(), testing::kIncarnation,
             Neighbour().sources(0).source_id());
  hub.Send(1, Events({Sos(1)}));
  ASSERT_TRUE(hub.WaitAck(1));
  // Shown by a snapshot, too, which is without what is gone.
  EXPECT_TRUE(Eventually([&] { return !anne.seen().empty(); }))
      << deployment.Log(Deployment::kDetector) << deployment.Log(Deployment::kNotifier);
  EXPECT_EQ(deployment.Metric(Deployment::kDetector, "veille_detector_damaged_total"), 0);
  EXPECT_EQ(deployment.Metric(Deployment::kDetector, "veille_detector_quarantined_total"), 0);
  EXPECT_EQ(deployment.Metric(Deployment::kNotifier, "veille_notifier_dead_letters_total"), 0);
}

TEST(Privacy, AFolderOfAllKeepsItsKeysApartAndRotatesThem) {
  testing::AllInOne all("", {HomeOfOdette()});
  all.process().Start();
  RawHub hub(all.gateway());
  ASSERT_TRUE(hub.welcomed()) << all.Log();
  hub.Send(1, Events({Sos(1)}));
  ASSERT_TRUE(hub.WaitAck(1)) << all.Log();
  Watching anne(all.notifier(), "anne");
  ASSERT_TRUE(Eventually([&] { return !anne.called("SOS").empty(); })) << all.Log();
  // From several terminals at the same moment.
  std::vector<std::unique_ptr<testing::Process>> terminals;
  const auto said = [&all](std::size_t i) { return all.data() + "/said" + std::to_string(i); };
  for (std::size_t i = 0; i < 4; ++i) {
    terminals.push_back(std::make_unique<testing::Process>(
        std::vector<std::string>{testing::VeilleBinary(), "keys", "rotate", "--remove_old",
                                 "--data=" + all.data()},
        said(i)));
    terminals.back()->Start();
  }
  for (std::size_t i = 0; i < terminals.size(); ++i) {
    const int ended = terminals[i]->Wait(absl::Seconds(60));
    const std::string words = ReadFile(said(i)).value_or("");
    EXPECT_EQ(ended, 0) << words;
    EXPECT_NE(words.find(" wraps all data keys"), std::string::npos) << words;
    EXPECT_EQ(words.find("is not in the audit log"), std::string::npos) << words;
  }
  hub.Send(2, Events({Sos(2)}));
  EXPECT_TRUE(hub.WaitAck(2)) << all.Log();
  EXPECT_EQ(all.process().Stop(), 0);
  all.process().Start();
  Watching again(all.notifier(), "anne");
  EXPECT_TRUE(Eventually([&] { return !again.seen().empty(); })) << all.Log();
}

}  // namespace
}  // namespace veille
