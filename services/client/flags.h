// Flags that several commands share. Defined in flags.cc.

#ifndef SERVICES_CLIENT_FLAGS_H_
#define SERVICES_CLIENT_FLAGS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/flags/declare.h"

#include "services/client/caregiver_client.h"
#include "services/client/render.h"
#include "services/domain/recordings/playlist.h"

ABSL_DECLARE_FLAG(std::string, data);
ABSL_DECLARE_FLAG(std::string, source);
ABSL_DECLARE_FLAG(std::string, speed);
ABSL_DECLARE_FLAG(int, limit);
ABSL_DECLARE_FLAG(std::string, output);
ABSL_DECLARE_FLAG(std::string, language);
ABSL_DECLARE_FLAG(std::string, caregiver);
ABSL_DECLARE_FLAG(std::string, notifier);
ABSL_DECLARE_FLAG(std::string, gateway);

namespace veille::client {

// Where everything is kept: --data, or the user's own folder.
std::string DataFolder();

// From the flags; without files of TLS.
CaregiverOptions CaregiverOptionsFromFlags();
// The files with which we speak as `id` ("hub/h1", "svc/terminal") to `server` ("svc/gateway"):
// those of --tls_ca and its like, else of the hub that was enrolled here, else made by the
// authority that is kept here. None with --plaintext. FAILED_PRECONDITION says how to get some.
absl::StatusOr<rpc::TlsFiles> TlsFromFlags(const std::string& id, const std::string& server);
absl::StatusOr<std::unique_ptr<CaregiverClient>> ConnectCaregiver(CaregiverOptions options);
Style StyleFromFlags();
bool JsonFromFlags();
// World seconds a real second; 0 for as fast as it goes ("max").
absl::StatusOr<double> SpeedFromFlags();

// What --source names, under --assume_accuracy_m; not thinned.
absl::StatusOr<domain::Playlist> PlaylistFromFlags();

// "veille: …" on standard error; returns 1.
int Complain(const absl::Status& status);
// The same for what the alert service answered, with what to do about it.
int ComplainOfService(const absl::Status& status, const CaregiverOptions& options);
// The same for a command that was called wrongly; returns 2.
int ComplainOfUsage(const absl::Status& status);

// Faults of the flags that every command shares, and of what remains beside them.
absl::Status CheckCommandLine(const std::vector<std::string>& rest);

// What a reader skipped and supposed, on standard error: the first lines, and how many more. `name`
// of the recording; empty for a list.
void TellReading(const std::string& name, const domain::ReadReport& report);

}  // namespace veille::client

#endif  // SERVICES_CLIENT_FLAGS_H_
