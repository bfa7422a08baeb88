// `veille all` as it comes: with an authority of its own and mutual TLS. Hubs and terminals find
// their certificates, a hub is enrolled from a terminal, replaced and denied, and none speaks for
// another.

#include <filesystem>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <grpcpp/grpcpp.h>

#include "common/base/file.h"
#include "common/time/clock.h"
#include "services/domain/identity/local_tls.h"
#include "services/domain/recordings/recording.h"
#include "services/hub/enrolled_hub.h"
#include "services/hub/hub_link.h"
#include "tests/e2e/all_in_one.h"
#include "tests/e2e/raw_hub.h"

namespace veille {
namespace {

using testing::Eventually;
using ::testing::HasSubstr;

care::v1::Home Home(int number) {
  return domain::SimulateCrowdHome(1, number, {.start = absl::UnixEpoch(), .emergencies = 0}).home;
}

class MutualTlsByDefault : public ::testing::Test {
 protected:
  MutualTlsByDefault() : all_("", {Home(0), Home(1)}, true) {
    const std::string config = "identity { address: \"unix:" + all_.data() + "/identity.sock\" }\n";
    all_.Configure(config);
    all_.process().Start();
    EXPECT_TRUE(Eventually([&] { return std::filesystem::exists(Ready()); })) << all_.Log();
  }
  std::string Ready() const {
    return std::filesystem::path(all_.data()).parent_path() / "ready.json";
  }
  std::string Authority() const { return all_.data() + "/identity"; }
  std::string Machine() const { return all_.data() + "/elsewhere"; }

  // A command of a terminal; what it said.
  std::string Run(std::vector<std::string> words, int code = 0) const {
    const std::string log = all_.data() + "/said";
    std::filesystem::remove(log);
    words.insert(words.begin(), testing::VeilleBinary());
    words.push_back("--identity=unix:" + all_.data() + "/identity.sock");
    testing::Process process(words, log);
    process.Start();
    EXPECT_EQ(process.Wait(absl::Minutes(1)), code) << words[1];
    return ReadFile(log).value_or("");
  }
  std::string Invite(const std::string& hub) const {
    const std::string said =
        Run({"identity", "invite", hub, "--output=json", "--data=" + all_.data()});
    const std::string before = R"({"code":")";
    EXPECT_EQ(said.find(before), 0u) << said;
    return said.substr(before.size(), said.find('"', before.size()) - before.size());
  }
  std::unique_ptr<hub::HubLink> Link(const std::string& source, rpc::TlsFiles tls,
                                     absl::Duration denied_patience = {}) const {
    hub::LinkOptions options;
    options.address = all_.gateway();
    options.source_id = source;
    options.tls = std::move(tls);
    options.denied_patience = denied_patience;
    options.tls.server = "svc/gateway";
    options.now = [] { return SystemClock().Now(); };
    return *hub::HubLink::Open(std::move(options));
  }
  rpc::TlsFiles Local(const std::string& id) const { return *domain::LocalTls(Authority(), id); }

  testing::AllInOne all_;
};

TEST_F(MutualTlsByDefault, HubsAndTerminalsOfThisMachineFindTheirCertificates) {
  EXPECT_TRUE(Link("hub-home-0", Local("hub/hub-home-0"))->WaitWelcome(absl::Seconds(30)).ok());
  const std::string said = Run({"alerts", "--caregiver=anne", "list", "--data=" + all_.data(),
                                "--notifier=" + all_.notifier()});
  EXPECT_EQ(said.find("certificate"), std::string::npos) << said;
}

// A handshake needs its channel polled, also while the client waits for the next attempt.
TEST_F(MutualTlsByDefault, AWatchIsBackSoonAfterTheService) {
  const std::string log = all_.data() + "/watch.log";
  testing::Process watch({testing::VeilleBinary(), "watch", "--caregiver=anne", "--output=json",
                          "--data=" + all_.data(), "--notifier=" + all_.notifier()},
                         log);
  watch.Start();
  const auto lines = [&](const std::string& begin) {
    std::istringstream in(ReadFile(log).value_or(""));
    int count = 0;
    for (std::string line; std::getline(in, line);) count += line.rfind(begin, 0) == 0 ? 1 : 0;
    return count;
  };
  const std::string snapshot = R"({"snapshot":)", down = R"({"connection":"down")";
  ASSERT_TRUE(Eventually([&] { return lines(snapshot) == 1; })) << ReadFile(log).value_or("");
  for (int outage = 1; outage <= 2; ++outage) {
    const int before = lines(down);
    all_.process().Kill();
    EXPECT_TRUE(Eventually([&] { return lines(down) > before; }));
    SleepReally(absl::Seconds(2 * outage));  // Attempts that fail: how an outage is.
    std::filesystem::remove(Ready());
    all_.process().Start();
    ASSERT_TRUE(Eventually([&] { return std::filesystem::exists(Ready()); })) << all_.Log();
    EXPECT_TRUE(Eventually([&] { return lines(snapshot) == 1 + outage; }, absl::Seconds(15)))
        << ReadFile(log).value_or("");
  }
}

TEST_F(MutualTlsByDefault, WithoutACertificateNobodyIsLetIn) {
  const std::string said = Run({"alerts", "--caregiver=anne", "list", "--data=" + Machine(),
                                "--notifier=" + all_.notifier()},
                               1);
  EXPECT_THAT(said, HasSubstr("there is no certificate for svc/terminal"));
  EXPECT_FALSE(Link("hub-home-0", {})->WaitWelcome(absl::Seconds(3)).ok());
}

TEST_F(MutualTlsByDefault, AHubSpeaksForNoOtherHome) {
  const auto welcome = Link("hub-home-1", Local("hub/hub-home-0"))->WaitWelcome(absl::Seconds(30));
  EXPECT_TRUE(absl::IsPermissionDenied(welcome.status())) << welcome.status();
  // Nor does a service.
  const auto service = Link("hub-home-1", Local("svc/terminal"))->WaitWelcome(absl::Seconds(30));
  EXPECT_TRUE(absl::IsPermissionDenied(service.status())) << service.status();
}

TEST_F(MutualTlsByDefault, AHubIsEnrolledReplacedAndDeniedFromATerminal) {
  const std::string code = Invite("hub-home-0");
  EXPECT_THAT(Run({"hub", "enroll", code, "--data=" + Machine()}), HasSubstr("hub-home-0"));
  const hub::EnrolledHub first(Machine() + "/hub", "hub/hub-home-0");
  const auto old = Link("hub-home-0", first.Tls());
  ASSERT_TRUE(old->WaitWelcome(absl::Seconds(30)).ok());
  // The hub breaks; another takes its place, home and history.
  const std::string again = Invite("hub-home-0");
  EXPECT_THAT(Run({"hub", "enroll", code, "--data=" + Machine() + "2"}, 1), HasSubstr("used"));
  Run({"hub", "enroll", again, "--data=" + Machine() + "2"});
  const absl::Duration began = MonotonicNow();
  EXPECT_TRUE(Eventually([&] { return absl::IsPermissionDenied(old->status()); }));
  EXPECT_LT(MonotonicNow() - began, absl::Seconds(5));
  const hub::EnrolledHub second(Machine() + "2/hub", "hub/hub-home-0");
  const auto replaced = Link("hub-home-0", second.Tls());
  EXPECT_TRUE(replaced->WaitWelcome(absl::Seconds(30)).ok());
  // Lost: denied in one action.
  Run({"identity", "deny", "hub/hub-home-0", "--reason=stolen", "--data=" + all_.data()});
  EXPECT_TRUE(Eventually([&] { return absl::IsPermissionDenied(replaced->status()); }));
  EXPECT_THAT(Run({"identity", "denials", "--data=" + all_.data()}), HasSubstr("stolen"));
}

// The gateway still has the denial in memory when the hub comes: it looks once a second.
TEST_F(MutualTlsByDefault, AHubThatWasDeniedAndIsEnrolledAnewIsLetInAtItsFirstStart) {
  Run({"hub", "enroll", Invite("hub-home-0"), "--data=" + Machine()});
  const hub::EnrolledHub enrolled(Machine() + "/hub", "hub/hub-home-0");
  EXPECT_TRUE(enrolled.IsNew(SystemClock().Now()));
  EXPECT_FALSE(enrolled.IsNew(SystemClock().Now() + absl::Minutes(2)));
  const auto before = Link("hub-home-0", enrolled.Tls());
  ASSERT_TRUE(before->WaitWelcome(absl::Seconds(30)).ok());
  Run({"identity", "deny", "hub/hub-home-0", "--data=" + all_.data()});
  ASSERT_TRUE(Eventually([&] { return absl::IsPermissionDenied(before->status()); }));
  const std::string code = Invite("hub-home-0");
  Run({"hub", "enroll", code, "--data=" + Machine()});
  const auto again = Link("hub-home-0", enrolled.Tls(), absl::Seconds(15));
  EXPECT_EQ(again->WaitWelcome(absl::Seconds(30)).status(), absl::OkStatus());
}

TEST_F(MutualTlsByDefault, AHubThatIsDeniedForGoodIsToldSoWhenItsPatienceEnds) {
  Run({"identity", "deny", "hub/hub-home-0", "--data=" + all_.data()});
  const auto denied = Link("hub-home-0", Local("hub/hub-home-0"), absl::Seconds(3));
  EXPECT_TRUE(Eventually([&] { return absl::IsPermissionDenied(denied->status()); }));
}

TEST_F(MutualTlsByDefault, ARotatedAuthorityClosesNoStream) {
  const auto link = Link("hub-home-0", Local("hub/hub-home-0"));
  ASSERT_TRUE(link->WaitWelcome(absl::Seconds(30)).ok());
  EXPECT_EQ(Run({"identity", "rotate", "--data=" + all_.data()}), "");
  EXPECT_THAT(Run({"audit", "list", "--data=" + all_.data()}), HasSubstr("identity.rotate"));
  EXPECT_TRUE(Link("hub-home-1", Local("hub/hub-home-1"))->WaitWelcome(absl::Seconds(30)).ok());
  EXPECT_TRUE(link->status().ok());
  Run({"identity", "retire", "--data=" + all_.data()}, 1);
}

}  // namespace
}  // namespace veille
