#include "tests/e2e/deployment.h"

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>

#include "common/base/check.h"
#include "common/base/file.h"
#include "common/time/clock.h"
#include "services/domain/vault/redis_key_store.h"
#include "services/domain/vault/vault.h"
#include "tests/support/http.h"
#include "tests/support/inputs.h"

namespace veille::testing {
namespace {

constexpr const char* kNames[] = {"gateway", "detector", "notifier"};

}  // namespace

void Deployment::WriteConfig(const config::v1::Config& more) {
  gateway_address_ = "unix:" + folder_.path() + "/gateway.sock";
  notifier_address_ = "unix:" + folder_.path() + "/notifier.sock";
  config::v1::Config config;
  config.mutable_redis()->set_endpoint("unix:" + redis_.socket_path());
  config.set_homes_folder(folder_.path() + "/homes");
  MakeDoorsAndKeys(folder_.path(), config);
  config.mutable_rpc()->set_gateway_address(gateway_address_);
  config.mutable_rpc()->set_notifier_address(notifier_address_);
  config.mutable_rpc()->set_plaintext(!more.rpc().has_tls() && !more.has_identity());
  config.mutable_detector()->mutable_commit_interval()->set_seconds(2);
  config.mutable_notifier()->mutable_claim_after()->set_seconds(3);
  config.mutable_notifier()->add_operator_ids("operator");
  config.MergeFrom(more);
  config_file_ = folder_.path() + "/veille.textproto";
  WriteText(config_file_, config);
}

Deployment::Deployment(const std::vector<care::v1::Home>& homes, const config::v1::Config& more,
                       const std::vector<std::string>& detector_flags) {
  const std::string homes_folder = folder_.path() + "/homes";
  std::filesystem::create_directories(homes_folder);
  for (const care::v1::Home& home : homes)
    WriteText(homes_folder + "/" + home.home_id() + ".textproto", home);
  WriteConfig(more);
  Process init({VeilleBinary(), "init", "--config=" + config_file_}, folder_.path() + "/init.log");
  init.Start();
  VEILLE_CHECK(init.Wait(absl::Seconds(30)) == 0);
  for (const char* name : kNames) {
    std::vector<std::string> argv = {VeilleBinary(),
                                     name,
                                     "--config=" + config_file_,
                                     std::string("--instance_id=") + name + "-0",
                                     "--metrics=127.0.0.1:0",
                                     "--ready_file=" + folder_.path() + "/" + name + ".json"};
    if (name == kNames[kDetector])
      argv.insert(argv.end(), detector_flags.begin(), detector_flags.end());
    processes_.push_back(std::make_unique<Process>(argv, folder_.path() + "/" + name + ".log"));
    processes_.back()->Start();
  }
  // Who asks before a role serves would wait for gRPC's back-off.
  for (const char* name : kNames) {
    const std::string ready = folder_.path() + "/" + name + ".json";
    for (int i = 0; i < 6000 && !std::filesystem::exists(ready); ++i)
      SleepReally(absl::Milliseconds(10));
  }
}

void Deployment::KillAndRestart(Role role) {
  process(role).Kill();
  process(role).Start();
}

void Deployment::KillAndRestartRedis() {
  redis_.Kill();
  redis_.Restart();
}

bool Deployment::Revive() {
  bool any = false;
  for (auto& process : processes_) {
    if (process->Alive()) continue;
    process->Kill();
    process->Start();
    any = true;
  }
  return any;
}

std::vector<int> Deployment::Stop() {
  std::vector<int> codes;
  for (auto& process : processes_) codes.push_back(process->Stop());
  return codes;
}

double Deployment::Metric(Role role, const std::string& metric) const {
  return MetricOfProcess(folder_.path() + "/" + kNames[role] + ".json", metric);
}

domain::Vault& Deployment::vault() {
  if (vault_ == nullptr) {
    domain::Vault::Options options;
    options.kek_file = folder_.path() + "/kek.keys";
    options.store = std::make_shared<domain::RedisKeyStore>(redis_.endpoint());
    vault_ = domain::Vault::Open(std::move(options), vault_metrics_).value();
  }
  return *vault_;
}

std::vector<std::string> Deployment::Stored() {
  const std::map<std::string, std::vector<std::string>> readers = {
      {"string", {"GET"}},
      {"hash", {"HGETALL"}},
      {"set", {"SMEMBERS"}},
      {"zset", {"ZRANGE", "0", "-1"}},
      {"stream", {"XRANGE", "-", "+"}}};
  std::vector<std::string> stored;
  const std::function<void(const redis::ReplyView&)> take = [&](const redis::ReplyView& reply) {
    if (!reply.IsArray()) stored.emplace_back(reply.str());
    for (const redis::ReplyView element : reply.elements()) take(element);
  };
  const auto keys = redis_.client().CommandSync({"KEYS", "*"});
  VEILLE_CHECK(keys.ok());
  for (const redis::ReplyView key : keys->elements()) {
    const std::string name(key.str());
    stored.push_back(name);
    const auto type = redis_.client().CommandSync({"TYPE", name});
    // A key of a moment, gone since.
    const auto reader = readers.find(std::string(type->str()));
    if (reader == readers.end()) continue;
    std::vector<std::string> command = reader->second;
    command.insert(command.begin() + 1, name);
    const auto values = redis_.client().CommandSync(std::move(command));
    VEILLE_CHECK(values.ok());
    take(*values);
  }
  return stored;
}

std::string Deployment::Metrics(Role role) const {
  const std::string ready = ReadFile(folder_.path() + "/" + kNames[role] + ".json").value_or("");
  const std::string name = "\"metrics_port\":";
  const auto at = ready.find(name);
  if (at == std::string::npos) return "";
  return HttpGet(std::atoi(ready.c_str() + at + name.size()), "/metrics");
}

std::string Deployment::Log(Role role) const {
  return ReadFile(folder_.path() + "/" + kNames[role] + ".log").value_or("");
}

}  // namespace veille::testing
