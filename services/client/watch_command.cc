// veille watch: alerts, live, in a terminal, with keys to take and to resolve.

#include <csignal>
#include <cstdio>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/client/alert_board.h"
#include "services/client/commands.h"
#include "services/client/flags.h"
#include "services/client/fresh_roots.h"
#include "services/client/utf8.h"

ABSL_DECLARE_FLAG(std::string, identity);

namespace veille::client {
namespace {

const char* Help(const Style& style) {
  return style.language == Language::kFrench
             ? "touches : 1-9 choisir · t prendre · r clore (vraie) · f fausse alerte · e essai · "
               "o autre, avec une note · s silence d'une heure pour cette règle · g garde · "
               "n je prends la nuit · d détails · h aide · q quitter\n"
             : "keys: 1-9 choose · t take · r resolve (real) · f false alarm · e test · "
               "o other, with a note · s snooze its rule for an hour · g who is on duty · "
               "n I take the night · d details · h help · q quit\n";
}

volatile std::sig_atomic_t interrupted = 0;
// The second time it ends us at once.
void Interrupt(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

// Keys one by one, unseen; as it was when it goes.
class RawTerminal {
 public:
  explicit RawTerminal(bool wanted) {
    raw_ = wanted && isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &before_) == 0;
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

  // Until q, the end of input, a signal, or Stop(). Without keys only for the latter two.
  void ReadKeys(bool keys) {
    while (true) {
      pollfd input = {keys ? STDIN_FILENO : -1, POLLIN, 0};
      const int ready = poll(&input, 1, 200);
      {
        MutexLock lock(mu_);
        if (stopped_) return;
      }
      if (interrupted != 0) return client_.Stop();
      if (ready <= 0) continue;
      char key = 0;
      if (read(STDIN_FILENO, &key, 1) != 1 || !(writing_.has_value() ? OnNote(key) : OnKey(key)))
        return client_.Stop();
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

  void OnSnapshot(const alert::v1::Snapshot& snapshot) {
    MutexLock lock(mu_);
    if (json_) {
      std::printf("{\"snapshot\":%s}\n", ToJson(snapshot).c_str());
    } else {
      std::set<std::string> open;
      for (const auto& alert : snapshot.alerts()) open.insert(alert.alert_id());
      board_.KeepOnly(open);
      for (const auto& alert : snapshot.alerts()) {
        const std::size_t number = board_.Put(alert);
        std::printf("%zu  %s\n", number, AlertLine(alert, Now(), style_).c_str());
      }
      if (snapshot.alerts().empty())
        std::fputs(Say("aucune alerte ouverte\n", "no open alerts\n"), stdout);
    }
    std::fflush(stdout);
  }

  void OnUpdate(const alert::v1::Update& update) {
    MutexLock lock(mu_);
    if (json_) {
      std::printf("{\"update\":%s}\n", ToJson(update).c_str());
    } else {
      const std::size_t number = board_.Put(update.alert());
      const bool calls = update.reason() == alert::v1::Update::REASON_NOTIFY;
      std::printf("%s%zu  %s  — %s\n", calls && style_.colour ? "\a" : "", number,
                  AlertLine(update.alert(), Now(), style_).c_str(),
                  ChangeText(update, style_).c_str());
    }
    std::fflush(stdout);
  }

  void OnConnection(const absl::Status& status) {
    const std::string reason(status.message());
    // Each attempt fails in the same way: once is enough.
    if (said_.has_value() && *said_ == reason) return;
    said_ = reason;
    if (json_) {
      if (status.ok()) {
        std::printf("{\"connection\":\"up\"}\n");
      } else {
        std::printf("{\"connection\":\"down\",\"reason\":%s}\n", JsonString(reason).c_str());
      }
      std::fflush(stdout);
    } else if (status.ok()) {
      std::fputs(Say("veille : connecté\n", "veille: connected\n"), stderr);
    } else {
      std::fprintf(stderr,
                   Say("veille : connexion perdue (%s) ; nouvel essai\n",
                       "veille: connection lost (%s); trying again\n"),
                   Printable(reason).c_str());
    }
  }

  void OnTime(absl::Time server_time) {
    MutexLock lock(mu_);
    server_offset_ = server_time - SystemClock().Now();
  }

  // False to quit.
  bool OnKey(char key) {
    if (key == 'q') return false;
    if (key == 'h' || key == '?') std::fputs(Help(style_), stderr);
    if (key == 'g') ShowDuty(client_.ListDuty("", absl::Hours(24)));
    if (key == 'n') TakeTheNight();
    const std::string id = Meant(key);
    if (id.empty()) return true;
    if (key == 'o') {
      writing_ = Note{id, ""};
      std::fputs(Say("note (Entrée pour clore, Échap pour renoncer) : ",
                     "note (Enter closes it, Escape gives up): "),
                 stderr);
    } else if (key == 's') {
      Snooze(id);
    } else {
      ShowAnswer(Answer(key, id), key != 'd' && (key < '1' || key > '9'));
    }
    return true;
  }

  absl::StatusOr<alert::v1::Alert> Answer(char key, const std::string& id) {
    switch (key) {
      case 't':
        return client_.Acknowledge(id);
      case 'r':
        return client_.Resolve(id, alert::v1::OUTCOME_REAL, "");
      case 'f':
        return client_.Resolve(id, alert::v1::OUTCOME_FALSE_ALARM, "");
      case 'e':
        return client_.Resolve(id, alert::v1::OUTCOME_TEST, "");
      default:
        return client_.Get(id);
    }
  }

  void ShowAnswer(const absl::StatusOr<alert::v1::Alert>& answer, bool done) {
    if (!answer.ok()) {
      Complain(answer.status());
      return;
    }
    MutexLock lock(mu_);
    if (done) board_.Release();
    std::printf("%zu  %s", board_.Put(*answer), AlertDetails(*answer, Now(), style_).c_str());
    std::fflush(stdout);
  }

  // A key of the note that says what it was. False to quit: never here, a note may hold a q.
  bool OnNote(char key) {
    constexpr char kEscape = 27, kBackspace = 8, kDelete = 127;
    if (key == kEscape) {
      writing_.reset();
      std::fputs("\n", stderr);
    } else if (key == '\n' || key == '\r') {
      const Note note = *std::exchange(writing_, std::nullopt);
      std::fputs("\n", stderr);
      if (IsUtf8(note.text)) {
        ShowAnswer(client_.Resolve(note.alert_id, alert::v1::OUTCOME_OTHER, note.text), true);
      } else {
        std::fputs(Say("veille : la note n'est pas en UTF-8 ; l'alerte reste ouverte\n",
                       "veille: the note is not UTF-8; the alert stays open\n"),
                   stderr);
      }
    } else if (key == kBackspace || key == kDelete) {
      if (PopCharacter(writing_->text)) std::fputs("\b \b", stderr);
    } else {
      writing_->text += key;
      std::fputc(key, stderr);
    }
    return true;
  }

  void Snooze(const std::string& id) {
    const auto alert = client_.Get(id);
    const auto snooze =
        alert.ok() ? client_.SnoozeAlerts(alert->patient_id(), alert->rule(), absl::Hours(1))
                   : absl::StatusOr<alert::v1::Snooze>(alert.status());
    if (!snooze.ok()) {
      Complain(snooze.status());
      return;
    }
    std::printf("%s\n", SnoozeLine(*snooze, style_).c_str());
    std::fflush(stdout);
  }

  void TakeTheNight() {
    alert::v1::TakeDutyRequest request;
    request.set_window("22:00-07:00");
    ShowDuty(client_.TakeDuty(request));
  }

  void ShowDuty(const absl::StatusOr<std::vector<alert::v1::DutySpan>>& spans) {
    if (!spans.ok()) {
      Complain(spans.status());
      return;
    }
    for (const alert::v1::DutySpan& span : *spans)
      std::printf("%s\n", DutyLine(span, style_).c_str());
    std::fflush(stdout);
  }

  // The alert that a key means; empty when it means none, which is said.
  std::string Meant(char key) {
    MutexLock lock(mu_);
    AlertBoard::Meant meant;
    if (key >= '1' && key <= '9') {
      meant.alert = board_.Choose(static_cast<std::size_t>(key - '0'));
    } else if (key == 't') {
      meant = board_.ToTake();
    } else if (key == 'r' || key == 'f' || key == 'e' || key == 'o') {
      meant = board_.ToClose();
    } else if (key == 'd' || key == 's') {
      meant.alert = board_.ToShow();
    } else {
      return "";
    }
    if (meant.alert != nullptr) return meant.alert->alert_id();
    std::fputs(meant.doubt == AlertBoard::Doubt::kSeveral
                   ? Say("veille : plusieurs alertes : d'abord le numéro de l'une d'elles\n",
                         "veille: there are several: press the number of one first\n")
                   : Say("veille : aucune alerte pour cette touche\n",
                         "veille: there is no alert for this key\n"),
               stderr);
    return "";
  }

  const char* Say(const char* french, const char* english) const {
    return style_.language == Language::kFrench ? french : english;
  }

  // A note that is being written, on the thread that reads keys.
  struct Note {
    std::string alert_id, text;
  };

  CaregiverClient& client_;
  std::optional<Note> writing_;
  const Style style_;
  const bool json_;
  Mutex mu_;
  AlertBoard board_ ABSL_GUARDED_BY(mu_);
  absl::Duration server_offset_ ABSL_GUARDED_BY(mu_);
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<std::string> said_;  // Of the connection; on the thread that watches.
};

}  // namespace

int RunWatch(const std::vector<std::string>& args) {
  if (absl::Status status = CheckCommandLine(args); !status.ok()) return ComplainOfUsage(status);
  const CaregiverOptions options = CaregiverOptionsFromFlags();
  if (options.caregiver_id.empty()) {
    std::fputs(
        "veille: --caregiver: say who you are, by the id that the home's circle has\n"
        "usage: veille watch --caregiver ID [--notifier HOST:PORT] [--language fr|en] "
        "[--output json]\n",
        stderr);
    return 2;
  }
  auto client = ConnectCaregiver(options);
  if (!client.ok()) return Complain(client.status());
  std::optional<RootsKeeper> roots;
  if (SignInFromFlags().has_value())
    roots.emplace(SignIns(DataFolder() + "/account"), absl::GetFlag(FLAGS_identity));
  std::signal(SIGINT, Interrupt);
  std::signal(SIGTERM, Interrupt);
  WatchScreen screen(**client);
  // A program reads JSON, and presses no keys.
  const RawTerminal terminal(!JsonFromFlags());
  if (terminal.raw()) std::fputs(Help(StyleFromFlags()), stderr);
  const bool has_keys = terminal.raw();
  Worker keys("keys", [&screen, has_keys] { screen.ReadKeys(has_keys); });
  const absl::Status status = (*client)->Watch(screen.Handlers());
  screen.Stop();
  keys.Join();
  return status.ok() ? 0 : ComplainOfService(status, options);
}

}  // namespace veille::client
