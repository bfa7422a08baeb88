#include "services/veille/play.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/flags/declare.h"
#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/text_format.h"
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/log/log.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "common/time/local_time.h"
#include "services/client/caregiver_client.h"
#include "services/client/flags.h"
#include "services/client/render.h"
#include "services/domain/identity/local_tls.h"
#include "services/domain/recordings/recording.h"
#include "services/hub/player.h"
#include "services/veille/child_service.h"
#include "services/veille/play_caregivers.h"
#include "services/veille/play_folder.h"
#include "services/veille/play_verdict.h"

ABSL_FLAG(bool, keep, false, "play: leaves the service running, and says how to connect.");

namespace veille {
namespace {

// With people watching there must be time to read and to press a key.
constexpr double kTerminalSpeed = 240, kUnattendedSpeed = 400;
// What comes after the last event: deadlines, escalation.
constexpr absl::Duration kAfterglow = absl::Minutes(12);
// From the end of a recording to the next: 30 s of stillness, a minute to the one who takes it.
constexpr absl::Duration kBetween = absl::Minutes(5);
// The next hub connects this long before its first event.
constexpr absl::Duration kLead = absl::Minutes(1);
// Of a folder, unless --limit says otherwise: about a minute of play for falls.
constexpr int kDefaultLimit = 30;
// From the service to its caregivers, in real time.
constexpr absl::Duration kDelivery = absl::Milliseconds(300);
constexpr absl::Duration kWelcome = absl::Seconds(30);

std::atomic<bool> interrupted{false};
void Interrupt(int) { interrupted = true; }

absl::TimeZone ZoneOf(const std::string& name) {
  return LoadZone(name).value_or(absl::UTCTimeZone());
}

// For a line that is pasted into a shell: a checkout's name may have spaces.
std::string ShellWord(const std::string& text) {
  if (text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "-_./:=+") == std::string::npos) {
    return text;
  }
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

class Play {
 public:
  // World seconds a real second; 0: what suits whoever watches.
  explicit Play(double speed) : speed_(speed) {}

  absl::StatusOr<int> Run() {
    const bool terminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
    if (speed_ <= 0) speed_ = terminal ? kTerminalSpeed : kUnattendedSpeed;
    VEILLE_RETURN_IF_ERROR(ReadAll());
    VEILLE_RETURN_IF_ERROR(folder_.Take(client::DataFolder(), system_.Now()));
    PlaceInTime();
    VEILLE_RETURN_IF_ERROR(WriteHomes());
    config::v1::Config config = BaseConfig();
    config.mutable_rpc()->set_gateway_address("127.0.0.1:0");
    config.mutable_rpc()->set_notifier_address("127.0.0.1:0");
    config.mutable_identity()->set_address("127.0.0.1:0");
    config.mutable_scaled_clock()->set_speed(speed_);
    config.mutable_scaled_clock()->set_start(absl::FormatTime(
        absl::RFC3339_full, recordings_[0].start - absl::Minutes(1), absl::UTCTimeZone()));
    VEILLE_ASSIGN_OR_RETURN(std::unique_ptr<ChildService> service,
                            ChildService::Start(folder_.path(), config, false, IsInterrupted));
    VEILLE_ASSIGN_OR_RETURN(const int code, Watch(*service, terminal));
    service.reset();
    if (absl::GetFlag(FLAGS_keep) && !interrupted) VEILLE_RETURN_IF_ERROR(Keep());
    return code;
  }

 private:
  static bool IsInterrupted() { return interrupted; }

  absl::Status ReadAll() {
    VEILLE_ASSIGN_OR_RETURN(domain::Playlist playlist, client::PlaylistFromFlags());
    const int limit = absl::GetFlag(FLAGS_limit);
    const std::size_t all = playlist.size();
    playlist.Thin(static_cast<std::size_t>(limit < 0 ? kDefaultLimit : limit));
    if (playlist.size() < all) {
      std::fprintf(stderr,
                   "veille: %zu of %zu recordings, spread evenly; --limit N plays N, and 0 all\n",
                   playlist.size(), all);
    }
    client::TellReading("", playlist.report());
    std::set<std::string> homes;
    for (std::size_t i = 0; i < playlist.size() && !interrupted; ++i) {
      absl::StatusOr<domain::Recording> recording = playlist.Read(i);
      if (recording.ok() && !homes.insert(recording->home.home_id()).second)
        recording = absl::InvalidArgumentError(playlist.name(i) + ": another has its home's id, " +
                                               recording->home.home_id() + "; play it by itself");
      if (!recording.ok()) {
        client::Complain(recording.status());
        ++unreadable_;
        continue;
      }
      client::TellReading(playlist.name(i), *recording);
      recordings_.push_back(*std::move(recording));
    }
    if (interrupted) return absl::CancelledError("interrupted while the recordings were read");
    if (recordings_.empty())
      return absl::InvalidArgumentError("none of the recordings could be read: nothing to play");
    return absl::OkStatus();
  }

  // The latest days that are over by now: afterwards the service can go on in real time. What lasts
  // keeps its time of day; walks and falls follow one another.
  void PlaceInTime() {
    absl::Duration total = absl::Hours(24);
    for (const domain::Recording& recording : recordings_) {
      total += recording.end - recording.start + kBetween;
      if (Lasts(recording)) total += absl::Hours(24);
    }
    absl::Time next = system_.Now() - total;
    for (domain::Recording& recording : recordings_) {
      if (Lasts(recording) || recordings_.size() == 1) {
        domain::ShiftTo(next, recording);
      } else {
        domain::MoveTo(next, recording);
      }
      next = recording.end + kBetween;
    }
  }
  static bool Lasts(const domain::Recording& recording) {
    return recording.end - recording.start > absl::Hours(6);
  }

  absl::Status WriteHomes() {
    for (domain::Recording& recording : recordings_) {
      // Each home's hub is there for its own recording only: its silence before and after is no
      // news.
      if (recordings_.size() > 1) {
        for (auto& patient : *recording.home.mutable_patients())
          patient.mutable_care_plan()->mutable_hub_offline()->set_enabled(false);
      }
      std::string text;
      google::protobuf::TextFormat::PrintToString(recording.home, &text);
      VEILLE_RETURN_IF_ERROR(WriteFileAtomically(
          folder_.path() + "/homes/" + recording.home.home_id() + ".textproto", text));
    }
    return absl::OkStatus();
  }

  static std::string IdentityFolder() { return client::DataFolder() + "/identity"; }

  static absl::StatusOr<rpc::TlsFiles> TlsOf(const std::string& id, const std::string& server) {
    VEILLE_ASSIGN_OR_RETURN(rpc::TlsFiles files, domain::LocalTls(IdentityFolder(), id));
    files.server = server;
    return files;
  }

  config::v1::Config BaseConfig() const {
    config::v1::Config config;
    config.set_homes_folder(folder_.path() + "/homes");
    config.mutable_notifier()->add_operator_ids("operator");
    // Not the play's own folder: that is emptied, and terminals look here.
    config.mutable_identity()->set_folder(IdentityFolder());
    return config;
  }

  absl::StatusOr<std::unique_ptr<hub::HubLink>> OpenLink(const ChildService& service,
                                                         const domain::Recording& recording,
                                                         const std::atomic<const Clock*>& world) {
    hub::LinkOptions options;
    options.address = "127.0.0.1:" + std::to_string(service.gateway_port());
    options.source_id = recording.home.sources(0).source_id();
    VEILLE_ASSIGN_OR_RETURN(options.tls, TlsOf("hub/" + options.source_id, "svc/gateway"));
    options.now = [&world] { return world.load()->Now(); };
    options.prompter = &person_;
    return hub::HubLink::Open(options);
  }

  absl::StatusOr<int> Watch(const ChildService& service, bool terminal) {
    // Before the link, which asks it for as long as it lives.
    std::optional<ScaledClock> scaled;
    std::atomic<const Clock*> world{&system_};
    VEILLE_ASSIGN_OR_RETURN(std::unique_ptr<hub::HubLink> link,
                            OpenLink(service, recordings_[0], world));
    VEILLE_ASSIGN_OR_RETURN(const absl::Time server_time, link->WaitWelcome(kWelcome));
    const ScaledClock& clock = scaled.emplace(server_time, speed_);
    world = &clock;
    const bool json = client::JsonFromFlags();
    if (!json) {
      std::printf("veille: playing at %g × real time\n%s", speed_,
                  terminal ? "veille: press t to take the newest alert as Anne, q to quit\n" : "");
      std::fflush(stdout);
    }
    VEILLE_ASSIGN_OR_RETURN(rpc::TlsFiles tls, TlsOf("svc/terminal", "svc/notifier"));
    PlayCaregivers caregivers("127.0.0.1:" + std::to_string(service.notifier_port()),
                              std::move(tls), clock, client::StyleFromFlags(), json);
    VEILLE_RETURN_IF_ERROR(caregivers.Start(recordings_[0].home.patients(0).circle()));
    Worker keys;
    if (terminal) keys = Worker("keys", [&caregivers] { ReadKeys(caregivers); });
    PlayVerdict verdict;
    absl::Status status;
    std::size_t played = 0;
    for (; played < recordings_.size() && !interrupted && status.ok(); ++played) {
      const domain::Recording& recording = recordings_[played];
      if (played > 0) {
        absl::StatusOr<std::unique_ptr<hub::HubLink>> next = OpenLink(service, recording, world);
        status = next.ok() ? (*next)->WaitWelcome(kWelcome).status() : next.status();
        if (!status.ok()) break;
        link = *std::move(next);
      }
      Announce(played, json);
      const hub::PlayResult result =
          hub::Play(recording, &clock, *link, [&] { return TellDay(recording, clock, json); });
      verdict.events += result.events;
      status = result.status;
      const bool last = played + 1 == recordings_.size();
      Linger(clock, last ? clock.Now() + kAfterglow : recordings_[played + 1].start - kLead, *link);
    }
    const absl::Time reached = clock.Now();
    const auto alerts = caregivers.first().List("", false, 10000);
    caregivers.Stop();
    const bool whole = !interrupted && status.ok();
    interrupted = true;
    keys.Join();
    link.reset();
    if (!status.ok()) client::Complain(status);
    VEILLE_RETURN_IF_ERROR(alerts.status());
    for (std::size_t i = 0; i < played; ++i)
      JudgeRecording(recordings_[i], *alerts, reached, json, verdict);
    if (!whole) {
      std::fprintf(stderr, "veille: it ended early, in recording %zu of %zu\n",
                   std::max<std::size_t>(played, 1), recordings_.size());
    }
    interrupted = !whole;
    verdict.alerts = alerts->size();
    const bool good = whole && unreadable_ == 0 && verdict.good();
    PrintVerdict(verdict, good, json);
    return good ? 0 : 1;
  }

  void Announce(std::size_t index, bool json) {
    const domain::Recording& recording = recordings_[index];
    const absl::TimeZone zone = ZoneOf(recording.home.zone());
    shown_day_ = absl::CivilDay(absl::ToCivilSecond(recording.start, zone));
    if (json) {
      std::printf("{\"playing\":{\"name\":%s,\"number\":%zu,\"recordings\":%zu}}\n",
                  client::JsonString(recording.name).c_str(), index + 1, recordings_.size());
    } else {
      std::printf("── %zu of %zu: %s, %s to %s\n", index + 1, recordings_.size(),
                  client::Printable(recording.name).c_str(),
                  absl::FormatTime("%a %H:%M", recording.start, zone).c_str(),
                  absl::FormatTime("%a %H:%M", recording.end, zone).c_str());
    }
    std::fflush(stdout);
  }

  // Says how far a long recording is; true when it is to stop.
  bool TellDay(const domain::Recording& recording, const Clock& clock, bool json) {
    const absl::TimeZone zone = ZoneOf(recording.home.zone());
    const absl::CivilDay day(absl::ToCivilSecond(clock.Now(), zone));
    const absl::CivilDay first(absl::ToCivilSecond(recording.start, zone));
    const absl::CivilDay last(absl::ToCivilSecond(recording.end, zone));
    if (!json && day > shown_day_ && day <= last) {
      shown_day_ = day;
      std::printf("── %s: day %d of %d\n", client::Printable(recording.name).c_str(),
                  static_cast<int>(day - first) + 1, static_cast<int>(last - first) + 1);
      std::fflush(stdout);
    }
    return interrupted;
  }

  // The hub stays connected while what is still due comes, and until it has been delivered.
  static void Linger(const Clock& clock, absl::Time until, hub::HubLink& link) {
    absl::Duration delivered = absl::InfiniteDuration();
    while (!interrupted && MonotonicNow() < delivered) {
      if (clock.Now() >= until) delivered = std::min(delivered, MonotonicNow() + kDelivery);
      link.Heartbeat(clock.Now());
      SleepReally(std::max(absl::Milliseconds(20), clock.ToReal(absl::Seconds(20))));
    }
  }

  static void ReadKeys(PlayCaregivers& caregivers) {
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
                            ChildService::Start(folder_.path(), config, true, IsInterrupted));
    VEILLE_RETURN_IF_ERROR(folder_.Keep(kept->pid()));
    if (client::JsonFromFlags()) {
      std::printf(
          "{\"kept\":{\"pid\":%d,\"folder\":%s,\"gateway\":\"127.0.0.1:7443\","
          "\"notifier\":\"127.0.0.1:7444\",\"metrics\":\"127.0.0.1:9464\"}}\n",
          static_cast<int>(kept->pid()), client::JsonString(folder_.path()).c_str());
      return absl::OkStatus();
    }
    std::error_code error;
    const std::string veille = ShellWord(std::filesystem::read_symlink("/proc/self/exe", error));
    const std::string folder = ShellWord(folder_.path());
    // Where the certificates are, unless that is where everybody looks anyway.
    const std::string data =
        absl::GetFlag(FLAGS_data).empty() ? "" : " --data " + ShellWord(absl::GetFlag(FLAGS_data));
    const std::string carer =
        ShellWord(recordings_[0].home.patients(0).circle().members(0).caregiver_id()) + data;
    std::printf(
        "veille: the service goes on in real time (process %d, data and log in %s)\n"
        "  alerts    %s watch --caregiver %s --notifier 127.0.0.1:7444\n"
        "  history   %s alerts --caregiver %s --notifier 127.0.0.1:7444 list\n"
        "  a hub     %s hub --source %s --speed max --gateway 127.0.0.1:7443\n"
        "  metrics   http://127.0.0.1:9464/metrics\n"
        "  stop      kill %d\n"
        "  again     %s all --config %s/veille.textproto --data %s\n",
        static_cast<int>(kept->pid()), folder_.path().c_str(), veille.c_str(), carer.c_str(),
        veille.c_str(), carer.c_str(), veille.c_str(),
        (ShellWord(absl::GetFlag(FLAGS_source)) + data).c_str(), static_cast<int>(kept->pid()),
        veille.c_str(), folder.c_str(), folder.c_str());
    return absl::OkStatus();
  }

  std::vector<domain::Recording> recordings_;
  int unreadable_ = 0;
  PlayFolder folder_;
  double speed_;
  absl::CivilDay shown_day_;
  const SystemClock system_{};
  hub::SilentPerson person_;
};

}  // namespace

int RunPlay(const std::vector<std::string>& args) {
  if (absl::Status status = client::CheckCommandLine(args); !status.ok())
    return client::ComplainOfUsage(status);
  const bool own_speed = !absl::GetFlag(FLAGS_speed).empty();
  absl::StatusOr<double> speed = client::SpeedFromFlags();
  if (speed.ok() && own_speed && *speed == 0)
    speed = absl::InvalidArgumentError("--speed: play needs a number, not 'max'");
  if (!speed.ok()) return client::ComplainOfUsage(speed.status());
  std::signal(SIGINT, Interrupt);
  std::signal(SIGTERM, Interrupt);
  std::signal(SIGPIPE, SIG_IGN);
  log::Options logging = log::DefaultOptions();
  logging.least = log::Level::kWarning;
  log::Configure(logging);
  const absl::StatusOr<int> code = Play(own_speed ? *speed : 0).Run();
  return code.ok() ? *code : client::Complain(code.status());
}

}  // namespace veille
