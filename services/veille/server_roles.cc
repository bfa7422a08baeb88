#include "services/veille/server_roles.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/strings/str_format.h"
#include <malloc.h>
#include <sys/statvfs.h>

#include "common/app/life_cycle.h"
#include "common/base/digest.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/log/log.h"
#include "common/redis/private_server.h"
#include "services/care/role.h"
#include "services/client/flags.h"
#include "services/detector/role.h"
#include "services/domain/access/access.h"
#include "services/domain/exercise.h"
#include "services/domain/homes_folder.h"
#include "services/domain/identity/denials.h"
#include "services/domain/identity/local_tls.h"
#include "services/domain/keys.h"
#include "services/domain/registry_follower.h"
#include "services/gateway/role.h"
#include "services/identity/role.h"
#include "services/notifier/role.h"
#include "services/veille/drill.h"
#include "services/veille/load_config.h"
#include "services/veille/node.h"
#include "services/veille/own_identity.h"
#include "services/veille/vault_setup.h"

ABSL_FLAG(std::string, config, "", "Configuration file (veille.config.v1.Config, text format).");
ABSL_FLAG(bool, check_config, false, "Checks the configuration and the homes, then ends: 0 or 1.");
ABSL_FLAG(std::string, instance_id, "",
          "Name for leases and consumer groups; stable across restarts.");
ABSL_FLAG(std::string, metrics, "", "Where /metrics is served; wins over the configuration.");
ABSL_FLAG(std::string, ready_file, "",
          "Written once the process serves: one line of JSON with its ports.");
ABSL_FLAG(std::string, test_crash_on, "",
          "For tests only: the detector dies when it judges an entry with this correlation id.");

ABSL_FLAG(std::string, test_erasure_crash, "",
          "For tests only: care dies when an erasure has reached this state.");

namespace veille {
namespace {

using config::v1::Config;

constexpr absl::Duration kRedisPatience = absl::Seconds(60);
constexpr uint64_t kDefaultMaxMemory = uint64_t{512} << 20;

// The roles of one process, in the order in which they stop: doors first.
struct Roles {
  std::unique_ptr<detector::Detector> detector;
  std::unique_ptr<notifier::Notifier> notifier;
  std::unique_ptr<gateway::Gateway> gateway;
  std::unique_ptr<identity::IdentityRole> identity;
  std::unique_ptr<care::Care> care;

  bool ready() const {
    return (identity == nullptr || identity->ready()) && (gateway == nullptr || gateway->ready()) &&
           (notifier == nullptr || notifier->ready()) && (care == nullptr || care->ready());
  }
  void Stop() {
    if (identity != nullptr) identity->Stop();
    if (care != nullptr) care->Stop();
    if (gateway != nullptr) gateway->Stop();
    if (detector != nullptr) detector->Stop();
    if (notifier != nullptr) notifier->Stop();
  }
};

absl::StatusOr<SigningKey> LoadAuditKey(const std::string& path) {
  VEILLE_ASSIGN_OR_RETURN(const std::string pem, ReadFile(path));
  absl::StatusOr<SigningKey> key = SigningKey::FromPem(pem);
  if (key.ok()) return key;
  return absl::InvalidArgumentError("the audit log's key, " + path + ": " +
                                    std::string(key.status().message()));
}

// The configured key, else, with a data folder, one that is made there once. Its public half, with
// which `veille audit` verifies, stands beside.
absl::StatusOr<std::optional<SigningKey>> AuditKeyOf(const Config& config,
                                                     const std::string& data) {
  std::string path = config.notifier().audit_key_file();
  if (path.empty() && data.empty()) return std::optional<SigningKey>();
  if (path.empty()) {
    path = data + "/audit.key";
    if (!std::filesystem::exists(path)) {
      VEILLE_ASSIGN_OR_RETURN(const SigningKey made, SigningKey::Generate());
      VEILLE_RETURN_IF_ERROR(WriteFileAtomically(path, made.ToPem()));
    }
  }
  VEILLE_ASSIGN_OR_RETURN(SigningKey key, LoadAuditKey(path));
  if (!data.empty())
    VEILLE_RETURN_IF_ERROR(WriteFileAtomically(data + "/audit.pub", key.Public().ToPem()));
  return std::optional<SigningKey>(std::move(key));
}

std::function<double()> DiskFillOf(const std::string& folder) {
  return [folder]() -> double {
    struct statvfs disk = {};
    if (statvfs(folder.c_str(), &disk) != 0 || disk.f_blocks == 0) return 0;
    return 1 - static_cast<double>(disk.f_bavail) / static_cast<double>(disk.f_blocks);
  };
}

// Sign-ins know real time only, as certificates do.
std::shared_ptr<const domain::Access> AccessOf(const Node& node, bool all) {
  domain::Access::Options options;
  options.sessions =
      std::make_shared<domain::Sessions>(node.endpoint, std::make_shared<SystemClock>());
  options.local_terminals = all && !node.config.rpc().require_sign_in();
  options.plaintext = node.config.rpc().plaintext();
  options.operators_without_second_factor = node.config.rpc().operators_without_second_factor();
  return std::make_shared<domain::Access>(std::move(options));
}

absl::Status StartCare(const Node& node, const OwnIdentity& own, const std::string& data,
                       std::shared_ptr<const rpc::DenialList> denials,
                       std::shared_ptr<const domain::Access> access, metrics::Registry& metrics,
                       Roles& roles) {
  care::CareOptions options;
  options.access = std::move(access);
  options.config = own.ConfigOf("care");
  options.denials = std::move(denials);
  options.endpoint = node.endpoint;
  options.partitions = node.partitions;
  options.clock = node.clock;
  options.metrics = &metrics;
  options.vault = node.vault;
  VEILLE_ASSIGN_OR_RETURN(options.audit_key, AuditKeyOf(node.config, data));
  VEILLE_ASSIGN_OR_RETURN(const std::optional<KeysPlace> keys, KeysPlaceOf(node.config, data));
  if (keys) options.keys = {keys->store, keys->kek_file};
  if (const std::string crash_at = absl::GetFlag(FLAGS_test_erasure_crash); !crash_at.empty()) {
    options.after_erasure_step = [crash_at](store::v1::Erasure::State state) {
      if (store::v1::Erasure::State_Name(state) == crash_at) std::raise(SIGKILL);
    };
  }
  VEILLE_ASSIGN_OR_RETURN(roles.care, care::Care::Start(options));
  return absl::OkStatus();
}

absl::Status StartIdentity(Node& node, const OwnIdentity& own, const std::string& data,
                           std::shared_ptr<const rpc::DenialList> denials, Roles& roles) {
  identity::IdentityOptions options;
  options.config = own.ConfigOf("identity");
  options.endpoint = node.endpoint;
  options.partitions = node.partitions;
  options.registry = node.registry;
  options.denials = std::move(denials);
  options.clock = node.clock;
  options.metrics = &node.metrics;
  options.vault = node.vault;
  VEILLE_ASSIGN_OR_RETURN(options.audit_key, AuditKeyOf(node.config, data));
  VEILLE_ASSIGN_OR_RETURN(roles.identity, identity::IdentityRole::Start(std::move(options)));
  return absl::OkStatus();
}

absl::Status StartRoles(const std::string& role, Node& node, const OwnIdentity& own,
                        const std::string& data, Roles& roles) {
  const bool all = role == "all";
  std::shared_ptr<const rpc::DenialList> denials;
  if (role != "detector" && !node.config.rpc().plaintext())
    denials = std::make_shared<domain::Denials>(node.endpoint);
  std::shared_ptr<const domain::Access> access;
  if (all || role == "notifier" || role == "care") access = AccessOf(node, all);
  if (all || role == "detector") {
    detector::DetectorOptions options;
    options.config = node.config;
    options.endpoint = node.endpoint;
    options.partitions = node.partitions;
    options.instance_id = node.instance_id;
    options.registry = node.registry;
    options.clock = node.clock;
    options.metrics = &node.metrics;
    options.vault = node.vault;
    if (const std::string crash_on = absl::GetFlag(FLAGS_test_crash_on); !crash_on.empty()) {
      options.before_judging = [crash_on](const store::v1::Envelope& envelope) {
        if (envelope.correlation_id() == crash_on) std::abort();
      };
    }
    VEILLE_ASSIGN_OR_RETURN(roles.detector, detector::Detector::Start(std::move(options)));
  }
  if (all || role == "notifier") {
    notifier::NotifierOptions options;
    options.config = own.ConfigOf("notifier");
    options.denials = denials;
    options.access = access;
    options.endpoint = node.endpoint;
    options.partitions = node.partitions;
    options.instance_id = node.instance_id;
    options.registry = node.registry;
    options.clock = node.clock;
    options.metrics = &node.metrics;
    options.vault = node.vault;
    VEILLE_ASSIGN_OR_RETURN(options.audit_key, AuditKeyOf(node.config, all ? data : ""));
    VEILLE_ASSIGN_OR_RETURN(roles.notifier, notifier::Notifier::Start(std::move(options)));
  }
  if (all || role == "gateway") {
    gateway::GatewayOptions options;
    options.config = own.ConfigOf("gateway");
    options.denials = denials;
    options.endpoint = node.endpoint;
    options.partitions = node.partitions;
    options.registry = node.registry;
    options.clock = node.clock;
    options.metrics = &node.metrics;
    options.vault = node.vault;
    if (all) options.disk_fill = DiskFillOf(data);
    VEILLE_ASSIGN_OR_RETURN(roles.gateway, gateway::Gateway::Start(std::move(options)));
  }
  if ((all && !node.config.rpc().plaintext()) || role == "identity")
    VEILLE_RETURN_IF_ERROR(StartIdentity(node, own, all ? data : "", denials, roles));
  // Not beside a folder of homes: what it keeps would be in force nowhere.
  if (role == "care" || (all && node.config.homes_folder().empty()))
    VEILLE_RETURN_IF_ERROR(
        StartCare(node, own, all ? data : "", denials, access, node.metrics, roles));
  return absl::OkStatus();
}

absl::Status WriteReadyFile(const Roles& roles, const Node& node) {
  const std::string path = absl::GetFlag(FLAGS_ready_file);
  if (path.empty()) return absl::OkStatus();
  const std::string json = absl::StrFormat(
      "{\"gateway_port\":%d,\"notifier_port\":%d,\"care_port\":%d,\"metrics_port\":%d,"
      "\"redis_socket\":\"%s\",\"identity_port\":%d}\n",
      roles.gateway != nullptr ? roles.gateway->port() : 0,
      roles.notifier != nullptr ? roles.notifier->port() : 0,
      roles.care != nullptr ? roles.care->port() : 0, node.http != nullptr ? node.http->port() : 0,
      node.endpoint.unix_socket, roles.identity != nullptr ? roles.identity->port() : 0);
  return WriteFileAtomically(path, json);
}

// Where we reach ourselves.
std::string OwnAddress(const std::string& configured, int port) {
  return configured.rfind("unix:", 0) == 0 ? configured : "127.0.0.1:" + std::to_string(port);
}

// The exercise's certificates are those of the configuration, or made by the authority kept here.
absl::StatusOr<rpc::TlsFiles> ExerciseTls(const Config& config, const std::string& id,
                                          const std::string& server) {
  rpc::TlsFiles files;
  if (config.rpc().plaintext()) return files;
  if (!config.rpc().has_tls()) {
    VEILLE_ASSIGN_OR_RETURN(files, domain::LocalTls(config.identity().folder(), id));
  } else {
    const config::v1::Tls& tls =
        server == "svc/gateway" ? config.synthetic_patient().hub_tls() : config.rpc().tls();
    files.ca_file = tls.ca_file().empty() ? config.rpc().tls().ca_file() : tls.ca_file();
    files.certificate_file = tls.certificate_file();
    files.key_file = tls.key_file();
  }
  files.server = server;
  return files;
}

DrillOptions DrillOptionsOf(const Config& config, const Roles& roles) {
  DrillOptions drill;
  drill.gateway = OwnAddress(config.rpc().gateway_address(), roles.gateway->port());
  drill.notifier = OwnAddress(config.rpc().notifier_address(), roles.notifier->port());
  drill.tls = [config](const std::string& id, const std::string& server) {
    return ExerciseTls(config, id, server);
  };
  return drill;
}

// Redis of our own; what it needed to be repaired is said loudly.
absl::StatusOr<std::unique_ptr<redis::PrivateServer>> StartRedis(const Config& config,
                                                                 const std::string& data) {
  redis::PrivateServer::Options options;
  options.data_dir = data + "/redis";
  if (!config.embedded().redis_server().empty()) options.binary = config.embedded().redis_server();
  options.maxmemory_bytes = static_cast<int64_t>(config.embedded().redis_max_memory_bytes() == 0
                                                     ? kDefaultMaxMemory
                                                     : config.embedded().redis_max_memory_bytes());
  if (config.redis().appendfsync() == "everysec") options.appendfsync = redis::Fsync::kEverySecond;
  options.progress = [](const std::string& line) { VEILLE_LOG(kInfo, line); };
  auto server = redis::PrivateServer::Start(std::move(options));
  if (server.ok()) {
    for (const std::string& repair : (*server)->repairs())
      VEILLE_LOG(kError, "the append-only file was repaired").Field("repair", repair);
  }
  return server;
}

store::v1::Finding RepairFinding(const std::string& repair, absl::Time now) {
  store::v1::Finding finding;
  finding.set_format(1);
  finding.set_home_id(std::string(domain::kOperatorHome));
  finding.set_rule_key("LOG_REPAIRED");
  finding.set_alert_id(std::string(domain::kOperatorHome) + "." + Sha256Hex16(repair));
  finding.set_finding_id(finding.alert_id() + "/1");
  finding.set_kind(store::v1::Finding::KIND_RAISE);
  finding.set_severity(alert::v1::SEVERITY_TECHNICAL);
  finding.set_status(alert::v1::STATUS_ACTUAL);
  for (auto* stamp : {finding.mutable_event_time(), finding.mutable_decide_time(),
                      finding.mutable_receive_time()})
    stamp->set_seconds(absl::ToUnixSeconds(now));
  finding.mutable_reason()->set_fr("Le journal de Redis a été réparé : " + repair);
  finding.mutable_reason()->set_en("The log of Redis was repaired: " + repair);
  finding.mutable_evidence()->set_rule("LOG_REPAIRED");
  finding.mutable_evidence()->set_rule_version(1);
  return finding;
}

// A new data folder gets a deployment; one that had a deployment whose Redis is empty is refused.
absl::Status EnsureDeployment(const Config& config, const redis::Endpoint& endpoint,
                              const std::string& data, absl::Time now) {
  const std::string marker = data + "/deployment";
  if (std::filesystem::exists(marker)) return absl::OkStatus();
  VEILLE_RETURN_IF_ERROR(InitDeployment(config, endpoint, now));
  return WriteFileAtomically(marker, "This folder holds a Veille deployment.\n");
}

// Those of a role that others connect to.
std::vector<std::string> DoorsOf(const std::string& role) {
  if (role == "all") return {"gateway", "notifier", "identity", "care"};
  return {role};
}

// A look is a second.
constexpr int kLooksBetweenRenewals = 60;

class ServerProcess {
 public:
  explicit ServerProcess(std::string role) : role_(std::move(role)) {}

  int Run() {
    if (absl::Status status = Configure(); !status.ok()) return Complain(status);
    if (absl::GetFlag(FLAGS_check_config)) {
      std::printf("veille: the configuration is good\n");
      return 0;
    }
    // Before any other thread, so that none of them takes our signals.
    app::App app;
    if (absl::Status status = Start(app); !status.ok()) {
      app.StopNow();
      return Complain(status);
    }
    VEILLE_LOG(kInfo, "serving")
        .Field("partitions", node_.partitions)
        .Field("homes", HomesInForce());
    app.EverySecond([this, &app] { Look(app); });
    return app.RunUntilStopped();
  }

 private:
  // Each second, on the thread that started Redis.
  void Look(app::App& app) {
    if (!Revive(redis_.get()) || !Revive(key_redis_.get())) return;
    for (; redis_ != nullptr && told_repairs_ < redis_->repairs().size(); ++told_repairs_) {
      const std::string& repair = redis_->repairs()[told_repairs_];
      if (!guard_->TellOperators(RepairFinding(repair, node_.clock->Now())).ok()) break;
    }
    FollowHomes();
    RenewCertificates();
    if (absl::Status status = guard_->Check(); !status.ok()) {
      VEILLE_LOG(kError, "this Redis is not that of the deployment any more; stopping")
          .Field(status);
      app.RequestStop(1);
    }
  }

  // False when it has ended and does not start again.
  static bool Revive(redis::PrivateServer* server) {
    if (server == nullptr || server->Alive()) return true;
    VEILLE_LOG(kError, "redis-server has ended; it is started again")
        .Field("log", server->LogTail());
    const absl::Status status = server->Restart();
    if (!status.ok()) VEILLE_LOG(kError, "redis-server does not start").Field(status);
    return status.ok();
  }

  absl::Status StartVault(app::App& app) {
    VEILLE_ASSIGN_OR_RETURN(const std::optional<KeysPlace> place,
                            KeysPlaceOf(node_.config, role_ == "all" ? data_ : ""));
    if (!place) {
      VEILLE_LOG(kWarning, "keys.unencrypted: everything is stored in the clear");
      return absl::OkStatus();
    }
    if (role_ == "all") VEILLE_RETURN_IF_ERROR(EnsureKekFile(*place));
    if (!place->own_store.empty()) {
      VEILLE_ASSIGN_OR_RETURN(key_redis_, StartKeyStore(*place, node_.config));
      app.OnStop(
          "keys", [this] { key_redis_->Stop().IgnoreError(); }, absl::Seconds(20));
    }
    VEILLE_ASSIGN_OR_RETURN(node_.vault, OpenVault(*place, node_.endpoint, node_.config,
                                                   kRedisPatience, node_.metrics));
    const auto homes = node_.registry.Get();
    return homes == nullptr ? absl::OkStatus() : WarmVault(*node_.vault, *homes);
  }

  // Homes of the folder that changed hold from now on; with a fault in any, all stay as they were.
  void FollowHomes() {
    if (homes_ == nullptr) return;
    const auto registry = homes_->LoadWhenChanged();
    if (!registry.ok()) {
      VEILLE_LOG(kError, "the homes have changed and cannot be used; those before stay in force")
          .Field(registry.status());
      return;
    }
    if (*registry == nullptr) return;
    // What fails here is fetched when it is needed.
    WarmVault(*node_.vault, **registry).IgnoreError();
    node_.registry.Replace(*registry);
    VEILLE_LOG(kInfo, "the homes have changed").Field("homes", (*registry)->homes().size());
  }

  void RenewCertificates() {
    if (++looks_ % kLooksBetweenRenewals != 0) return;
    if (absl::Status status = own_.Renew(); !status.ok())
      VEILLE_LOG(kError, "cannot renew our own certificates").Field(status);
  }

  // Homes that nobody has written down.
  std::vector<care::v1::Home> HomesOfOurOwn() const {
    std::vector<care::v1::Home> homes;
    if (exercise_.has_value()) homes.push_back(domain::ExerciseHome());
    return homes;
  }

  // The role care serves homes and judges none.
  std::size_t HomesInForce() const {
    const auto registry = node_.registry.Get();
    return registry == nullptr ? 0 : registry->homes().size();
  }

  static int Complain(const absl::Status& status) {
    std::fprintf(stderr, "veille: %s\n", std::string(status.message()).c_str());
    return 1;
  }

  absl::Status Configure() {
    const bool all = role_ == "all";
    VEILLE_ASSIGN_OR_RETURN(node_.config, LoadConfig(absl::GetFlag(FLAGS_config), all));
    data_ = node_.config.embedded().data_folder();
    if (data_.empty() || !absl::GetFlag(FLAGS_data).empty()) data_ = client::DataFolder();
    if (all && node_.config.identity().folder().empty())
      node_.config.mutable_identity()->set_folder(data_ + "/identity");
    if (const std::string metrics = absl::GetFlag(FLAGS_metrics); !metrics.empty())
      node_.config.set_metrics_address(metrics);
    if (role_ == "init") return absl::OkStatus();
    if (role_ != "detector") VEILLE_RETURN_IF_ERROR(OwnIdentity::Check(node_.config));
    if (all && node_.config.homes_folder().empty() && std::filesystem::exists(data_ + "/homes"))
      node_.config.set_homes_folder(data_ + "/homes");
    if (all || role_ == "notifier") {
      VEILLE_RETURN_IF_ERROR(notifier::CheckChannels(node_.config));
      if (const std::string& key = node_.config.notifier().audit_key_file(); !key.empty())
        VEILLE_RETURN_IF_ERROR(LoadAuditKey(key).status());
    }
    VEILLE_ASSIGN_OR_RETURN(exercise_, domain::ScheduleOf(node_.config));
    if (const std::string& homes = node_.config.homes_folder(); !homes.empty()) {
      if (role_ == "care") {
        return absl::InvalidArgumentError(
            "homes_folder: the role care keeps homes in Redis, so no role may take them from a "
            "folder: leave it out, and move them with 'veille care import'");
      }
      homes_ = std::make_unique<domain::HomesFolder>(homes, HomesOfOurOwn());
      VEILLE_ASSIGN_OR_RETURN(auto registry, homes_->Load());
      node_.registry.Replace(std::move(registry));
    }
    VEILLE_ASSIGN_OR_RETURN(node_.clock, MakeClock(node_.config));
    node_.instance_id = absl::GetFlag(FLAGS_instance_id);
    return absl::OkStatus();
  }

  absl::Status Start(app::App& app) {
    log::Options logging = log::DefaultOptions();
    logging.role = role_;
    logging.clock = node_.clock;
    log::Configure(std::move(logging));
    if (role_ != "detector") {
      VEILLE_ASSIGN_OR_RETURN(own_,
                              OwnIdentity::Open(node_.config, DoorsOf(role_), role_ == "all"));
    }
    if (role_ == "all" && node_.config.redis().endpoint().empty()) {
      VEILLE_ASSIGN_OR_RETURN(redis_, StartRedis(node_.config, data_));
      app.OnStop(
          "redis", [this] { redis_->Stop().IgnoreError(); }, absl::Seconds(20));
      node_.endpoint = redis_->endpoint();
      VEILLE_RETURN_IF_ERROR(
          EnsureDeployment(node_.config, node_.endpoint, data_, node_.clock->Now()));
    } else {
      VEILLE_ASSIGN_OR_RETURN(node_.endpoint,
                              redis::ParseEndpoint(node_.config.redis().endpoint()));
      if (!node_.config.redis().username().empty())
        node_.endpoint.username = node_.config.redis().username();
      if (!node_.config.redis().password_file().empty())
        node_.endpoint.password_file = node_.config.redis().password_file();
    }
    VEILLE_RETURN_IF_ERROR(JoinDeployment(node_, kRedisPatience));
    VEILLE_RETURN_IF_ERROR(StartVault(app));
    guard_ = std::make_unique<DeploymentGuard>(node_);
    if (homes_ == nullptr && role_ != "care") {
      VEILLE_ASSIGN_OR_RETURN(
          follower_, domain::RegistryFollower::Start({node_.endpoint, node_.partitions,
                                                      node_.registry, node_.vault, HomesOfOurOwn()},
                                                     node_.metrics));
      app.OnStop(
          "registry", [this] { follower_.reset(); }, absl::Seconds(5));
      VEILLE_RETURN_IF_ERROR(WarmVault(*node_.vault, *node_.registry.Get()));
    }
    app.OnStop(
        "roles", [this] { roles_.Stop(); }, absl::Seconds(20));
    VEILLE_RETURN_IF_ERROR(StartRoles(role_, node_, own_, data_, roles_));
    if (!node_.config.metrics_address().empty()) {
      VEILLE_ASSIGN_OR_RETURN(
          node_.http, metrics::HttpServer::Start(
                          node_.config.metrics_address(), node_.metrics, [] { return true; },
                          [this] { return roles_.ready(); }));
    }
    if (role_ == "all" && exercise_.has_value()) {
      drill_ = std::make_unique<DailyDrill>(DrillOptionsOf(node_.config, roles_), *exercise_,
                                            node_.clock);
      app.OnStop(
          "drill", [this] { drill_.reset(); }, absl::Seconds(12));
    }
    return WriteReadyFile(roles_, node_);
  }

  const std::string role_;
  std::string data_;
  Node node_;
  std::unique_ptr<redis::PrivateServer> redis_, key_redis_;
  std::size_t told_repairs_ = 0;
  std::unique_ptr<domain::HomesFolder> homes_;
  std::unique_ptr<DeploymentGuard> guard_;
  OwnIdentity own_;
  int looks_ = 0;
  std::unique_ptr<domain::RegistryFollower> follower_;
  Roles roles_;
  std::optional<domain::ExerciseSchedule> exercise_;
  std::unique_ptr<DailyDrill> drill_;
};

int Init() {
  absl::StatusOr<Config> config = LoadConfig(absl::GetFlag(FLAGS_config), false);
  absl::Status status = config.status();
  if (status.ok()) {
    absl::StatusOr<redis::Endpoint> endpoint = redis::ParseEndpoint(config->redis().endpoint());
    status =
        endpoint.ok() ? InitDeployment(*config, *endpoint, SystemClock().Now()) : endpoint.status();
  }
  if (!status.ok()) {
    std::fprintf(stderr, "veille: %s\n", std::string(status.message()).c_str());
    return 1;
  }
  std::printf("veille: the deployment is there\n");
  return 0;
}

}  // namespace

namespace {

void TuneMalloc(const std::string& role) {
  // glibc gives each thread an arena of its own, each with its own holes. A detector has few
  // threads and much state: with two arenas a patient takes a third less (measured:
  // pipeline_bench).
  if (role == "detector") mallopt(M_ARENA_MAX, 2);
  // A gateway under load makes a megabyte at a time for Redis: by default each is a mapping of its
  // own, made, cleared page by page and given back.
  if (role == "gateway") {
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 32 << 20);
  }
}

}  // namespace

int RunServerRole(const std::string& role) {
  TuneMalloc(role);
  if (role == "init" && !absl::GetFlag(FLAGS_check_config)) return Init();
  return ServerProcess(role).Run();
}

}  // namespace veille
