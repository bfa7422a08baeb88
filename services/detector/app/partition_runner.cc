#include "services/detector/app/partition_runner.h"

#include <algorithm>

#include "common/base/digest.h"
#include "common/base/scratch_arena.h"
#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/log/log.h"
#include "common/time/clock.h"
#include "services/detector/app/checkpoint.h"
#include "services/detector/app/operator_findings.h"
#include "services/detector/core/bytes.h"
#include "services/domain/vault/places.h"

namespace veille::detector {
namespace {

using store::v1::Envelope;

// After so many takeovers without progress an entry is suspected.
constexpr int kTakeoversBeforeCare = 3;
// A commit script's size; larger ones stall Redis for everybody. A group is sent when it is half
// full: one home more never makes it too large.
constexpr std::size_t kMaxCommitBytes = 128 << 10;
// Homes of a partition whose state is kept parsed, 3.5 KB each; the others take a third of that. A
// home whose wearable streams is judged once a second, so to parse it again each time is little.
constexpr std::size_t kMostParsed = 2;
// A batch of 500 discrete events, parsed.
constexpr std::size_t kScratchBytes = 128 << 10;

// Ticks that are missing, or entries that we are behind by: so many do not count.
constexpr int kMissingTicks = 3;

absl::Time LastContact(const HomeState& state) {
  absl::Time last = absl::InfinitePast();
  for (const auto& source : state.record().sources()) {
    if (source.contact_us() == 0 || source.offline_level() != 0) continue;
    last = std::max(last, absl::FromUnixMicros(source.contact_us()));
  }
  return last;
}

}  // namespace

struct PartitionRunner::Home {
  std::string id;
  std::shared_ptr<const HomePlan> plan;
  uint64_t registry_digest = 0;   // Of the registry entry in force, serialized.
  bool registry_changed = false;  // Since the last commit.
  // One of the two: parsed while the home is among the last that were judged, else serialized.
  std::unique_ptr<HomeState> state;
  std::string cold_state;
  std::unique_ptr<Baselines> baselines;  // While the state is serialized; else the state has them.
  bool baselines_changed = false;        // Since the last commit.
  std::list<Home*>::iterator parsed;     // Its place in `parsed_`, with `state`.
  Position judged;                       // Everything of this home up to here is in `state`.
  std::string stored_position;           // What the commit script will find.
  Position durable;                      // What is committed for certain.
  uint64_t generation = 0;
  bool dirty = false;
  int commits_in_flight = 0;
  std::vector<store::v1::Finding> findings;     // Not committed yet.
  std::vector<store::v1::PromptOrder> prompts;  // The same.
  std::multimap<absl::Time, Home*>::iterator waiting;
  bool is_waiting = false;
  // The last sign of a source whose silence is not told; InfinitePast when there is none.
  absl::Time heard = absl::InfinitePast();
};

DetectorMetrics::DetectorMetrics(metrics::Registry& registry)
    : entries(registry.NewCounter("veille_detector_reads_total", "Reads of the log.")),
      envelopes(registry.NewCounter("veille_detector_envelopes_total", "Envelopes judged.")),
      events(registry.NewCounter("veille_detector_events_total", "Events judged.")),
      findings(registry.NewCounter("veille_detector_findings_total", "Findings made.")),
      prompts(registry.NewCounter("veille_detector_prompts_total", "Prompts made.")),
      expired_prompts(registry.NewCounter("veille_detector_prompts_expired_total",
                                          "Prompts not put: over before they were committed.")),
      commits(registry.NewCounter("veille_detector_commits_total", "Homes committed.")),
      reloads(registry.NewCounter("veille_detector_reloads_total", "Partitions taken over.")),
      fenced(registry.NewCounter("veille_detector_fenced_total", "Commits refused.")),
      damaged(registry.NewCounter("veille_detector_damaged_total", "Checkpoints found damaged.")),
      quarantined(registry.NewCounter("veille_detector_quarantined_total",
                                      "Entries that brought their owner down.")),
      unknown_homes(registry.NewCounter("veille_detector_unknown_homes_total",
                                        "Envelopes of homes that the registry does not have.")),
      partitions(registry.NewGauge("veille_detector_partitions", "Partitions owned.")),
      lag_seconds(registry.NewGauge("veille_detector_lag_seconds",
                                    "From an envelope's receipt to its judgement.")),
      commit_seconds(registry.NewHistogram("veille_detector_commit_seconds",
                                           "From sending a commit to Redis' answer.")) {}

PartitionRunner::PartitionRunner(RunnerOptions options, PartitionStore& store,
                                 DetectorMetrics& metrics, Post post)
    : options_(std::move(options)), store_(store), metrics_(metrics), post_(std::move(post)) {}

PartitionRunner::~PartitionRunner() { *alive_ = false; }

absl::Status PartitionRunner::Begin(const Lease& lease, absl::Time now) {
  lease_ = lease;
  metrics_.reloads.Add();
  VEILLE_ASSIGN_OR_RETURN(StoredPartition stored, store_.Load(options_.partition));
  read_after_ = stored.progress;
  judged_ = stored.progress;

  const std::string from = stored.progress.ToString();
  int takeovers = stored.takeover_from == from ? stored.takeovers : 0;
  if (options_.count_takeover) ++takeovers;
  VEILLE_RETURN_IF_ERROR(store_.MarkTakeover(options_.partition, from, takeovers));
  watchful_ = options_.count_takeover && stored.takeovers > 0;
  careful_ = takeovers > kTakeoversBeforeCare;
  if (careful_) poison_ = stored.inflight_entry;

  for (const care::v1::Home* home : options_.homes) {
    const auto at = stored.homes.find(home->home_id());
    VEILLE_RETURN_IF_ERROR(LoadHome(*home, at == stored.homes.end() ? nullptr : &at->second));
  }
  begun_at_ = judged_;
  // Ticks that are missing are our own downtime.
  const absl::Time last_tick = absl::FromUnixMillis(lease.last_tick_ms);
  resumed_ = lease.last_tick_ms != 0 && now - last_tick > kMissingTicks * options_.tick_interval;
  next_tick_ = now;
  return AppendChangedPlans();
}

absl::Status PartitionRunner::LoadHome(const care::v1::Home& home, const StoredHome* stored) {
  auto loaded = std::make_unique<Home>();
  loaded->id = home.home_id();
  const std::string registry =
      stored != nullptr && !stored->registry.empty() ? stored->registry : home.SerializeAsString();
  care::v1::Home in_force;
  if (!in_force.ParseFromString(registry)) in_force = home;
  absl::StatusOr<std::shared_ptr<const HomePlan>> plan = HomePlan::Compile(in_force, options_.plan);
  if (!plan.ok()) {
    in_force = home;
    VEILLE_ASSIGN_OR_RETURN(plan, HomePlan::Compile(home, options_.plan));
  }
  loaded->plan = *plan;
  loaded->registry_digest = StableHash64(in_force.SerializeAsString());
  std::string damage;
  if (stored != nullptr) loaded->stored_position = stored->position;
  if (stored != nullptr && !stored->erased) {
    LoadedCheckpoint checkpoint = LoadCheckpoint(*stored, loaded->id, *loaded->plan);
    loaded->state = std::move(checkpoint.state);
    loaded->judged = loaded->durable = checkpoint.judged;
    loaded->generation = checkpoint.generation;
    damage = std::move(checkpoint.damage);
    if (!stored->baselines.empty()) {
      absl::StatusOr<Baselines> baselines = Baselines::Parse(stored->baselines);
      if (baselines.ok()) {
        loaded->baselines = std::make_unique<Baselines>(*std::move(baselines));
      } else if (damage.empty()) {
        damage = "what is usual in the home is damaged; it is learnt anew";
      }
    }
  }
  if (loaded->state == nullptr) loaded->state = std::make_unique<HomeState>(*loaded->plan);
  loaded->state->set_baselines(std::move(loaded->baselines));
  loaded->heard = LastContact(*loaded->state);
  if (!damage.empty()) {
    metrics_.damaged.Add();
    VEILLE_LOG(kError, "a checkpoint is damaged").Field("home", loaded->id).Field("what", damage);
    // The log has what the damaged one had; findings that come again have the same ids.
    // The progress goes back with it: were it stored as it was, a crash before the end of this
    // replay would lose what lies between.
    read_after_ = std::min(read_after_, loaded->judged);
    judged_ = std::min(judged_, loaded->judged);
    loaded->findings.push_back(
        DamagedCheckpointFinding(loaded->id, loaded->stored_position, damage));
    loaded->dirty = true;
  }
  Schedule(*loaded);
  KeepParsed(*loaded);
  by_id_[loaded->id] = loaded.get();
  homes_[loaded->id] = std::move(loaded);
  return absl::OkStatus();
}

absl::Status PartitionRunner::AppendChangedPlans() {
  std::vector<std::string> envelopes;
  for (const care::v1::Home* home : options_.homes) {
    const std::string wanted = home->SerializeAsString();
    const Home& loaded = *by_id_[home->home_id()];
    if (loaded.registry_digest == StableHash64(wanted) && !loaded.stored_position.empty()) continue;
    Envelope envelope;
    envelope.set_format(1);
    envelope.set_home_id(home->home_id());
    SetTime(next_tick_, *envelope.mutable_receive_time());
    *envelope.mutable_home() = *home;
    absl::StatusOr<std::string> sealed =
        options_.vault->Seal({home->home_id()}, domain::HomeEntryPlace(options_.partition),
                             envelope.SerializeAsString());
    if (absl::IsNotFound(sealed.status())) continue;  // Erased: its plan is nobody's business.
    if (!sealed.ok()) return sealed.status();
    envelopes.push_back(*std::move(sealed));
    if (envelopes.size() < 64) continue;
    AppendOwned(0, std::exchange(envelopes, {}));
  }
  if (!envelopes.empty()) AppendOwned(0, std::move(envelopes));
  return absl::OkStatus();
}

// The log is what decides: when it cannot be written, somebody else or nobody is the owner.
void PartitionRunner::AppendOwned(int64_t tick_ms, std::vector<std::string> envelopes) {
  store_.AppendOwned(options_.partition, lease_.epoch, tick_ms, std::move(envelopes),
                     [this, alive = alive_, post = post_](absl::Status status) {
                       if (status.ok()) return;
                       post([this, alive, status] {
                         if (*alive) Fail(status);
                       });
                     });
}

absl::Status PartitionRunner::OnEntries(const std::vector<LogEnvelope>& envelopes, absl::Time now) {
  now_ = now;
  metrics_.entries.Add();
  metrics_.envelopes.Add(envelopes.size());
  for (const LogEnvelope& envelope : envelopes) {
    if (!status_.ok()) return status_;
    if (careful_) {
      JudgeCarefully(envelope);
    } else {
      Judge(envelope);
    }
  }
  if (!envelopes.empty()) {
    read_after_ = std::max(read_after_, envelopes.back().position);
    judged_ = std::max(judged_, envelopes.back().position);
  }
  for (const auto& [id, home] : homes_) {
    if (!home->findings.empty()) CommitEffects(*home);
  }
  if (!proven_ || watchful_) CommitChanged();
  return status_;
}

void PartitionRunner::JudgeCarefully(const LogEnvelope& log_envelope) {
  const std::string mark = log_envelope.position.ToString();
  if (mark == poison_) return SkipPoison(log_envelope);
  // Everything before it is committed first, so that the next owner finds exactly this envelope.
  CommitChanged();
  if (absl::Status marked = store_.MarkInflight(options_.partition, mark); !marked.ok())
    return Fail(marked);
  Judge(log_envelope);
}

// We live, and what was judged is durable. Storing the progress at once tells the next owner that
// nothing up to here brings anybody down: without it a few restarts within a commit interval would
// look like a poisonous entry.
void PartitionRunner::Prove() {
  proven_ = true;
  const Position progress = Progress();
  Send(Group(), &progress);
  if (!careful_) return;
  careful_ = false;
  poison_.clear();
  if (absl::Status marked = store_.MarkInflight(options_.partition, ""); !marked.ok()) Fail(marked);
}

bool PartitionRunner::Read(const LogEnvelope& log_envelope, Envelope& envelope) {
  std::string room;
  absl::StatusOr<std::string_view> bytes = log_envelope.bytes;
  // Not for each of the others: the place is put together for nothing.
  if (domain::Vault::IsSealed(log_envelope.bytes)) {
    bytes =
        options_.vault->Open(domain::HomeEntryPlace(options_.partition), log_envelope.bytes, room);
  }
  if (absl::IsNotFound(bytes.status())) return false;
  if (!bytes.ok() && !absl::IsDataLoss(bytes.status())) {
    Fail(bytes.status());
    return false;
  }
  if (bytes.ok() && envelope.ParseFromArray(bytes->data(), static_cast<int>(bytes->size())) &&
      envelope.format() == 1) {
    return true;
  }
  VEILLE_LOG(kError, "an envelope in the log cannot be read; it is passed over")
      .Field("entry", log_envelope.position.Entry());
  return false;
}

std::optional<std::string_view> PartitionRunner::OpenBatch(const Envelope& envelope,
                                                           std::string& room) {
  if (envelope.key_id().empty()) return envelope.batch();
  const absl::StatusOr<std::string_view> bytes = options_.vault->Open(
      domain::BatchPlace(envelope.home_id(), envelope.source_id(), envelope.incarnation(),
                         envelope.lane(), envelope.sequence()),
      envelope.batch(), room);
  if (bytes.ok()) return *bytes;
  if (absl::IsDataLoss(bytes.status())) {
    VEILLE_LOG(kError, "a batch in the log cannot be read; it is passed over")
        .Field("home", envelope.home_id())
        .Field(bytes.status());
  } else if (!absl::IsNotFound(bytes.status())) {
    Fail(bytes.status());
  }
  return std::nullopt;
}

void PartitionRunner::Judge(const LogEnvelope& log_envelope) {
  // Of the thread, since it is worth more than a partition's share of memory.
  static thread_local ScratchArena scratch(kScratchBytes);
  scratch.Forget();
  auto* envelope = &scratch.Make<Envelope>();
  if (!Read(log_envelope, *envelope)) return;
  last_received_ = ToTime(envelope->receive_time());
  if (envelope->has_tick()) return JudgeTick(*envelope, log_envelope.position);
  const auto at = by_id_.find(envelope->home_id());
  if (at == by_id_.end()) {
    metrics_.unknown_homes.Add();
    return;
  }
  Home& home = *at->second;
  if (log_envelope.position <= home.judged) return;
  const event::v1::EventBatch* batch = nullptr;
  if (envelope->has_batch()) {
    static thread_local std::string room;
    const std::optional<std::string_view> bytes = OpenBatch(*envelope, room);
    if (!bytes) return;
    auto* parsed = &scratch.Make<event::v1::EventBatch>();
    if (parsed->ParseFromArray(bytes->data(), static_cast<int>(bytes->size()))) batch = parsed;
    metrics_.events.Add(static_cast<uint64_t>(parsed->events_size()));
  }
  if (envelope->has_home() && !TakePlan(home, envelope->home())) return;
  JudgeHome(home, *envelope, batch, log_envelope.position);
}

// False when the plan cannot be used: the one before stays in force.
bool PartitionRunner::TakePlan(Home& home, const care::v1::Home& registry) {
  const uint64_t digest = StableHash64(registry.SerializeAsString());
  if (digest == home.registry_digest) {
    // What the home was loaded with, now in the log: compiled already.
    home.registry_changed = true;
    return true;
  }
  absl::StatusOr<std::shared_ptr<const HomePlan>> plan = HomePlan::Compile(registry, options_.plan);
  if (!plan.ok()) {
    VEILLE_LOG(kError, "a plan in the log cannot be used; the one before stays in force")
        .Field("home", home.id)
        .Field(plan.status());
    return false;
  }
  // Parsed by the plan that it was serialized under; the engine then adapts it.
  if (!Thaw(home)) return false;
  home.plan = *std::move(plan);
  home.registry_digest = digest;
  home.registry_changed = true;
  return true;
}

void PartitionRunner::JudgeHome(Home& home, const Envelope& envelope,
                                const event::v1::EventBatch* batch, const Position& position) {
  if (options_.before_judging) options_.before_judging(envelope);
  // What came until now and was nobody's commit was not this home's.
  if (!home.dirty && home.commits_in_flight == 0) home.durable = std::max(home.durable, judged_);
  if (!Thaw(home)) return;
  effects_.Clear();
  Advance(*home.plan, *home.state, envelope, batch, effects_);
  Listen(home, envelope);
  home.judged = position;
  home.dirty = true;
  home.baselines_changed |= effects_.baselines_changed;
  Schedule(home);
  if (home.state->has_waste()) Freeze(home);
  KeepEffects(home, position);
  if (!home.findings.empty() || !home.prompts.empty()) CommitEffects(home);
}

void PartitionRunner::KeepEffects(Home& home, const Position& position) {
  metrics_.findings.Add(effects_.findings.size());
  for (store::v1::Finding& finding : effects_.findings) {
    finding.set_log_position(position.Entry());
    home.findings.push_back(std::move(finding));
  }
  metrics_.prompts.Add(effects_.prompts.size());
  for (store::v1::PromptOrder& order : effects_.prompts) {
    // Old log that is judged again must not ask about what is over.
    if (ToTime(order.prompt().expire_time()) > now_) {
      home.prompts.push_back(std::move(order));
    } else {
      metrics_.expired_prompts.Add();
    }
  }
}

void PartitionRunner::Listen(Home& home, const Envelope& envelope) {
  const absl::Time contact = LastContact(*home.state);
  // A tick that pardons silence moves contacts. After our own downtime every home has its grace;
  // during a mass silence nothing was heard all the same.
  const bool heard = envelope.has_batch() || envelope.has_heartbeat() ||
                     envelope.contact().connected() ||
                     (envelope.tick().resumed() && !silence_is_ours_);
  if (heard || contact == absl::InfinitePast()) home.heard = contact;
}

bool PartitionRunner::IsSilenceOurs(absl::Time now) {
  if (options_.silence == nullptr) return false;
  // Behind in the log, we cannot say what is heard now: what we said before stands.
  if (now - last_received_ > kMissingTicks * options_.tick_interval)
    return options_.silence->IsOurs();
  Hearing hearing;
  for (const auto& [id, home] : homes_) {
    if (home->heard == absl::InfinitePast() || !home->plan->offline.enabled) continue;
    ++hearing.heard;
    const absl::Duration patience = absl::Microseconds(home->plan->offline.technical_us) / 2;
    if (now - home->heard > patience) ++hearing.quiet;
  }
  return options_.silence->Report(options_.partition, hearing, now);
}

void PartitionRunner::JudgeTick(const Envelope& envelope, const Position& position) {
  const absl::Time tick = ToTime(envelope.receive_time());
  std::vector<Home*> due;
  if (envelope.tick().resumed()) {
    for (const auto& [id, home] : homes_) due.push_back(home.get());
  } else {
    for (auto at = waiting_.begin(); at != waiting_.end() && at->first <= tick; ++at)
      due.push_back(at->second);
    std::sort(due.begin(), due.end(), [](const Home* a, const Home* b) { return a->id < b->id; });
  }
  for (Home* home : due) {
    if (position <= home->judged) continue;
    JudgeHome(*home, envelope, nullptr, position);
  }
}

void PartitionRunner::Schedule(Home& home) {
  const absl::Time deadline = NextServerDeadline(*home.plan, *home.state);
  if (home.is_waiting) {
    if (home.waiting->first == deadline) return;
    waiting_.erase(home.waiting);
    home.is_waiting = false;
  }
  if (deadline == absl::InfiniteFuture()) return;
  home.waiting = waiting_.emplace(deadline, &home);
  home.is_waiting = true;
}

void PartitionRunner::SkipPoison(const LogEnvelope& log_envelope) {
  metrics_.quarantined.Add();
  VEILLE_LOG(kError, "an entry brought its owner down three times; it is put aside")
      .Field("entry", log_envelope.position.Entry());
  if (absl::Status kept = store_.Quarantine(options_.partition, std::string(log_envelope.bytes));
      !kept.ok()) {
    return Fail(kept);
  }
  Envelope envelope;
  if (!Read(log_envelope, envelope)) return;
  if (envelope.has_batch()) {
    std::string room;
    const std::optional<std::string_view> bytes = OpenBatch(envelope, room);
    if (!bytes) return;
    envelope.set_batch(std::string(*bytes));
  }
  const auto at = by_id_.find(envelope.home_id());
  if (at == by_id_.end() || log_envelope.position <= at->second->judged) return;
  Home& home = *at->second;
  if (!Thaw(home)) return;
  home.judged = log_envelope.position;
  home.dirty = true;
  for (store::v1::Finding& finding : RawFindings(home.plan->home(), envelope))
    home.findings.push_back(std::move(finding));
  home.findings.push_back(PoisonFinding(home.id, log_envelope.position.Entry()));
  CommitEffects(home);
}

void PartitionRunner::MaybeTick(absl::Time now) {
  if (homes_.empty() || now < next_tick_ || !status_.ok()) return;
  next_tick_ = now + options_.tick_interval;
  silence_is_ours_ = IsSilenceOurs(now);
  if (silence_is_ours_ && now >= next_pardon_) {
    // Not by every tick: those between tell what was armed before contact was lost.
    resumed_ = true;
    next_pardon_ = now + 2 * options_.tick_interval;
  }
  Envelope envelope;
  envelope.set_format(1);
  SetTime(now, *envelope.mutable_receive_time());
  envelope.mutable_tick()->set_resumed(resumed_);
  resumed_ = false;
  AppendOwned(absl::ToUnixMillis(now), {envelope.SerializeAsString()});
}

HomeCommit PartitionRunner::MakeCommit(Home& home) {
  ++home.generation;
  HomeCommit commit;
  commit.home_id = home.id;
  commit.expected_position = home.stored_position;
  commit.position = home.judged.ToString();
  commit.generation = home.generation % 2 == 0 ? 'a' : 'b';
  commit.checkpoint =
      MakeCheckpoint(home.id, home.generation, home.judged,
                     home.state != nullptr ? home.state->Serialize() : home.cold_state);
  if (home.baselines_changed) {
    const Baselines* baselines =
        home.state != nullptr ? home.state->baselines() : home.baselines.get();
    commit.baselines = baselines->Serialize();
    home.baselines_changed = false;
  }
  if (home.registry_changed || home.stored_position.empty())
    commit.registry = home.plan->home().SerializeAsString();
  for (const store::v1::Finding& finding : home.findings)
    commit.findings.push_back(ToBytes(finding));
  for (const store::v1::PromptOrder& order : home.prompts) commit.prompts.push_back(ToBytes(order));
  home.findings.clear();
  home.prompts.clear();
  home.registry_changed = false;
  home.dirty = false;
  home.stored_position = commit.position;
  ++home.commits_in_flight;
  return commit;
}

void PartitionRunner::CommitEffects(Home& home) {
  Group group;
  AddTo(home, group);
  Send(std::move(group), nullptr);
}

void PartitionRunner::AddTo(Home& home, Group& group) {
  group.sent.emplace_back(&home, home.judged);
  HomeCommit commit = MakeCommit(home);
  group.bytes += commit.checkpoint.size() + commit.registry.size() + commit.baselines.size();
  for (const std::string& finding : commit.findings) group.bytes += finding.size();
  for (const std::string& prompt : commit.prompts) group.bytes += prompt.size();
  group.commits.push_back(std::move(commit));
}

void PartitionRunner::Send(Group group, const Position* progress) {
  auto answered = [this, alive = alive_, sent = std::move(group.sent),
                   began = MonotonicNow()](const absl::Status& status) {
    if (!*alive) return;
    if (!status.ok()) {
      if (absl::IsAborted(status)) metrics_.fenced.Add();
      return Fail(status);
    }
    metrics_.commits.Add(sent.size());
    metrics_.commit_seconds.Observe(MonotonicNow() - began);
    for (const auto& [home, position] : sent) {
      home->durable = position;
      --home->commits_in_flight;
    }
    if (!proven_ && Progress() > begun_at_) Prove();
  };
  store_.Commit(options_.partition, lease_.epoch, std::move(group.commits), progress,
                [post = post_, answered = std::move(answered)](absl::Status status) {
                  post([answered, status] { answered(status); });
                });
}

// Everything up to here is in durable checkpoints, or was nobody's news.
Position PartitionRunner::Progress() const {
  Position progress = judged_;
  for (const auto& [id, home] : homes_)
    if (home->dirty || home->commits_in_flight > 0) progress = std::min(progress, home->durable);
  return progress;
}

bool PartitionRunner::Settled() const {
  return std::all_of(homes_.begin(), homes_.end(), [](const auto& entry) {
    return !entry.second->dirty && entry.second->commits_in_flight == 0;
  });
}

bool PartitionRunner::Thaw(Home& home) {
  if (home.state != nullptr) {
    parsed_.splice(parsed_.begin(), parsed_, home.parsed);
    return true;
  }
  absl::StatusOr<HomeState> state = HomeState::Thaw(home.cold_state, *home.plan);
  if (!state.ok()) {
    Fail(state.status());
    return false;
  }
  home.state = std::make_unique<HomeState>(*std::move(state));
  home.state->set_baselines(std::move(home.baselines));
  home.cold_state = std::string();
  KeepParsed(home);
  return true;
}

// The home judged longest ago makes room.
void PartitionRunner::KeepParsed(Home& home) {
  home.parsed = parsed_.insert(parsed_.begin(), &home);
  if (parsed_.size() > kMostParsed) Freeze(*parsed_.back());
}

void PartitionRunner::Freeze(Home& home) {
  home.cold_state = home.state->Serialize();
  home.baselines = home.state->TakeBaselines();
  home.state.reset();
  parsed_.erase(home.parsed);
}

void PartitionRunner::CommitQuiet() {
  watchful_ = false;
  CommitChanged();
  if (status_.ok()) store_.Trim(options_.partition, Progress());
}

void PartitionRunner::CommitChanged() {
  if (!status_.ok()) return;
  const Position progress = Progress();
  Group group;
  for (const auto& [id, home] : homes_) {
    if (!home->dirty) continue;
    AddTo(*home, group);
    if (group.bytes < kMaxCommitBytes / 2) continue;
    Send(std::exchange(group, Group()), nullptr);
  }
  Send(std::move(group), &progress);
}

void PartitionRunner::Fail(absl::Status status) {
  if (status_.ok()) status_ = std::move(status);
}

}  // namespace veille::detector
