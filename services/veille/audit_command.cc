// veille audit: reads the audit log, and says whether it is whole.

#include <algorithm>
#include <cstdio>
#include <set>
#include <sstream>
#include <utility>

#include "absl/flags/declare.h"
#include "absl/flags/flag.h"
#include "absl/strings/str_format.h"
#include "google/protobuf/util/json_util.h"

#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/redis/pipelined_client.h"
#include "common/redis/private_server.h"
#include "services/client/flags.h"
#include "services/domain/audit/audit_log.h"
#include "services/domain/deployment.h"
#include "services/domain/keys.h"
#include "services/veille/commands.h"
#include "services/veille/operator_audit.h"

ABSL_DECLARE_FLAG(std::string, config);
ABSL_DECLARE_FLAG(std::string, data);
// Of the caregivers' commands, too.
ABSL_DECLARE_FLAG(std::string, patient);
ABSL_FLAG(
    std::string, audit_key, "",
    "audit: public key in PEM that checkpoints are signed with. Default: audit.pub in --data.");
ABSL_FLAG(std::string, anchor, "",
          "audit verify: checkpoints that were kept elsewhere, as it prints them; the log must "
          "contain them.");
ABSL_FLAG(std::string, write_anchor, "",
          "audit verify: writes the newest checkpoint of each partition into this file.");

namespace veille {
namespace {

using store::v1::AuditCheckpoint;
using store::v1::AuditEntry;

constexpr char kUsage[] =
    "veille audit verify | list [--patient ID]: with --data FOLDER of a running 'veille all' (by "
    "default this user's), or --config FILE of a role";

struct Opened {
  std::unique_ptr<redis::PipelinedClient> client;
  int partitions = 0;
};

// A folder that was named comes first, then a configuration, then this user's folder.
bool IsConfigured() {
  return absl::GetFlag(FLAGS_data).empty() && !absl::GetFlag(FLAGS_config).empty();
}

absl::StatusOr<Opened> Open() {
  redis::PipelinedClient::Options options;
  options.name = "veille-audit";
  // Else the folder that was named, or this user's.
  const bool configured = IsConfigured();
  VEILLE_ASSIGN_OR_RETURN(options.endpoint,
                          DataEndpointOf(configured ? absl::GetFlag(FLAGS_config) : "",
                                         configured ? "" : client::DataFolder()));
  Opened opened;
  opened.client = std::make_unique<redis::PipelinedClient>(std::move(options));
  VEILLE_ASSIGN_OR_RETURN(opened.partitions, domain::CheckDeployment(*opened.client, 0));
  return opened;
}

absl::StatusOr<VerifyingKey> PublicKey() {
  std::string path = absl::GetFlag(FLAGS_audit_key);
  if (path.empty() && !IsConfigured()) path = client::DataFolder() + "/audit.pub";
  if (path.empty())
    return absl::InvalidArgumentError("--audit_key: names the public key that signs the log");
  VEILLE_ASSIGN_OR_RETURN(const std::string pem, ReadFile(path));
  return VerifyingKey::FromPem(pem);
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) return "{}";
  return json;
}

// One checkpoint a line, in protobuf's JSON.
absl::StatusOr<std::vector<AuditCheckpoint>> ReadAnchor(const std::string& path) {
  std::vector<AuditCheckpoint> checkpoints;
  if (path.empty()) return checkpoints;
  VEILLE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line.empty()) continue;
    if (!google::protobuf::util::JsonStringToMessage(line, &checkpoints.emplace_back()).ok()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s:%d: is not a checkpoint as 'veille audit verify --write_anchor' "
                          "writes it",
                          path, number));
    }
  }
  return checkpoints;
}

absl::StatusOr<bool> Verify() {
  VEILLE_ASSIGN_OR_RETURN(const Opened opened, Open());
  VEILLE_ASSIGN_OR_RETURN(const VerifyingKey key, PublicKey());
  VEILLE_ASSIGN_OR_RETURN(const std::vector<AuditCheckpoint> anchor,
                          ReadAnchor(absl::GetFlag(FLAGS_anchor)));
  std::size_t entries = 0, checkpoints = 0, faults = 0;
  std::string newest;
  for (int partition = 0; partition < opened.partitions; ++partition) {
    VEILLE_ASSIGN_OR_RETURN(domain::StoredAudit stored,
                            domain::LoadAudit(*opened.client, partition));
    if (!stored.checkpoints.empty()) newest += ToJson(stored.checkpoints.back()) + "\n";
    for (const AuditCheckpoint& kept : anchor)
      if (kept.partition() == static_cast<uint32_t>(partition)) stored.checkpoints.push_back(kept);
    entries += stored.entries.size();
    checkpoints += stored.checkpoints.size();
    for (const std::string& fault :
         domain::VerifyAudit(partition, stored.entries, stored.head, stored.checkpoints, key)) {
      std::printf("partition %d: %s\n", partition, fault.c_str());
      ++faults;
    }
  }
  if (const std::string path = absl::GetFlag(FLAGS_write_anchor); !path.empty())
    VEILLE_RETURN_IF_ERROR(WriteFileAtomically(path, newest));
  std::printf("%zu entries, %zu checkpoints: %s\n", entries, checkpoints,
              faults == 0 ? "whole" : absl::StrFormat("%d faults", faults).c_str());
  return faults == 0;
}

// Of a person: what names them, and what was done to the whole of a home that is theirs.
class Wanted {
 public:
  Wanted(std::string patient, const std::vector<AuditEntry>& entries)
      : patient_(std::move(patient)) {
    for (const AuditEntry& entry : entries)
      if (entry.patient_id() == patient_) homes_.insert(entry.home_id());
  }
  bool operator()(const AuditEntry& entry) const {
    if (patient_.empty() || entry.patient_id() == patient_) return true;
    return entry.patient_id().empty() && homes_.count(entry.home_id()) > 0;
  }
  bool nobody() const { return !patient_.empty() && homes_.empty(); }

 private:
  const std::string patient_;
  std::set<std::string> homes_;
};

absl::Status List() {
  VEILLE_ASSIGN_OR_RETURN(const Opened opened, Open());
  std::vector<AuditEntry> entries;
  for (int partition = 0; partition < opened.partitions; ++partition) {
    VEILLE_ASSIGN_OR_RETURN(const domain::StoredAudit stored,
                            domain::LoadAudit(*opened.client, partition));
    for (const std::string& bytes : stored.entries)
      if (!entries.emplace_back().ParseFromString(bytes)) entries.pop_back();
  }
  const Wanted wanted(absl::GetFlag(FLAGS_patient), entries);
  if (wanted.nobody())
    return absl::NotFoundError("--patient: no entry names this person; ids are written in full");
  const auto time = [](const AuditEntry& entry) {
    return std::pair(entry.time().seconds(), entry.time().nanos());
  };
  std::stable_sort(entries.begin(), entries.end(),
                   [&](const AuditEntry& a, const AuditEntry& b) { return time(a) < time(b); });
  for (AuditEntry& entry : entries) {
    if (!wanted(entry)) continue;
    entry.clear_previous_hash();
    std::printf("%s\n", ToJson(entry).c_str());
  }
  return absl::OkStatus();
}

int Complain(const absl::Status& status, int code) {
  std::fprintf(stderr, "veille: %s\n", std::string(status.message()).c_str());
  return code;
}

}  // namespace

int RunAudit(const std::vector<std::string>& args) {
  const std::string what = args.size() == 1 ? args[0] : "";
  if (what == "verify") {
    const absl::StatusOr<bool> whole = Verify();
    if (!whole.ok())
      return Complain(whole.status(), absl::IsInvalidArgument(whole.status()) ? 2 : 1);
    return *whole ? 0 : 1;
  }
  if (what == "list") {
    const absl::Status status = List();
    return status.ok() ? 0 : Complain(status, 1);
  }
  return Complain(absl::InvalidArgumentError(kUsage), 2);
}

}  // namespace veille
