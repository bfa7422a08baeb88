// The files of deploy/city, as the service and `veille care` read them.

#include <filesystem>

#include "gtest/gtest.h"

#include "veille/config/v1/config.pb.h"

#include "common/config/text_proto.h"
#include "services/domain/home_check.h"

namespace veille::domain {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> Cities() {
  std::vector<std::string> cities;
  for (const auto& entry : fs::directory_iterator(VEILLE_SOURCE_DIR "/deploy/city"))
    if (entry.is_directory()) cities.push_back(entry.path().string());
  return cities;
}

template <typename Message>
Message Read(const std::string& path) {
  Message message;
  config::Faults faults;
  config::TextProtoFile file;
  EXPECT_TRUE(file.Load(path, message, faults)) << faults.ToStatus();
  return message;
}

std::string FaultsOf(const care::v1::HomeRecord& home) {
  std::string faults;
  for (const HomeFault& fault : CheckHomeRecord(home))
    faults += fault.field + ": " + fault.reason + "\n";
  return faults;
}

// With the names that a new home is given on the command line.
care::v1::HomeRecord NewHome(const std::string& city) {
  auto home = Read<care::v1::HomeRecord>(city + "/home.textproto");
  home.set_home_id("home-17");
  home.mutable_sources(0)->set_source_id("hub-17");
  home.mutable_patients(0)->set_patient_id("martin");
  home.mutable_patients(0)->mutable_circle()->mutable_members(0)->set_caregiver_id("anne");
  return home;
}

TEST(CityTemplates, ThereIsOne) { EXPECT_FALSE(Cities().empty()); }

TEST(CityTemplates, ANewHomeIsSound) {
  for (const std::string& city : Cities()) EXPECT_EQ(FaultsOf(NewHome(city)), "") << city;
}

TEST(CityTemplates, EveryChainSuitsACircleOfEveryRelation) {
  for (const std::string& city : Cities()) {
    for (const auto& entry : fs::directory_iterator(city + "/circles")) {
      care::v1::HomeRecord home = NewHome(city);
      auto& circle = *home.mutable_patients(0)->mutable_circle();
      circle.clear_steps();
      circle.MergeFrom(Read<care::v1::Circle>(entry.path().string()));
      for (int relation = care::v1::Member::RELATION_NEIGHBOUR;
           relation <= care::v1::Member::RELATION_TELECARE_CENTRE; ++relation) {
        auto& member = *circle.add_members();
        member.set_caregiver_id("member-" + std::to_string(relation));
        member.set_relation(static_cast<care::v1::Member::Relation>(relation));
      }
      EXPECT_EQ(FaultsOf(home), "") << entry.path();
    }
  }
}

TEST(CityTemplates, AConfigurationNamesNoFolderOfHomes) {
  for (const std::string& city : Cities())
    EXPECT_EQ(Read<config::v1::Config>(city + "/veille.textproto").homes_folder(), "") << city;
}

TEST(CityTemplates, AnExampleIsSound) {
  for (const std::string& city : Cities())
    for (const auto& entry : fs::directory_iterator(city + "/homes"))
      EXPECT_EQ(FaultsOf(Read<care::v1::HomeRecord>(entry.path().string())), "") << entry.path();
}

}  // namespace
}  // namespace veille::domain
