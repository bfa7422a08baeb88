// veille hub: sends recordings as a home hub does, one after the other.

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "absl/flags/flag.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "google/protobuf/text_format.h"

#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/time/local_time.h"
#include "services/client/commands.h"
#include "services/client/flags.h"
#include "services/hub/command_prompter.h"
#include "services/hub/enrolled_hub.h"
#include "services/hub/player.h"
#include "services/hub/renewal.h"

ABSL_FLAG(std::string, source_id, "", "hub: speak as this source. Default: the recording's own.");
ABSL_FLAG(
    std::string, prompt_command, "",
    "hub: puts prompts to the person, run by the shell: the text on its standard input, its "
    "language in VEILLE_PROMPT_LANGUAGE. A line 'fine' or 'help' on its output is the answer; "
    "it is killed when the prompt expires. Default: prompts are not delivered.");
ABSL_FLAG(std::string, start, "",
          "hub: RFC 3339 time from which on the recording begins, at its own time of day. Default: "
          "the gateway's clock.");
ABSL_FLAG(std::string, write_homes, "",
          "hub: instead of sending, writes the home of each recording into this folder, as a file "
          "for the service's homes.");

namespace veille::client {
namespace {

constexpr absl::Duration kWelcomePatience = absl::Seconds(30);
// Until every gateway knows that a hub was enrolled: each looks about once a second.
constexpr absl::Duration kNewHubPatience = absl::Seconds(15);
constexpr absl::Duration kLook = absl::Milliseconds(200);
// Long enough to tell a service whose clock runs faster from one in real time.
constexpr absl::Duration kMeasure = absl::Milliseconds(500);

volatile std::sig_atomic_t interrupted = 0;
// The second time it ends us at once.
void Interrupt(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

struct Plan {
  double speed = 1;  // 0: as fast as it goes.
  std::optional<absl::Time> start;
  std::string source_id;
};

absl::StatusOr<Plan> PlanFromFlags() {
  Plan plan;
  VEILLE_ASSIGN_OR_RETURN(plan.speed, SpeedFromFlags());
  plan.source_id = absl::GetFlag(FLAGS_source_id);
  const std::string wanted = absl::GetFlag(FLAGS_start);
  if (wanted.empty()) return plan;
  absl::Time start;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, wanted, &start, &error)) {
    return absl::InvalidArgumentError("--start: '" + wanted +
                                      "' is not a time such as 2026-01-15T20:30:00+01:00");
  }
  plan.start = start;
  return plan;
}

absl::StatusOr<absl::Time> WaitWelcome(hub::HubLink& link) {
  absl::StatusOr<absl::Time> time = absl::CancelledError("interrupted before the gateway answered");
  const absl::Duration until = MonotonicNow() + kWelcomePatience;
  while (interrupted == 0 && MonotonicNow() < until) {
    time = link.WaitWelcome(kLook);
    if (!absl::IsUnavailable(time.status())) break;
  }
  // Not what is said to who has the wrong certificate.
  if (absl::IsPermissionDenied(time.status()) &&
      std::string(time.status().message()).find("no home has") != std::string::npos) {
    return absl::PermissionDeniedError(
        std::string(time.status().message()) +
        "; --write_homes FOLDER writes the file of the recording's home, for the folder of homes "
        "of the service, which follows it while it runs");
  }
  return time;
}

// The gateway's clock, and how many of its seconds pass in one of ours.
struct ServiceClock {
  absl::Time now;
  double speed = 1;
};

void ReportAnswer(const hub::v1::Prompt& prompt, event::v1::PromptAnswer::Answer answer) {
  const std::string how = event::v1::PromptAnswer::Answer_Name(answer).substr(7);
  if (JsonFromFlags()) {
    std::printf("{\"prompt\":{\"id\":%s,\"text\":%s,\"language\":%s,\"answer\":%s}}\n",
                JsonString(prompt.prompt_id()).c_str(), JsonString(prompt.text()).c_str(),
                JsonString(prompt.language()).c_str(), JsonString(how).c_str());
  } else {
    std::printf("prompt %s \"%s\": %s\n", Printable(prompt.prompt_id()).c_str(),
                Printable(prompt.text()).c_str(), absl::AsciiStrToLower(how).c_str());
  }
  std::fflush(stdout);
}

// One recording through one connection.
class Sender {
 public:
  Sender(const Plan& plan, domain::Recording& recording) : plan_(plan), recording_(recording) {
    if (const std::string command = absl::GetFlag(FLAGS_prompt_command); !command.empty())
      prompter_.emplace(command, [this] { return world_.load()->Now(); });
  }

  absl::StatusOr<hub::PlayResult> Run() {
    // What a fast recording means depends on the service: one that is as fast lives it, one in real
    // time is given it as a backlog, because it believes no event of the future.
    ServiceClock service;
    if (plan_.speed > 1) {
      VEILLE_ASSIGN_OR_RETURN(service, Measure());
    }
    VEILLE_ASSIGN_OR_RETURN(std::unique_ptr<hub::HubLink> link, Open());
    VEILLE_ASSIGN_OR_RETURN(service.now, WaitWelcome(*link));
    const bool backlog = plan_.speed == 0 || (plan_.speed > 1 && service.speed < 1.5);
    world_ = &scaled_.emplace(service.now, backlog ? service.speed : std::max(plan_.speed, 1e-6));
    absl::Time start = plan_.start.value_or(service.now);
    if (backlog && !plan_.start.has_value()) {
      start -= recording_.end - recording_.start;
      if (recording_.dated) start -= absl::Hours(24);
    }
    domain::ShiftTo(start, recording_);
    if (backlog && recording_.end > service.now) {
      return absl::InvalidArgumentError(
          "--start: a backlog is over by now, and this one would end at " +
          absl::FormatTime(absl::RFC3339_sec, recording_.end, absl::UTCTimeZone()));
    }
    // A backlog that is not sent as fast as it goes is paced by a clock that starts in the past.
    const ScaledClock pace(recording_.start, plan_.speed == 0 ? 1 : plan_.speed);
    Announce(service.now, backlog);
    const Clock* paced_by = plan_.speed == 0 ? nullptr : backlog ? &pace : &*scaled_;
    return hub::Play(recording_, paced_by, *link, [] { return interrupted != 0; });
  }

 private:
  absl::StatusOr<std::unique_ptr<hub::HubLink>> Open() {
    hub::LinkOptions options;
    options.address = absl::GetFlag(FLAGS_gateway);
    options.source_id =
        plan_.source_id.empty() ? recording_.home.sources(0).source_id() : plan_.source_id;
    VEILLE_ASSIGN_OR_RETURN(options.tls, TlsFromFlags("hub/" + options.source_id, "svc/gateway"));
    options.on_rejection = [](const std::string& what) {
      std::fprintf(stderr, "veille: the gateway put an event aside: %s\n", what.c_str());
    };
    // Until the gateway has told its time, ours is as good as any: only Hello has been sent then.
    options.now = [this] { return world_.load()->Now(); };
    if (prompter_.has_value()) options.prompter = &*prompter_;
    options.on_answer = ReportAnswer;
    const hub::EnrolledHub enrolled(DataFolder() + "/hub", "hub/" + options.source_id);
    if (options.tls.certificate_file == enrolled.Tls().certificate_file) {
      RenewWhenDue(enrolled);
      if (enrolled.IsNew(system_.Now())) options.denied_patience = kNewHubPatience;
    }
    return hub::HubLink::Open(std::move(options));
  }

  void RenewWhenDue(const hub::EnrolledHub& enrolled) {
    if (renewal_.has_value()) return;
    hub::Renewal::Options renewal;
    renewal.due = [enrolled] { return enrolled.RenewalTime(); };
    renewal.renew = [enrolled] { return hub::RenewNow(enrolled); };
    renewal.now = [this] { return system_.Now(); };
    renewal_.emplace(std::move(renewal));
  }

  absl::StatusOr<ServiceClock> Measure() {
    const auto ask = [this]() -> absl::StatusOr<absl::Time> {
      VEILLE_ASSIGN_OR_RETURN(const std::unique_ptr<hub::HubLink> link, Open());
      return WaitWelcome(*link);
    };
    VEILLE_ASSIGN_OR_RETURN(const absl::Time first, ask());
    const absl::Duration from = MonotonicNow();
    SleepReally(kMeasure);
    VEILLE_ASSIGN_OR_RETURN(const absl::Time second, ask());
    const absl::Duration took = MonotonicNow() - from;
    return ServiceClock{second, absl::FDivDuration(second - first, took)};
  }

  void Announce(absl::Time now, bool backlog) const {
    if (JsonFromFlags()) return;
    const absl::TimeZone zone = LoadZone(recording_.home.zone()).value_or(absl::UTCTimeZone());
    const auto day = [&zone](absl::Time at) {
      return absl::FormatTime("%Y-%m-%d %H:%M:%S", at, zone);
    };
    std::fprintf(stderr, "veille: %s: from %s to %s%s\n", Printable(recording_.name).c_str(),
                 day(recording_.start).c_str(), day(recording_.end).c_str(),
                 backlog ? ", as a backlog" : "");
    const absl::Duration wait = (recording_.start - now) / std::max(plan_.speed, 1e-6);
    if (!backlog && wait > absl::Minutes(1)) {
      std::fprintf(
          stderr, "veille: it begins in %s; --speed max sends it at once, as a backlog\n",
          AgeText(absl::UnixEpoch(), absl::UnixEpoch() + wait, Language::kEnglish).c_str());
    }
  }

  const Plan& plan_;
  domain::Recording& recording_;
  const SystemClock system_;
  std::optional<ScaledClock> scaled_;
  std::atomic<const Clock*> world_{&system_};
  std::optional<hub::Renewal> renewal_;
  std::optional<hub::CommandPrompter> prompter_;  // Asks the clock for as long as it lives.
};

void Report(const domain::Recording& recording, const hub::PlayResult& result) {
  const char* acknowledged = result.status.ok() ? "all acknowledged" : "NOT all acknowledged";
  if (JsonFromFlags()) {
    std::printf(
        "{\"source\":%s,\"events\":%lu,\"batches\":%lu,\"bad_lines\":%lu,\"acknowledged\":%s,"
        "\"complete\":%s}\n",
        JsonString(recording.name).c_str(), static_cast<unsigned long>(result.events),
        static_cast<unsigned long>(result.batches),
        static_cast<unsigned long>(recording.bad_line_count), result.status.ok() ? "true" : "false",
        result.stopped ? "false" : "true");
  } else {
    std::printf("%s: %lu%s events in %lu batches, %s; %lu lines could not be read\n",
                Printable(recording.name).c_str(), static_cast<unsigned long>(result.events),
                result.stopped ? absl::StrFormat(" of %d", recording.events.size()).c_str() : "",
                static_cast<unsigned long>(result.batches), acknowledged,
                static_cast<unsigned long>(recording.bad_line_count));
  }
  std::fflush(stdout);
}

absl::Status WriteHome(const domain::Recording& recording, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return absl::UnavailableError("cannot make " + folder + ": " + error.message());
  std::string text;
  google::protobuf::TextFormat::PrintToString(recording.home, &text);
  const std::string path = folder + "/" + recording.home.home_id() + ".textproto";
  VEILLE_RETURN_IF_ERROR(WriteFileAtomically(path, text));
  std::printf("%s\n", path.c_str());
  return absl::OkStatus();
}

// One recording; OK when it was sent whole and everything is acknowledged.
absl::Status SendOne(const Plan& plan, const domain::Playlist& playlist, std::size_t index) {
  VEILLE_ASSIGN_OR_RETURN(domain::Recording recording, playlist.Read(index));
  TellReading(playlist.name(index), recording);
  if (const std::string folder = absl::GetFlag(FLAGS_write_homes); !folder.empty())
    return WriteHome(recording, folder);
  VEILLE_ASSIGN_OR_RETURN(const hub::PlayResult result, Sender(plan, recording).Run());
  Report(recording, result);
  VEILLE_RETURN_IF_ERROR(result.status);
  if (result.stopped) return absl::CancelledError("interrupted before the end of the recording");
  return absl::OkStatus();
}

}  // namespace

int RunHub(const std::vector<std::string>& args) {
  if (!args.empty() && args[0] == "enroll") return RunEnroll(args);
  if (absl::Status status = CheckCommandLine(args); !status.ok()) return ComplainOfUsage(status);
  const auto plan = PlanFromFlags();
  if (!plan.ok()) return ComplainOfUsage(plan.status());
  auto playlist = PlaylistFromFlags();
  if (!playlist.ok()) return Complain(playlist.status());
  playlist->Thin(static_cast<std::size_t>(std::max(0, absl::GetFlag(FLAGS_limit))));
  TellReading("", playlist->report());
  std::signal(SIGINT, Interrupt);
  std::signal(SIGTERM, Interrupt);
  std::size_t failed = 0;
  for (std::size_t i = 0; i < playlist->size() && interrupted == 0; ++i) {
    if (playlist->size() > 1 && !JsonFromFlags()) {
      std::fprintf(stderr, "veille: %zu of %zu: %s\n", i + 1, playlist->size(),
                   Printable(playlist->name(i)).c_str());
    }
    const absl::Status status = SendOne(*plan, *playlist, i);
    if (status.ok()) continue;
    Complain(status);
    ++failed;
    // What the gateway refuses or cannot be reached for will not change with the next recording.
    if (absl::IsUnavailable(status) || absl::IsPermissionDenied(status)) break;
  }
  return failed == 0 && interrupted == 0 ? 0 : 1;
}

}  // namespace veille::client
