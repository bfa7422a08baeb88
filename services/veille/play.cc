#include "services/veille/play.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/flags/declare.h"
#include "absl/flags/flag.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/text_format.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/log/log.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "common/time/local_time.h"
#include "services/client/caregiver_client.h"
#include "services/client/flags.h"
#include "services/client/render.h"
#include "services/domain/recordings/recording.h"
#include "services/hub/player.h"
#include "services/veille/child_service.h"

ABSL_DECLARE_FLAG(std::string, data);
ABSL_FLAG(bool, keep, false, "play: leaves the service running, and says how to connect.");

namespace veille {
namespace {

using alert::v1::Alert;

// With people watching there must be time to read and to press a key.
constexpr double kTerminalSpeed = 240, kUnattendedSpeed = 400;
// What comes after the last event: deadlines, escalation.
constexpr absl::Duration kAfterglow = absl::Minutes(12);
// A rule tells a while after what it saw began.
constexpr absl::Duration kSlack = absl::Minutes(10);

std::atomic<bool> interrupted{false};
void Interrupt(int) { interrupted = true; }

// Anne is told first and does not answer; Marc, who is told a minute later, takes it: so the
// escalation is seen to climb, and to stop. At a terminal, a key takes it as Anne.
class Caregivers {
 public:
  Caregivers(std::string address, const Clock& clock, absl::TimeZone zone, client::Style style,
             bool json)
      : address_(std::move(address)), clock_(clock), zone_(zone), style_(style), json_(json) {}

  absl::Status Start(const care::v1::Circle& circle) {
    for (const auto& member : circle.members()) {
      client::CaregiverOptions options;
      options.address = address_;
      options.caregiver_id = member.caregiver_id();
      options.client = "play";
      auto carer = client::CaregiverClient::Create(options);
      if (!carer.ok()) return carer.status();
      carers_.emplace_back(member.caregiver_id(), *std::move(carer));
    }
    taker_ = carers_.size() > 1 ? carers_[1].first : carers_[0].first;
    for (auto& [id, carer] : carers_)
      threads_.emplace_back("watch-" + id, [this, id = id, raw = carer.get()] { Watch(id, *raw); });
    takers_ = Worker("take", [this] { TakeUntilStopped(); });
    return absl::OkStatus();
  }

  void Stop() {
    {
      MutexLock lock(mu_);
      stopped_ = true;
      changed_.NotifyAll();
    }
    for (auto& [id, carer] : carers_) carer->Stop();
    threads_.clear();
    takers_.Join();
  }

  // The newest alert, as the first in the circle.
  void TakeNewest() {
    std::string id;
    {
      MutexLock lock(mu_);
      id = newest_;
    }
    if (!id.empty()) carers_[0].second->Acknowledge(id).status().IgnoreError();
  }

  client::CaregiverClient& first() { return *carers_[0].second; }

 private:
  void Watch(const std::string& id, client::CaregiverClient& carer) {
    client::WatchHandlers handlers;
    handlers.on_update = [this, id](const alert::v1::Update& update) { OnUpdate(id, update); };
    carer.Watch(handlers).IgnoreError();
  }

  void OnUpdate(const std::string& id, const alert::v1::Update& update) {
    const bool asked = update.reason() == alert::v1::Update::REASON_NOTIFY;
    MutexLock lock(mu_);
    newest_ = update.alert().alert_id();
    if (asked && id == taker_ && update.alert().severity() >= alert::v1::SEVERITY_MEDIUM) {
      to_take_.insert(update.alert().alert_id());
      changed_.NotifyAll();
    }
    if (json_) {
      std::printf("{\"to\":\"%s\",\"update\":%s}\n", id.c_str(), client::ToJson(update).c_str());
    } else if (asked || id == carers_[0].first) {
      std::printf("%s → %-6s  %s  — %s\n", absl::FormatTime("%H:%M", clock_.Now(), zone_).c_str(),
                  id.c_str(), client::AlertLine(update.alert(), clock_.Now(), style_).c_str(),
                  client::ChangeText(update, style_).c_str());
    }
    std::fflush(stdout);
  }

  void TakeUntilStopped() {
    while (true) {
      std::string id;
      {
        MutexLock lock(mu_);
        while (to_take_.empty() && !stopped_) changed_.Wait(mu_);
        if (stopped_) return;
        id = *to_take_.begin();
        to_take_.erase(to_take_.begin());
      }
      for (auto& [name, carer] : carers_)
        if (name == taker_) carer->Acknowledge(id).status().IgnoreError();
    }
  }

  const std::string address_;
  const Clock& clock_;
  const absl::TimeZone zone_;  // Of the home.
  const client::Style style_;
  const bool json_;
  std::vector<std::pair<std::string, std::unique_ptr<client::CaregiverClient>>> carers_;
  std::string taker_;
  Mutex mu_;
  CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  std::string newest_ ABSL_GUARDED_BY(mu_);
  std::set<std::string> to_take_ ABSL_GUARDED_BY(mu_);
  std::vector<Worker> threads_;
  Worker takers_;
};

absl::Time ToTime(const google::protobuf::Timestamp& stamp) {
  return absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
}

bool WasTold(const Alert& alert) {
  for (const auto& delivery : alert.deliveries())
    if (delivery.state() == alert::v1::DELIVERY_STATE_DELIVERED ||
        delivery.state() == alert::v1::DELIVERY_STATE_SEEN)
      return true;
  return false;
}

// Somebody took it, nothing climbed afterwards, and there would have been more steps.
bool WasStopped(const Alert& alert, uint32_t steps) {
  bool taken = false;
  for (const auto& transition : alert.transitions()) {
    if (transition.kind() == alert::v1::Transition::KIND_ACKNOWLEDGED) taken = true;
    if (taken && transition.kind() == alert::v1::Transition::KIND_ESCALATED) return false;
  }
  return taken && alert.step() < steps;
}

// What the script promised, and what came of it.
int Judge(const domain::Recording& recording, const std::vector<Alert>& alerts,
          const hub::PlayResult& played, bool json) {
  const auto steps = static_cast<uint32_t>(recording.home.patients(0).circle().steps_size());
  int untold = 0, stopped = 0, extra = 0;
  std::set<std::string> expected_ids;
  for (const domain::Expected& expected : recording.truth) {
    bool told = false;
    for (const Alert& alert : alerts) {
      if (alert.rule() != expected.rule ||
          absl::AbsDuration(ToTime(alert.event_time()) - expected.time) > kSlack) {
        continue;
      }
      expected_ids.insert(alert.alert_id());
      told = told || WasTold(alert);
    }
    untold += told ? 0 : 1;
    if (!json) std::printf("  %-14s %s\n", expected.rule.c_str(), told ? "told" : "NOT TOLD");
  }
  for (const Alert& alert : alerts) {
    stopped += WasStopped(alert, steps) ? 1 : 0;
    if (recording.truth_known && alert.severity() >= alert::v1::SEVERITY_MEDIUM &&
        expected_ids.count(alert.alert_id()) == 0) {
      ++extra;
    }
  }
  const bool good = untold == 0 && played.status.ok() && (recording.truth.empty() || stopped > 0);
  if (json) {
    std::printf(
        "{\"summary\":{\"events\":%lu,\"alerts\":%zu,\"expected\":%zu,\"untold\":%d,"
        "\"stopped_by_acknowledgement\":%d,\"unexpected\":%d,\"good\":%s}}\n",
        static_cast<unsigned long>(played.events), alerts.size(), recording.truth.size(), untold,
        stopped, extra, good ? "true" : "false");
  } else {
    std::printf(
        "%lu events, %zu alerts; %zu expected, %d untold, %d not expected; "
        "an acknowledgement stopped %d escalations\n",
        static_cast<unsigned long>(played.events), alerts.size(), recording.truth.size(), untold,
        extra, stopped);
  }
  return good ? 0 : 1;
}

// For a line that is pasted into a shell: a checkout's name may have spaces.
std::string ShellWord(const std::string& text) {
  if (text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "-_./:=+") == std::string::npos) {
    return text;
  }
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

// The process that serves from this folder, or nothing. Its Redis holds the lock as well.
std::string Running(const std::string& folder) {
  const std::string path = folder + "/redis/lock";
  const int lock = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (lock < 0) return "";
  const bool held = flock(lock, LOCK_EX | LOCK_NB) != 0;
  close(lock);
  if (!held) return "";
  return std::string(absl::StripAsciiWhitespace(ReadFile(path).value_or("?")));
}

class Play {
 public:
  absl::StatusOr<int> Run() {
    VEILLE_ASSIGN_OR_RETURN(recording_, domain::OpenRecording(absl::GetFlag(FLAGS_source)));
    for (const std::string& line : recording_.bad_lines)
      std::fprintf(stderr, "veille: %s\n", line.c_str());
    const bool terminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
    VEILLE_ASSIGN_OR_RETURN(double speed, client::SpeedFromFlags());
    if (absl::GetFlag(FLAGS_speed).empty()) speed = terminal ? kTerminalSpeed : kUnattendedSpeed;
    if (speed == 0) return absl::InvalidArgumentError("--speed: play needs a number, not 'max'");
    VEILLE_RETURN_IF_ERROR(PrepareFolder());

    // The latest such evening that is over by now: afterwards the service can go on in real time.
    const absl::Time now = SystemClock().Now();
    domain::ShiftTo(now - (recording_.end - recording_.start) - absl::Hours(24), recording_);
    config::v1::Config config = BaseConfig();
    config.mutable_rpc()->set_gateway_address("127.0.0.1:0");
    config.mutable_rpc()->set_notifier_address("127.0.0.1:0");
    config.mutable_scaled_clock()->set_speed(speed);
    config.mutable_scaled_clock()->set_start(absl::FormatTime(
        absl::RFC3339_full, recording_.start - absl::Minutes(1), absl::UTCTimeZone()));
    VEILLE_ASSIGN_OR_RETURN(std::unique_ptr<ChildService> service,
                            ChildService::Start(folder_, config, false));
    VEILLE_ASSIGN_OR_RETURN(const int code, Watch(*service, speed, terminal));
    service.reset();
    if (absl::GetFlag(FLAGS_keep)) VEILLE_RETURN_IF_ERROR(Keep());
    return code;
  }

 private:
  absl::Status PrepareFolder() {
    std::string data = absl::GetFlag(FLAGS_data);
    if (data.empty()) {
      const char* base = std::getenv("XDG_DATA_HOME");
      const char* home = std::getenv("HOME");
      data = base != nullptr && *base != '\0'
                 ? std::string(base) + "/veille"
                 : std::string(home != nullptr ? home : "/var/lib") + "/.local/share/veille";
    }
    folder_ = std::filesystem::absolute(data + "/play").string();
    // A play begins with an empty service; one that runs there is in the way, and says so.
    if (const std::string owner = Running(folder_); !owner.empty()) {
      return absl::FailedPreconditionError(absl::StrCat("a service is still running in ", folder_,
                                                        ": end it first (kill ", owner,
                                                        ") or use another --data FOLDER"));
    }
    std::error_code error;
    // What was kept is somebody's service, a reboot ago perhaps: it is put aside, not thrown away.
    if (std::filesystem::exists(folder_ + "/kept.pid", error)) {
      const std::string aside =
          folder_ + absl::FormatTime("-kept-%Y%m%dT%H%M%SZ", system_.Now(), absl::UTCTimeZone());
      std::filesystem::rename(folder_, aside, error);
      if (error)
        return absl::UnavailableError("cannot put aside " + folder_ + ": " + error.message());
      std::fprintf(stderr, "veille: what --keep left is in %s now\n", aside.c_str());
    }
    std::filesystem::remove_all(folder_, error);
    std::filesystem::create_directories(folder_ + "/homes", error);
    if (error) return absl::UnavailableError("cannot make " + folder_ + ": " + error.message());
    std::string text;
    google::protobuf::TextFormat::PrintToString(recording_.home, &text);
    return WriteFileAtomically(folder_ + "/homes/" + recording_.home.home_id() + ".textproto",
                               text);
  }

  config::v1::Config BaseConfig() const {
    config::v1::Config config;
    config.set_homes_folder(folder_ + "/homes");
    config.mutable_notifier()->add_operator_ids("operator");
    return config;
  }

  absl::StatusOr<int> Watch(const ChildService& service, double speed, bool terminal) {
    hub::LinkOptions options;
    options.address = "127.0.0.1:" + std::to_string(service.gateway_port());
    options.source_id = recording_.home.sources(0).source_id();
    std::atomic<const Clock*> world{&system_};
    options.now = [&world] { return world.load()->Now(); };
    VEILLE_ASSIGN_OR_RETURN(std::unique_ptr<hub::HubLink> link, hub::HubLink::Open(options));
    VEILLE_ASSIGN_OR_RETURN(const absl::Time server_time, link->WaitWelcome(absl::Seconds(30)));
    const ScaledClock clock(server_time, speed);
    world = &clock;
    const bool json = client::JsonFromFlags();
    VEILLE_ASSIGN_OR_RETURN(const absl::TimeZone zone, LoadZone(recording_.home.zone()));
    if (!json) {
      std::printf("veille: playing %s at %g × real time: %s to %s\n%s", recording_.name.c_str(),
                  speed, absl::FormatTime("%a %H:%M", recording_.start, zone).c_str(),
                  absl::FormatTime("%a %H:%M", recording_.end, zone).c_str(),
                  terminal ? "veille: press t to take the newest alert as Anne, q to quit\n" : "");
      std::fflush(stdout);
    }
    Caregivers caregivers("127.0.0.1:" + std::to_string(service.notifier_port()), clock, zone,
                          client::StyleFromFlags(), json);
    VEILLE_RETURN_IF_ERROR(caregivers.Start(recording_.home.patients(0).circle()));
    Worker keys;
    if (terminal) keys = Worker("keys", [&caregivers] { ReadKeys(caregivers); });
    const hub::PlayResult played =
        hub::Play(recording_, &clock, *link, [] { return interrupted.load(); });
    Linger(clock, *link);
    const auto alerts = caregivers.first().List("", false, 10000);
    caregivers.Stop();
    interrupted = true;
    keys.Join();
    link.reset();
    VEILLE_RETURN_IF_ERROR(alerts.status());
    return Judge(recording_, *alerts, played, json);
  }

  // The hub stays connected while what is still due comes.
  static void Linger(const Clock& clock, hub::HubLink& link) {
    const absl::Time until = clock.Now() + kAfterglow;
    while (clock.Now() < until && !interrupted) {
      link.Heartbeat(clock.Now());
      SleepReally(std::max(absl::Milliseconds(20), clock.ToReal(absl::Seconds(20))));
    }
    SleepReally(absl::Milliseconds(300));
  }

  static void ReadKeys(Caregivers& caregivers) {
    termios before = {};
    if (tcgetattr(STDIN_FILENO, &before) != 0) return;
    termios raw = before;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    while (!interrupted) {
      pollfd input = {STDIN_FILENO, POLLIN, 0};
      if (poll(&input, 1, 100) <= 0) continue;
      char key = 0;
      if (read(STDIN_FILENO, &key, 1) != 1) break;
      if (key == 't') caregivers.TakeNewest();
      if (key == 'q') interrupted = true;
    }
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
  }

  absl::Status Keep() {
    config::v1::Config config = BaseConfig();
    config.mutable_rpc()->set_gateway_address("127.0.0.1:7443");
    config.mutable_rpc()->set_notifier_address("127.0.0.1:7444");
    config.set_metrics_address("127.0.0.1:9464");
    VEILLE_ASSIGN_OR_RETURN(std::unique_ptr<ChildService> kept,
                            ChildService::Start(folder_, config, true));
    VEILLE_RETURN_IF_ERROR(
        WriteFileAtomically(folder_ + "/kept.pid", std::to_string(kept->pid()) + "\n"));
    std::error_code error;
    const std::string veille = ShellWord(std::filesystem::read_symlink("/proc/self/exe", error));
    const std::string folder = ShellWord(folder_);
    const std::string carer =
        ShellWord(recording_.home.patients(0).circle().members(0).caregiver_id());
    std::printf(
        "veille: the service goes on in real time (process %d, data and log in %s)\n"
        "  alerts    %s watch --caregiver %s --notifier 127.0.0.1:7444\n"
        "  history   %s alerts --caregiver %s --notifier 127.0.0.1:7444 list\n"
        "  a hub     %s hub --source %s --gateway 127.0.0.1:7443\n"
        "  metrics   http://127.0.0.1:9464/metrics\n"
        "  stop      kill %d\n"
        "  again     %s all --config %s/veille.textproto --data %s\n",
        static_cast<int>(kept->pid()), folder_.c_str(), veille.c_str(), carer.c_str(),
        veille.c_str(), carer.c_str(), veille.c_str(),
        ShellWord(absl::GetFlag(FLAGS_source)).c_str(), static_cast<int>(kept->pid()),
        veille.c_str(), folder.c_str(), folder.c_str());
    return absl::OkStatus();
  }

  domain::Recording recording_;
  std::string folder_;
  const SystemClock system_{};
};

}  // namespace

int RunPlay(const std::vector<std::string>& /*args*/) {
  std::signal(SIGINT, Interrupt);
  std::signal(SIGTERM, Interrupt);
  std::signal(SIGPIPE, SIG_IGN);
  log::Options logging = log::DefaultOptions();
  logging.least = log::Level::kWarning;
  log::Configure(logging);
  const absl::StatusOr<int> code = Play().Run();
  return code.ok() ? *code : client::Complain(code.status());
}

}  // namespace veille
