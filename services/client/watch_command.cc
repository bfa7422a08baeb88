// veille watch: alerts, live, in a terminal, with keys to take and to resolve.

#include <csignal>
#include <cstdio>
#include <vector>

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/client/commands.h"
#include "services/client/flags.h"

namespace veille::client {
namespace {

constexpr char kHelp[] =
    "keys: 1-9 choose · t take · r resolve (real) · f false alarm · d details · q quit\n";

// Keys one by one, unseen; as it was when it goes.
class RawTerminal {
 public:
  RawTerminal() {
    raw_ = isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!raw_) return;
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  ~RawTerminal() {
    if (raw_) tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  bool raw() const { return raw_; }

 private:
  termios before_ = {};
  bool raw_ = false;
};

class WatchScreen {
 public:
  explicit WatchScreen(CaregiverClient& client)
      : client_(client), style_(StyleFromFlags()), json_(JsonFromFlags()) {}

  WatchHandlers Handlers() {
    return {[this](const alert::v1::Snapshot& snapshot) { OnSnapshot(snapshot); },
            [this](const alert::v1::Update& update) { OnUpdate(update); },
            [this](const absl::Status& status) { OnConnection(status); },
            [this](absl::Time now) { OnTime(now); }};
  }

  // Until q, or the end of input.
  void ReadKeys() {
    while (true) {
      pollfd input = {STDIN_FILENO, POLLIN, 0};
      {
        MutexLock lock(mu_);
        if (stopped_) return;
      }
      if (poll(&input, 1, 200) <= 0) continue;
      char key = 0;
      if (read(STDIN_FILENO, &key, 1) != 1 || !OnKey(key)) return client_.Stop();
    }
  }
  void Stop() {
    MutexLock lock(mu_);
    stopped_ = true;
  }

 private:
  // The server's clock where it was heard: in accelerated play it is not ours.
  absl::Time Now() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const absl::Time ours = SystemClock().Now();
    return absl::AbsDuration(server_offset_) > absl::Minutes(1) ? ours + server_offset_ : ours;
  }

  void Remember(const alert::v1::Alert& alert) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    for (alert::v1::Alert& known : alerts_) {
      if (known.alert_id() != alert.alert_id()) continue;
      known = alert;
      return;
    }
    alerts_.push_back(alert);
    if (alerts_.size() > 9) alerts_.erase(alerts_.begin());
    chosen_ = alerts_.size() - 1;
  }

  std::size_t NumberOf(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    for (std::size_t i = 0; i < alerts_.size(); ++i)
      if (alerts_[i].alert_id() == id) return i + 1;
    return 0;
  }

  void OnSnapshot(const alert::v1::Snapshot& snapshot) {
    MutexLock lock(mu_);
    if (json_) {
      std::printf("{\"snapshot\":%s}\n", ToJson(snapshot).c_str());
    } else {
      for (const auto& alert : snapshot.alerts()) {
        Remember(alert);
        std::printf("%zu  %s\n", NumberOf(alert.alert_id()),
                    AlertLine(alert, Now(), style_).c_str());
      }
    }
    std::fflush(stdout);
  }

  void OnUpdate(const alert::v1::Update& update) {
    MutexLock lock(mu_);
    if (json_) {
      std::printf("{\"update\":%s}\n", ToJson(update).c_str());
    } else {
      Remember(update.alert());
      const bool calls = update.reason() == alert::v1::Update::REASON_NOTIFY;
      std::printf("%s%zu  %s  — %s\n", calls && style_.colour ? "\a" : "",
                  NumberOf(update.alert().alert_id()),
                  AlertLine(update.alert(), Now(), style_).c_str(),
                  ChangeText(update, style_).c_str());
    }
    std::fflush(stdout);
  }

  void OnConnection(const absl::Status& status) {
    if (json_) {
      std::printf("{\"connection\":\"%s\"}\n", status.ok() ? "up" : "down");
      std::fflush(stdout);
    } else if (status.ok()) {
      std::fputs("veille: connected\n", stderr);
    } else {
      std::fprintf(stderr, "veille: connection lost (%s); trying again\n",
                   std::string(status.message()).c_str());
    }
  }

  void OnTime(absl::Time server_time) {
    MutexLock lock(mu_);
    server_offset_ = server_time - SystemClock().Now();
  }

  bool OnKey(char key) {
    std::string id;
    {
      MutexLock lock(mu_);
      if (key >= '1' && key <= '9') {
        const auto wanted = static_cast<std::size_t>(key - '1');
        if (wanted < alerts_.size()) chosen_ = wanted;
      }
      if (chosen_ < alerts_.size()) id = alerts_[chosen_].alert_id();
    }
    if (key == 'q') return false;
    if (key == 'h' || key == '?') std::fputs(kHelp, stderr);
    if (id.empty()) return true;
    absl::StatusOr<alert::v1::Alert> answer = absl::CancelledError("");
    if (key == 't') answer = client_.Acknowledge(id);
    if (key == 'r') answer = client_.Resolve(id, alert::v1::OUTCOME_REAL, "");
    if (key == 'f') answer = client_.Resolve(id, alert::v1::OUTCOME_FALSE_ALARM, "");
    if (key == 'd' || (key >= '1' && key <= '9')) answer = client_.Get(id);
    if (answer.ok()) {
      MutexLock lock(mu_);
      std::fputs(AlertDetails(*answer, Now(), style_).c_str(), stdout);
      std::fflush(stdout);
    } else if (!absl::IsCancelled(answer.status())) {
      Complain(answer.status());
    }
    return true;
  }

  CaregiverClient& client_;
  const Style style_;
  const bool json_;
  Mutex mu_;
  std::vector<alert::v1::Alert> alerts_ ABSL_GUARDED_BY(mu_);
  std::size_t chosen_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Duration server_offset_ ABSL_GUARDED_BY(mu_);
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace

int RunWatch(const std::vector<std::string>& args) {
  if (absl::Status status = CheckCommandLine(args); !status.ok()) return ComplainOfUsage(status);
  const CaregiverOptions options = CaregiverOptionsFromFlags();
  if (options.caregiver_id.empty()) {
    std::fputs(
        "usage: veille watch --caregiver ID [--notifier HOST:PORT] [--language fr|en] "
        "[--output json]\n",
        stderr);
    return 2;
  }
  auto client = CaregiverClient::Create(options);
  if (!client.ok()) return Complain(client.status());
  WatchScreen screen(**client);
  const RawTerminal terminal;
  if (terminal.raw()) std::fputs(kHelp, stderr);
  Worker keys;
  if (terminal.raw()) keys = Worker("keys", [&screen] { screen.ReadKeys(); });
  const absl::Status status = (*client)->Watch(screen.Handlers());
  screen.Stop();
  keys.Join();
  return status.ok() ? 0 : Complain(status);
}

}  // namespace veille::client
