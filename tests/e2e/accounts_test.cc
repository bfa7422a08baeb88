// Accounts by hand: `veille all` that wants sign-ins, an operator's terminal, and the terminals of
// people who have nothing but an address and a code.

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "common/base/file.h"
#include "common/time/clock.h"
#include "services/domain/recordings/recording.h"
#include "tests/e2e/all_in_one.h"
#include "tests/e2e/raw_hub.h"

namespace veille {
namespace {

using testing::Eventually;
using ::testing::HasSubstr;
using Words = std::vector<std::string>;

constexpr char kPassword[] = "une phrase bien longue\n";

class Accounts : public ::testing::Test {
 protected:
  Accounts() : all_("", {}, true) {
    all_.Configure("identity { address: \"" + identity() + "\" }\n");
    // A field of the message that the base has begun: text format merges.
    const std::string file = all_.data() + "/veille.textproto";
    EXPECT_TRUE(WriteFileAtomically(file, Required(*ReadFile(file))).ok());
    all_.process().Start();
    EXPECT_TRUE(Eventually([&] {
      return std::filesystem::exists(std::filesystem::path(all_.data()).parent_path() /
                                     "ready.json");
    })) << all_.Log();
    caregiver_ = testing::HomeZero().patients(0).circle().members(0).caregiver_id();
  }

  static std::string Required(std::string config) {
    const std::string rpc = "rpc { ";
    return config.replace(config.find(rpc), rpc.size(), rpc + "require_sign_in: true ");
  }
  std::string identity() const { return "unix:" + all_.data() + "/identity.sock"; }
  // Of a person's device: it has nothing of the service's folder.
  std::string Device(const std::string& name) const { return all_.data() + "/device-" + name; }

  // A command with lines on its standard input; what it said.
  std::string Run(const std::string& device, Words words, const std::string& input = "",
                  int code = 0) const {
    const std::string log = all_.data() + "/said", typed = all_.data() + "/typed";
    std::filesystem::remove(log);
    EXPECT_TRUE(WriteFileAtomically(typed, input).ok());
    words.insert(words.begin(), testing::VeilleBinary());
    words.insert(words.end(), {"--data=" + device, "--identity=" + identity(), "--language=en"});
    if (words[1] != "account") words.push_back("--notifier=" + all_.notifier());
    // A shell, for its "<": words have no quotes in them.
    std::string line = "exec";
    for (const std::string& word : words) line += " '" + word + "'";
    testing::Process process({"/bin/sh", "-c", line + " < '" + typed + "'"}, log);
    process.Start();
    EXPECT_EQ(process.Wait(absl::Minutes(1)), code) << line;
    return ReadFile(log).value_or("");
  }
  std::string Invite(const std::string& id, const std::string& role) const {
    const std::string said = Run(all_.data(), {"account", "invite", id, role, "--output=json"});
    const std::string before = R"({"code":")";
    EXPECT_EQ(said.find(before), 0U) << said;
    return said.substr(before.size(), said.find('"', before.size()) - before.size());
  }
  std::string Accept(const std::string& device, const std::string& code, int exit = 0) const {
    return Run(device, {"account", "accept", code, "--device=" + device.substr(device.size() - 5)},
               kPassword, exit);
  }

  testing::AllInOne all_;
  std::string caregiver_;
};

TEST_F(Accounts, TakeAPersonFromACodeToTheirAlertsAndALostPhoneOut) {
  // Beside the authority, but nobody: a certificate is no sign-in here.
  EXPECT_THAT(Run(all_.data(), {"alerts", "--caregiver=" + caregiver_, "list"}, "", 1),
              HasSubstr("sign in first"));
  const std::string code = Invite(caregiver_, "caregiver");
  EXPECT_THAT(Accept("/proc/nowhere", code, 1), HasSubstr("cannot make"));
  EXPECT_THAT(Accept(Device("phone"), code), HasSubstr("is signed in here"));
  EXPECT_THAT(Accept(Device("thief"), code, 1), HasSubstr("unknown, expired or used"));
  Run(Device("phone"), {"alerts", "list"});

  // A file that only its owner reads.
  const auto file = std::filesystem::path(Device("phone")) / "account" / (caregiver_ + ".signin");
  EXPECT_EQ(std::filesystem::status(file).permissions() &
                (std::filesystem::perms::group_all | std::filesystem::perms::others_all),
            std::filesystem::perms::none);
  EXPECT_THAT(Run(Device("phone"), {"alerts", "--caregiver=marc", "list"}, "", 1),
              HasSubstr("there is no certificate"));

  // The phone is lost. From the tablet, in one action.
  std::filesystem::create_directories(Device("table"));
  std::filesystem::create_directories(Device("table") + "/account");
  std::filesystem::copy(Device("phone") + "/account/trusted.pem",
                        Device("table") + "/account/trusted.pem");
  EXPECT_THAT(Run(Device("table"), {"account", "sign-in", caregiver_}, "wrong\n", 1),
              HasSubstr("is wrong"));
  Run(Device("table"), {"account", "sign-in", caregiver_}, kPassword);
  EXPECT_THAT(Run(Device("table"), {"account", "sessions"}), HasSubstr("phone"));

  const std::string watched = all_.data() + "/watched";
  testing::Process watch({testing::VeilleBinary(), "watch", "--data=" + Device("phone"),
                          "--notifier=" + all_.notifier(), "--output=json"},
                         watched);
  watch.Start();
  ASSERT_TRUE(Eventually(
      [&] { return ReadFile(watched).value_or("").find("snapshot") != std::string::npos; }));
  const absl::Duration start = MonotonicNow();
  EXPECT_THAT(Run(Device("table"), {"account", "revoke", "all"}), HasSubstr("signed out: 1"));
  EXPECT_EQ(watch.Wait(absl::Seconds(20)), 1);
  EXPECT_LT(MonotonicNow() - start, absl::Seconds(10));
  EXPECT_THAT(ReadFile(watched).value_or(""), HasSubstr("not signed in"));
  Run(Device("phone"), {"alerts", "list"}, "", 1);
  Run(Device("table"), {"alerts", "list"});
}

TEST_F(Accounts, AreRecoveredByAnOperatorAndAskForOneTimeCodes) {
  Accept(Device("first"), Invite(caregiver_, "caregiver"));
  const std::string said = Run(all_.data(), {"account", "reset", caregiver_, "--output=json"});
  const std::string before = R"({"code":")";
  const std::string code =
      said.substr(before.size(), said.find('"', before.size()) - before.size());
  EXPECT_TRUE(Eventually([&] {
    const std::string log = all_.data() + "/said2";
    testing::Process list({testing::VeilleBinary(), "alerts", "list", "--data=" + Device("first"),
                           "--notifier=" + all_.notifier()},
                          log);
    list.Start();
    return list.Wait(absl::Minutes(1)) == 1;
  }));
  EXPECT_THAT(Accept(Device("again"), code), HasSubstr("is signed in here"));
  // A code that is wrong turns nothing on.
  EXPECT_THAT(
      Run(Device("again"), {"account", "totp", "on"}, std::string(kPassword) + "000000\n", 1),
      HasSubstr("otpauth://totp/Veille:"));
  Run(Device("again"), {"account", "sign-in", caregiver_}, kPassword);
  EXPECT_THAT(Run(all_.data(), {"account", "list"}), HasSubstr(caregiver_ + "  caregiver"));
  EXPECT_THAT(Run(Device("again"), {"account", "list"}, "", 1), HasSubstr("certificate"));
}

}  // namespace
}  // namespace veille
