#include "services/notifier/adapters/alert_codec.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"

#include "common/base/status_macros.h"
#include "services/domain/keys.h"
#include "services/domain/vault/places.h"
#include "services/notifier/core/alert_life.h"
#include "services/notifier/core/answers.h"
#include "services/notifier/core/channels.h"

namespace veille::notifier {
namespace {

using store::v1::AlertRecord;

// "<version told>:<time, unix ms> …", see sent-2.lua.
void TakeMarks(std::string_view marks, AlertRecord& record) {
  while (!marks.empty()) {
    const std::size_t end = std::min(marks.find(' '), marks.size());
    const std::string mark(marks.substr(0, end));
    const std::size_t colon = mark.find(':');
    uint64_t version = 0;
    int64_t ms = 0;
    if (colon != std::string::npos && absl::SimpleAtoi(mark.substr(0, colon), &version) &&
        absl::SimpleAtoi(mark.substr(colon + 1), &ms)) {
      RecordSent(version, absl::FromUnixMillis(ms), record);
    }
    marks.remove_prefix(std::min(end + 1, marks.size()));
  }
}

store::v1::Job JobOf(const AlertChange& change) {
  store::v1::Job job;
  job.set_format(1);
  job.set_alert_id(change.after->alert().alert_id());
  return job;
}

domain::Subject SubjectOf(const alert::v1::Alert& alert) {
  return {alert.home_id(), alert.patient_id()};
}

}  // namespace

std::string TimerOf(const AlertRecord* record) {
  if (record == nullptr || DueTime(*record) == nullptr) return "";
  store::v1::Job job;
  job.set_format(1);
  job.set_alert_id(record->alert().alert_id());
  job.mutable_escalate()->set_step(record->alert().step() + 1);
  job.mutable_escalate()->set_round(record->round());
  return job.SerializeAsString();
}

absl::StatusOr<AlertRecord> AlertCodec::Open(int partition, const std::string& home_id,
                                             std::string_view bytes, std::string_view marks) const {
  std::string room;
  absl::StatusOr<std::string_view> opened =
      vault_->Open(domain::AlertPlace(partition, home_id), bytes, room);
  if (!opened.ok() && !absl::IsDataLoss(opened.status())) return opened.status();
  AlertRecord record;
  if (!opened.ok() || !record.ParseFromArray(opened->data(), static_cast<int>(opened->size())) ||
      record.format() != 1) {
    return absl::DataLossError("an alert cannot be read; restore it from a backup");
  }
  TakeMarks(marks, record);
  return record;
}

absl::StatusOr<std::string> AlertCodec::SealRecord(const AlertRecord& record) const {
  const alert::v1::Alert& alert = record.alert();
  return vault_->Seal(SubjectOf(alert),
                      domain::AlertPlace(PartitionOf(alert.alert_id()), alert.home_id()),
                      record.SerializeAsString());
}

absl::StatusOr<std::optional<AlertRecord>> AlertCodec::OpenIfThere(
    int partition, const std::string& home_id, const redis::ReplyView& record,
    const redis::ReplyView& marks) const {
  if (record.str().empty()) return std::optional<AlertRecord>();
  absl::StatusOr<AlertRecord> read = Open(partition, home_id, record.str(), marks.str());
  if (absl::IsNotFound(read.status())) return std::optional<AlertRecord>();
  if (!read.ok()) return read.status();
  return std::optional<AlertRecord>(*std::move(read));
}

absl::StatusOr<std::vector<AlertRecord>> AlertCodec::OpenAll(int partition,
                                                             const std::string& home_id,
                                                             const redis::Reply& reply) const {
  std::vector<AlertRecord> records;
  for (std::size_t i = 0; i + 1 < reply.size(); i += 2) {
    VEILLE_ASSIGN_OR_RETURN(std::optional<AlertRecord> record,
                            OpenIfThere(partition, home_id, reply[i], reply[i + 1]));
    if (record) records.push_back(*std::move(record));
  }
  return records;
}

absl::StatusOr<std::string> AlertCodec::WriteJob(const store::v1::Job& job) const {
  std::string bytes = job.SerializeAsString();
  if (!job.has_send()) return bytes;
  return vault_->SealSame({domain::HomeOfAlert(job.alert_id())},
                          domain::JobPlace(PartitionOf(job.alert_id())), bytes);
}

// What is to be done now, then what is to be done later, each with its time.
absl::Status AlertCodec::AddJobs(const AlertChange& change, std::vector<std::string>& args) const {
  std::vector<std::string> now, later;
  now.reserve(change.tells.size() + change.sends.size());
  for (const store::v1::Tell& tell : change.tells) {
    store::v1::Job job = JobOf(change);
    *job.mutable_tell() = tell;
    VEILLE_ASSIGN_OR_RETURN(std::string bytes, WriteJob(job));
    now.push_back(std::move(bytes));
  }
  for (const store::v1::Send& send : change.sends) {
    store::v1::Job job = JobOf(change);
    *job.mutable_send() = send;
    const bool waits = RouteOf(send).delay_s() > 0;
    VEILLE_ASSIGN_OR_RETURN(std::string bytes, WriteJob(job));
    (waits ? later : now).push_back(std::move(bytes));
    if (waits) later.push_back(std::to_string(absl::ToUnixMillis(DueTime(send))));
  }
  args.push_back(std::to_string(now.size()));
  args.insert(args.end(), now.begin(), now.end());
  args.insert(args.end(), later.begin(), later.end());
  return absl::OkStatus();
}

absl::StatusOr<store::v1::Finding> AlertCodec::OpenFinding(int partition,
                                                           const redis::StreamEntry& entry) const {
  std::string room;
  VEILLE_ASSIGN_OR_RETURN(const std::string_view bytes,
                          vault_->Open(domain::FindingPlace(partition), entry.Field("f"), room));
  store::v1::Finding finding;
  if (bytes.empty() || !finding.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return absl::DataLossError("a finding cannot be read");
  return finding;
}

absl::StatusOr<store::v1::Job> AlertCodec::OpenJob(int partition,
                                                   const redis::StreamEntry& entry) const {
  std::string room;
  VEILLE_ASSIGN_OR_RETURN(const std::string_view bytes,
                          vault_->Open(domain::JobPlace(partition), entry.Field("j"), room));
  store::v1::Job job;
  if (bytes.empty() || !job.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return absl::DataLossError("a job cannot be read");
  return job;
}

int AlertCodec::PartitionOf(const std::string& alert_id) const {
  return domain::PartitionOf(domain::HomeOfAlert(alert_id), partitions_);
}

absl::StatusOr<std::string> AlertCodec::SealUpdate(const std::string& caregiver_id,
                                                   const alert::v1::Alert& alert,
                                                   std::string_view update) const {
  const int partition = domain::CaregiverPartitionOf(caregiver_id, partitions_);
  return vault_->Seal(SubjectOf(alert), domain::InboxKey(partition, caregiver_id), update);
}

absl::StatusOr<AlertRecord> AlertCodec::OpenRecord(
    const std::string& alert_id, const absl::StatusOr<redis::Reply>& reply) const {
  if (!reply.ok()) return reply.status();
  if ((*reply)[0].IsNil()) return absl::NotFoundError("there is no such alert");
  VEILLE_ASSIGN_OR_RETURN(
      AlertRecord record,
      Open(PartitionOf(alert_id), std::string(domain::HomeOfAlert(alert_id)), (*reply)[0].str(),
           (*reply)[1].IsNil() ? std::string_view() : (*reply)[1].str()));
  if (record.alert().alert_id() == alert_id) return record;
  return absl::DataLossError("an alert stands in another's place; restore it from a backup");
}

absl::StatusOr<std::string> AlertCodec::SealFinding(const store::v1::Finding& finding) const {
  const int partition = domain::PartitionOf(finding.home_id(), partitions_);
  return vault_->Seal({finding.home_id(), finding.patient_id()}, domain::FindingPlace(partition),
                      finding.SerializeAsString());
}

}  // namespace veille::notifier
