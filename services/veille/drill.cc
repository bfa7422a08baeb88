#include "services/veille/drill.h"

#include <utility>
#include <vector>

#include "absl/strings/str_format.h"

#include "veille/event/v1/event.pb.h"

#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/log/log.h"
#include "services/domain/keys.h"
#include "services/hub/hub_link.h"

namespace veille {
namespace {

using alert::v1::Alert;

constexpr absl::Duration kLook = absl::Milliseconds(100);
constexpr absl::Duration kFirstPoll = absl::Milliseconds(20), kLastPoll = absl::Seconds(1);
constexpr absl::Duration kTryAgain = absl::Minutes(1);
// What the gateway makes of our clock may be this much earlier.
constexpr absl::Duration kClockSlack = absl::Seconds(1);

absl::StatusOr<rpc::TlsFiles> TlsOf(const DrillOptions& options, const std::string& id,
                                    const std::string& server) {
  return options.tls ? options.tls(id, server) : rpc::TlsFiles();
}

absl::StatusOr<std::unique_ptr<client::CaregiverClient>> MakeClient(const DrillOptions& options) {
  client::CaregiverOptions client;
  client.address = options.notifier;
  client.caregiver_id = std::string(domain::kExerciseHome);
  client.client = "drill";
  VEILLE_ASSIGN_OR_RETURN(client.tls, TlsOf(options, "svc/exercise", "svc/notifier"));
  return client::CaregiverClient::Create(client);
}

event::v1::EventBatch Press(absl::Time at) {
  event::v1::EventBatch batch;
  event::v1::Event& event = *batch.add_events();
  SetTime(at, *event.mutable_event_time());
  event.set_device_id(std::string(domain::kExerciseHome));
  event.set_device_sequence(static_cast<uint64_t>(absl::ToUnixMicros(at)));
  event.mutable_personal_emergency()->set_trigger(event::v1::PersonalEmergency::TRIGGER_BUTTON);
  return batch;
}

// What the watching client has been shown. Thread safe.
class Shown {
 public:
  void OnAlert(const Alert& alert) {
    MutexLock lock(mu_);
    if (ToTime(alert.last_occurrence_time()) < pressed_ - kClockSlack || alert_.has_value()) return;
    alert_ = alert;
    at_ = MonotonicNow();
    changed_.NotifyAll();
  }
  void OnConnection(const absl::Status& status) {
    MutexLock lock(mu_);
    connection_ = status;
    changed_.NotifyAll();
  }
  void OnSnapshot() {
    MutexLock lock(mu_);
    watching_ = true;
    changed_.NotifyAll();
  }
  void Pressed(absl::Time at) {
    MutexLock lock(mu_);
    pressed_ = at;
  }
  void Wait(absl::Duration span) {
    MutexLock lock(mu_);
    changed_.WaitFor(mu_, span);
  }
  bool watching() const {
    MutexLock lock(mu_);
    return watching_;
  }
  absl::Status connection() const {
    MutexLock lock(mu_);
    return connection_;
  }
  std::optional<std::pair<Alert, absl::Duration>> alert() const {
    MutexLock lock(mu_);
    if (!alert_.has_value()) return std::nullopt;
    return std::pair(*alert_, at_);
  }

 private:
  mutable Mutex mu_;
  CondVar changed_;
  bool watching_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status connection_ ABSL_GUARDED_BY(mu_);
  absl::Time pressed_ ABSL_GUARDED_BY(mu_) = absl::InfiniteFuture();
  std::optional<Alert> alert_ ABSL_GUARDED_BY(mu_);
  absl::Duration at_ ABSL_GUARDED_BY(mu_);
};

class Drill {
 public:
  explicit Drill(const DrillOptions& options)
      : options_(options), until_(MonotonicNow() + options.within) {}
  ~Drill() {
    if (client_ != nullptr) client_->Stop();
  }

  absl::Status Run() {
    began_ = MonotonicNow();
    VEILLE_RETURN_IF_ERROR(Watch());
    VEILLE_RETURN_IF_ERROR(Connect());
    VEILLE_RETURN_IF_ERROR(Send());
    VEILLE_RETURN_IF_ERROR(AwaitAlert());
    VEILLE_RETURN_IF_ERROR(AwaitReceipt());
    return TakeAndClose();
  }

 private:
  void Reached(const char* name, std::string what, absl::Duration at) const {
    if (options_.on_stage) options_.on_stage({name, std::move(what), at - began_});
  }
  void Reached(const char* name, std::string what) const {
    Reached(name, std::move(what), MonotonicNow());
  }
  bool stopped() const { return options_.stop && options_.stop(); }

  template <typename Holds>
  bool Await(const Holds& holds) {
    while (!holds()) {
      if (stopped() || MonotonicNow() >= until_) return false;
      shown_.Wait(kLook);
    }
    return true;
  }

  absl::Status Missed(const char* stage, const std::string& why) const {
    if (stopped()) return absl::CancelledError("the drill was stopped");
    return absl::DeadlineExceededError(absl::StrFormat(
        "not reached within %s: %s: %s", absl::FormatDuration(options_.within), stage, why));
  }

  absl::Status Watch() {
    VEILLE_ASSIGN_OR_RETURN(client_, MakeClient(options_));
    client::WatchHandlers handlers;
    handlers.on_snapshot = [this](const alert::v1::Snapshot& snapshot) {
      for (const Alert& alert : snapshot.alerts()) shown_.OnAlert(alert);
      shown_.OnSnapshot();
    };
    handlers.on_update = [this](const alert::v1::Update& update) {
      shown_.OnAlert(update.alert());
    };
    handlers.on_connection = [this](const absl::Status& status) { shown_.OnConnection(status); };
    thread_ = Worker("drill-watch", [this, handlers] {
      if (absl::Status ended = client_->Watch(handlers); !ended.ok()) shown_.OnConnection(ended);
    });
    const bool watching =
        Await([&] { return shown_.watching() || absl::IsNotFound(shown_.connection()); });
    if (absl::IsNotFound(shown_.connection()))
      return absl::FailedPreconditionError("the service at " + options_.notifier +
                                           " has no synthetic patient: set synthetic_patient in "
                                           "the configuration of every role");
    if (!watching) {
      return Missed("client", "the notifier at " + options_.notifier + " does not answer (" +
                                  std::string(shown_.connection().message()) +
                                  "); --notifier HOST:PORT names another");
    }
    Reached("client", "the exercise's client watches");
    return absl::OkStatus();
  }

  absl::Status Connect() {
    hub::LinkOptions link;
    link.address = options_.gateway;
    link.source_id = std::string(domain::kExerciseHome);
    VEILLE_ASSIGN_OR_RETURN(
        link.tls, TlsOf(options_, "hub/" + std::string(domain::kExerciseHome), "svc/gateway"));
    link.now = [this] { return Now(); };
    VEILLE_ASSIGN_OR_RETURN(link_, hub::HubLink::Open(std::move(link)));
    absl::StatusOr<absl::Time> welcome = absl::UnavailableError("");
    const bool welcomed = Await([&] {
      welcome = link_->WaitWelcome(kLook);
      return !absl::IsUnavailable(welcome.status());
    });
    if (!welcomed) return Missed("gateway", std::string(welcome.status().message()));
    VEILLE_RETURN_IF_ERROR(welcome.status());
    {
      MutexLock lock(mu_);
      ahead_ = *welcome - SystemClock().Now();
    }
    Reached("gateway", "the gateway has welcomed its hub");
    return absl::OkStatus();
  }

  // By the gateway's clock, once it is known.
  absl::Time Now() const {
    MutexLock lock(mu_);
    return SystemClock().Now() + ahead_;
  }

  absl::Status Send() {
    const absl::Time at = Now();
    shown_.Pressed(at);
    began_ = MonotonicNow();
    link_->Send(Press(at), true, at);
    Reached("pressed", "the button is pressed", began_);
    if (!Await([&] { return link_->unacknowledged() == 0 || !link_->status().ok(); }))
      return Missed("log", "the gateway does not acknowledge: look at the gateway and Redis");
    VEILLE_RETURN_IF_ERROR(link_->status());
    Reached("log", "the event is durable in the log, and acknowledged");
    return absl::OkStatus();
  }

  absl::Status AwaitAlert() {
    if (!Await([&] { return shown_.alert().has_value(); })) {
      return Missed("alert",
                    "no alert has come to the client; what the log has is judged by the detector "
                    "(does every partition have an owner?), and told by the notifier");
    }
    const auto [alert, at] = *shown_.alert();
    if (alert.status() != alert::v1::STATUS_EXERCISE)
      return absl::InternalError("the alert is not marked as an exercise");
    const absl::Time made = ToTime(alert.update_time());
    Reached("alert",
            absl::StrFormat("judged, queued, and an alert is made (%s by the service's clock)",
                            absl::FormatTime("%H:%M:%E3S", made, absl::UTCTimeZone())),
            at);
    Reached("told", "the client has it", at);
    alert_id_ = alert.alert_id();
    pressed_by_ = ToTime(alert.last_occurrence_time());
    return absl::OkStatus();
  }

  absl::Status AwaitReceipt() {
    absl::Status last;
    absl::Duration pause = kFirstPoll;
    const bool known = Await([&] {
      const absl::StatusOr<Alert> alert = client_->Get(alert_id_);
      last = alert.status();
      if (alert.ok() && domain::HasArrived(*alert, pressed_by_)) return true;
      shown_.Wait(pause);
      pause = std::min(2 * pause, kLastPoll);
      return false;
    });
    if (!known) {
      return Missed("receipt", "the client's receipt is not recorded" +
                                   (last.ok() ? "" : ": " + std::string(last.message())));
    }
    Reached("receipt", "its receipt is recorded");
    return absl::OkStatus();
  }

  absl::Status TakeAndClose() {
    VEILLE_RETURN_IF_ERROR(client_->Acknowledge(alert_id_).status());
    Reached("taken", "the client has taken it");
    VEILLE_RETURN_IF_ERROR(
        client_->Resolve(alert_id_, alert::v1::OUTCOME_TEST, "exercise").status());
    Reached("closed", "and closed it as a test");
    return absl::OkStatus();
  }

  const DrillOptions& options_;
  const absl::Duration until_;
  absl::Duration began_;
  mutable Mutex mu_;
  absl::Duration ahead_ ABSL_GUARDED_BY(mu_);
  std::string alert_id_;
  absl::Time pressed_by_;
  Shown shown_;
  std::unique_ptr<client::CaregiverClient> client_;
  std::unique_ptr<hub::HubLink> link_;
  Worker thread_;  // Ends before what it watches with.
};

}  // namespace

absl::Status RunDrill(const DrillOptions& options) { return Drill(options).Run(); }

DailyDrill::DailyDrill(DrillOptions options, domain::ExerciseSchedule schedule,
                       std::shared_ptr<const Clock> clock)
    : options_(std::move(options)), schedule_(schedule), clock_(std::move(clock)) {
  options_.stop = [this] { return stopping(); };
  thread_ = Worker("daily-drill", [this] { Run(); });
}

DailyDrill::~DailyDrill() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.Join();
}

bool DailyDrill::stopping() const {
  MutexLock lock(mu_);
  return stopping_;
}

bool DailyDrill::IsKnown(absl::Time due) const {
  const auto client = MakeClient(options_);
  if (!client.ok()) return false;
  const auto alerts = (*client)->List("", false, 1);
  return alerts.ok() && !alerts->empty() && domain::HasArrived(alerts->front(), due);
}

void DailyDrill::Run() {
  std::optional<absl::Time> done;
  while (true) {
    const absl::Time due = domain::LastDue(schedule_, clock_->Now());
    absl::Duration wait = absl::Seconds(1);
    if (!done.has_value() && IsKnown(due)) done = due;
    if (!done.has_value() || *done < due) {
      const absl::Status arrived = RunDrill(options_);
      if (arrived.ok()) {
        done = due;
        VEILLE_LOG(kInfo, "the exercise alarm has arrived");
      } else if (!stopping()) {
        VEILLE_LOG(kError, "the exercise alarm has not arrived; it is tried again").Field(arrived);
        wait = kTryAgain;
      }
    }
    MutexLock lock(mu_);
    if (!stopping_) changed_.WaitFor(mu_, wait);
    if (stopping_) return;
  }
}

}  // namespace veille
