#include "services/domain/registry_follower.h"

#include <utility>

#include "veille/store/v1/registry.pb.h"

#include "common/base/status_macros.h"
#include "common/log/log.h"
#include "services/domain/home_check.h"
#include "services/domain/keys.h"
#include "services/domain/record_codec.h"

namespace veille::domain {
namespace {

using care::v1::Home;

constexpr int kEntriesPerRead = 256;
constexpr absl::Duration kRetry = absl::Milliseconds(200);
constexpr absl::Duration kFirstConnection = absl::Seconds(10);
// Of the partition itself, among its homes' numbers.
constexpr char kPartitionNumber[] = "*";

}  // namespace

RegistryFollower::RegistryFollower(Options options, metrics::Registry& metrics)
    : options_(std::move(options)),
      changes_(metrics.NewCounter("veille_registry_changes_total", "Homes that changed.")),
      reloads_(metrics.NewCounter("veille_registry_reloads_total",
                                  "Partitions of the registry that were read whole.")),
      unusable_(metrics.NewCounter("veille_registry_unusable_total",
                                   "Homes of the registry that could not be read or used.")),
      count_(metrics.NewGauge("veille_registry_homes", "Homes in force.")) {}

absl::StatusOr<std::unique_ptr<RegistryFollower>> RegistryFollower::Start(
    Options options, metrics::Registry& metrics) {
  std::unique_ptr<RegistryFollower> follower(new RegistryFollower(std::move(options), metrics));
  RegistryFollower* self = follower.get();
  redis::PipelinedClient::Options client;
  client.endpoint = self->options_.endpoint;
  client.name = "registry";
  client.on_connection_change = [self](const redis::PipelinedClient::ConnectionChange& change) {
    if (!change.connected || change.generation < 2) return;
    MutexLock lock(self->mu_);
    for (int partition = 0; partition < self->options_.partitions; ++partition)
      self->Want(partition, {.everything = true, .stalled = false, .homes = {}});
  };
  self->client_ = std::make_unique<redis::PipelinedClient>(std::move(client));
  VEILLE_RETURN_IF_ERROR(self->client_->WaitConnected(kFirstConnection));
  redis::StreamReader::Options reader;
  reader.endpoint = self->options_.endpoint;
  reader.name = "registry-changes";
  self->reader_ = std::make_unique<redis::StreamReader>(std::move(reader));
  for (int partition = 0; partition < self->options_.partitions; ++partition)
    VEILLE_RETURN_IF_ERROR(self->ReadEverything(partition, true).status());
  self->Publish();
  self->thread_ = Worker("registry", [self] { self->Run(); });
  return follower;
}

RegistryFollower::~RegistryFollower() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.Join();
  // Both call back into what is declared before them.
  reader_.reset();
  client_.reset();
}

void RegistryFollower::Want(int partition, const Wanted& wanted) {
  Wanted& all = wanted_[partition];
  all.everything |= wanted.everything;
  all.stalled |= wanted.stalled;
  all.homes.insert(wanted.homes.begin(), wanted.homes.end());
  changed_.NotifyAll();
}

void RegistryFollower::Subscribe(int partition, uint64_t after) {
  reader_->Subscribe({.key = HomeChangesKey(partition),
                      .after = {.ms = after, .seq = 0},
                      .count = kEntriesPerRead},
                     [this, partition](absl::StatusOr<redis::StreamBatch> batch) {
                       OnBatch(partition, std::move(batch));
                     });
}

void RegistryFollower::OnBatch(int partition, absl::StatusOr<redis::StreamBatch> batch) {
  Wanted wanted;
  if (!batch.ok()) {
    VEILLE_LOG(kError, "the changes of the registry cannot be read")
        .Field("partition", partition)
        .Field(batch.status());
    wanted.everything = wanted.stalled = true;
    MutexLock lock(mu_);
    Want(partition, wanted);
    return;
  }
  {
    MutexLock lock(mu_);
    uint64_t& position = positions_[partition];
    for (const redis::StreamEntry& entry : batch->entries()) {
      wanted.everything |= entry.id.ms != position + 1;
      position = entry.id.ms;
      wanted.homes.emplace(entry.Field("h"));
    }
    Want(partition, wanted);
  }
  reader_->Resume(HomeChangesKey(partition), batch->last_id());
}

void RegistryFollower::Run() {
  std::map<int, Wanted> wanted;
  bool failed = false;
  while (true) {
    {
      MutexLock lock(mu_);
      if (failed && !stopping_) changed_.WaitFor(mu_, kRetry);
      while (!failed && wanted_.empty() && !stopping_) changed_.Wait(mu_);
      if (stopping_) return;
      // What could not be read before, and what came meanwhile.
      for (const auto& [partition, more] : wanted) Want(partition, more);
      wanted.clear();
      wanted.swap(wanted_);
    }
    const absl::StatusOr<bool> read = Read(wanted);
    if (!read.ok() && !failed)
      VEILLE_LOG(kWarning, "the registry cannot be read now").Field(read.status());
    failed = !read.ok();
  }
}

absl::StatusOr<bool> RegistryFollower::Read(std::map<int, Wanted>& wanted) {
  bool changed = false;
  absl::Status trouble;
  for (auto at = wanted.begin(); at != wanted.end();) {
    const absl::StatusOr<bool> read = at->second.everything
                                          ? ReadEverything(at->first, at->second.stalled)
                                          : ReadHomes(at->first, at->second.homes);
    if (!read.ok()) {
      trouble = read.status();
      break;
    }
    changed |= *read;
    at = wanted.erase(at);
  }
  if (changed) Publish();
  if (!trouble.ok()) return trouble;
  return changed;
}

// The number before the homes: what changes in between comes as an entry of the stream.
absl::StatusOr<bool> RegistryFollower::ReadEverything(int partition, bool stalled) {
  bool known = false;
  uint64_t before = 0;
  {
    MutexLock lock(mu_);
    const auto at = positions_.find(partition);
    known = at != positions_.end();
    if (known) before = at->second;
  }
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply number,
      client_->CommandSync({"HGET", HomeRevisionsKey(partition), kPartitionNumber}));
  const auto now = static_cast<uint64_t>(number.IsNil() ? 0 : number.AsInteger().value_or(0));
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply all,
                          client_->CommandSync({"HGETALL", HomesKey(partition)}));
  reloads_.Add();
  bool changed = false;
  std::set<std::string> there;
  for (std::size_t i = 0; i + 1 < all.size(); i += 2) {
    const std::string home_id(all[i].str());
    there.insert(home_id);
    VEILLE_ASSIGN_OR_RETURN(const bool taken, Take(home_id, all[i + 1].str()));
    changed |= taken;
  }
  for (const std::string& gone : homes_of_[partition])
    if (there.count(gone) == 0) changed |= homes_.erase(gone) > 0;
  homes_of_[partition] = std::move(there);
  // A number that went back: this Redis was restored from a backup.
  if (!known || stalled || now < before) {
    {
      MutexLock lock(mu_);
      positions_[partition] = now;
    }
    Subscribe(partition, now);
  }
  return changed;
}

absl::StatusOr<bool> RegistryFollower::ReadHomes(int partition, const std::set<std::string>& ids) {
  std::vector<std::string> command = {"HMGET", HomesKey(partition)};
  command.insert(command.end(), ids.begin(), ids.end());
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply values, client_->CommandSync(std::move(command)));
  bool changed = false;
  std::size_t i = 0;
  for (const std::string& id : ids) {
    const std::string_view bytes = values[i++].str();
    if (bytes.empty()) {
      homes_of_[partition].erase(id);
    } else {
      homes_of_[partition].insert(id);
    }
    VEILLE_ASSIGN_OR_RETURN(const bool taken, Take(id, bytes));
    changed |= taken;
  }
  return changed;
}

absl::StatusOr<bool> RegistryFollower::Take(const std::string& home_id, std::string_view bytes) {
  if (bytes.empty()) return homes_.erase(home_id) > 0;
  store::v1::StoredHome stored;
  absl::Status bad = DecodeRecord(*options_.vault, {"home", home_id}, bytes, stored);
  if (absl::IsNotFound(bad)) return homes_.erase(home_id) > 0;
  if (!bad.ok() && !absl::IsDataLoss(bad)) return bad;
  if (bad.ok() && stored.home().home_id() != home_id)
    bad = absl::DataLossError("it says that it is another home");
  auto home = std::make_shared<const Home>(HomeOf(stored.home()));
  if (const auto faults = CheckHome(*home); bad.ok() && !faults.empty())
    bad = absl::FailedPreconditionError(faults[0].field + ": " + faults[0].reason);
  if (!bad.ok()) {
    unusable_.Add();
    VEILLE_LOG(kError, "a home of the registry cannot be used; what was before stays in force")
        .Field("home", home_id)
        .Field(bad);
    return false;
  }
  const auto at = homes_.find(home_id);
  if (at != homes_.end() && at->second->SerializeAsString() == home->SerializeAsString())
    return false;
  homes_[home_id] = std::move(home);
  changes_.Add();
  return true;
}

void RegistryFollower::Publish() {
  std::vector<std::shared_ptr<const Home>> homes;
  homes.reserve(homes_.size());
  for (const auto& [id, home] : homes_) homes.push_back(home);
  count_.Set(static_cast<double>(homes.size()));
  VEILLE_LOG(kInfo, "the homes have changed").Field("homes", homes.size());
  options_.registry.Replace(Registry::Of(std::move(homes), options_.more));
}

}  // namespace veille::domain
