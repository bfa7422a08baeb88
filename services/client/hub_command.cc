// veille hub: sends a recording as a home hub does.

#include <atomic>
#include <csignal>
#include <cstdio>
#include <memory>

#include "absl/flags/flag.h"

#include "services/client/commands.h"
#include "services/client/flags.h"
#include "services/domain/recordings/recording.h"
#include "services/hub/player.h"

ABSL_FLAG(std::string, source_id, "", "hub: speak as this source. Default: the recording's own.");
ABSL_FLAG(std::string, start, "",
          "hub: RFC 3339 time at which the recording begins. Default: the gateway's clock.");

namespace veille::client {
namespace {

volatile std::sig_atomic_t interrupted = 0;
void Interrupt(int) { interrupted = 1; }

struct HubClock {
  std::shared_ptr<const Clock> clock = std::make_shared<SystemClock>();
};

int Report(const domain::Recording& recording, const hub::PlayResult& result) {
  for (const std::string& line : recording.bad_lines)
    std::fprintf(stderr, "veille: %s\n", line.c_str());
  if (JsonFromFlags()) {
    std::printf(
        "{\"source\":\"%s\",\"events\":%lu,\"batches\":%lu,\"bad_lines\":%lu,\"acknowledged\":%s}"
        "\n",
        recording.name.c_str(), static_cast<unsigned long>(result.events),
        static_cast<unsigned long>(result.batches),
        static_cast<unsigned long>(recording.bad_line_count),
        result.status.ok() ? "true" : "false");
  } else {
    std::printf("%s: %lu events in %lu batches, %s; %lu lines could not be read\n",
                recording.name.c_str(), static_cast<unsigned long>(result.events),
                static_cast<unsigned long>(result.batches),
                result.status.ok() ? "all acknowledged" : "NOT all acknowledged",
                static_cast<unsigned long>(recording.bad_line_count));
  }
  return result.status.ok() ? 0 : Complain(result.status);
}

}  // namespace

int RunHub(const std::vector<std::string>& /*args*/) {
  auto recording = domain::OpenRecording(absl::GetFlag(FLAGS_source));
  if (!recording.ok()) return Complain(recording.status());
  const auto speed = SpeedFromFlags();
  if (!speed.ok()) return Complain(speed.status());
  std::signal(SIGINT, Interrupt);
  std::signal(SIGTERM, Interrupt);
  const auto holder = std::make_shared<HubClock>();
  hub::LinkOptions options;
  options.address = absl::GetFlag(FLAGS_gateway);
  const CaregiverOptions tls = CaregiverOptionsFromFlags();
  options.ca_file = tls.ca_file;
  options.certificate_file = tls.certificate_file;
  options.key_file = tls.key_file;
  options.source_id = absl::GetFlag(FLAGS_source_id);
  if (options.source_id.empty()) options.source_id = recording->home.sources(0).source_id();
  options.on_rejection = [](const std::string& what) {
    std::fprintf(stderr, "veille: the gateway put an event aside: %s\n", what.c_str());
  };
  // Until the gateway has told its time, ours is as good as any: only Hello has been sent then.
  auto world = std::make_shared<std::atomic<const Clock*>>(holder->clock.get());
  options.now = [world] { return world->load()->Now(); };
  auto link = hub::HubLink::Open(std::move(options));
  if (!link.ok()) return Complain(link.status());
  const auto server_time = (*link)->WaitWelcome(absl::Seconds(30));
  if (!server_time.ok()) return Complain(server_time.status());

  absl::Time start = *server_time;
  std::string error;
  if (const std::string wanted = absl::GetFlag(FLAGS_start);
      !wanted.empty() && !absl::ParseTime(absl::RFC3339_full, wanted, &start, &error)) {
    return Complain(absl::InvalidArgumentError("--start: " + error));
  }
  const bool as_backlog = *speed == 0;
  const ScaledClock clock(*server_time, as_backlog ? 1 : *speed);
  world->store(&clock);
  // As fast as it goes: a backlog that ends now. Else it begins at the next such time of day.
  if (as_backlog) start -= recording->end - recording->start + absl::Hours(24);
  domain::ShiftTo(start, *recording);
  const hub::PlayResult result =
      hub::Play(*recording, as_backlog ? nullptr : &clock, **link, [] { return interrupted != 0; });
  const int code = Report(*recording, result);
  link->reset();  // Before the clock that it asks.
  return code;
}

}  // namespace veille::client
