#include "services/domain/vault/vault.h"

#include <algorithm>

#include "absl/strings/escaping.h"

#include "common/base/random.h"
#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/time/clock.h"
#include "services/domain/keys.h"
#include "services/domain/vault/sealed_value.h"
#include "services/domain/vault/wrapping.h"

namespace veille::domain {
namespace {

// Asked for in one command.
constexpr std::size_t kKeysAtOnce = 1000;
// Somebody rotates: each round sees which key-encryption key is in use.
constexpr int kRounds = 3;

absl::Status Gone(std::string_view name) {
  return absl::NotFoundError("the data key of " + std::string(name) + " is gone");
}

std::string NewKeyId(Random& random) {
  uint64_t bits = random.UInt64();
  std::string id;
  for (std::size_t i = 0; i < kKeyIdBytes; ++i, bits >>= 8U) id += static_cast<char>(bits & 0xFFU);
  return id;
}

}  // namespace

struct Vault::DataKey {
  std::string id;
  std::unique_ptr<const AeadKey> key;  // Null once it is destroyed.
};

struct Vault::Metrics {
  explicit Metrics(metrics::Registry& registry)
      : keys(registry.NewGauge("veille_vault_keys", "Data keys in memory.")),
        fetched(registry.NewCounter("veille_vault_fetches_total", "Data keys asked for.")),
        gone(registry.NewCounter("veille_vault_gone_total",
                                 "Values passed over because their data key is gone.")),
        damaged(registry.NewCounter("veille_vault_damaged_total",
                                    "Values that do not open: damaged, or moved.")) {}
  metrics::Gauge& keys;
  metrics::Counter &fetched, &gone, &damaged;
};

std::string NameOf(const Subject& subject) {
  std::string name(subject.patient_id.empty() ? "h/" : "p/");
  name.append(subject.home_id);
  if (!subject.patient_id.empty()) name.append("/").append(subject.patient_id);
  return name;
}

Vault::Vault(Options options, std::unique_ptr<Metrics> metrics)
    : options_(std::move(options)), metrics_(std::move(metrics)) {}

absl::StatusOr<std::shared_ptr<Vault>> Vault::Open(Options options, metrics::Registry& metrics) {
  std::shared_ptr<Vault> vault(new Vault(std::move(options), std::make_unique<Metrics>(metrics)));
  VEILLE_RETURN_IF_ERROR(vault->ReloadRing());
  VEILLE_RETURN_IF_ERROR(vault->CatchUp());
  if (vault->options_.follow > absl::ZeroDuration())
    vault->follower_ = Worker("vault", [vault = vault.get()] { vault->Follow(); });
  return vault;
}

std::shared_ptr<Vault> Vault::InTheClear() {
  static const auto* vault = new std::shared_ptr<Vault>(new Vault({}, nullptr));
  return *vault;
}

Vault::~Vault() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  follower_.Join();
}

absl::Status Vault::ReloadRing() {
  // A key stands in the file before it is the current one: asked for in this order, it is there,
  // unless a whole rotation went by in between.
  VEILLE_ASSIGN_OR_RETURN(std::string current, options_.store->CurrentKek());
  VEILLE_ASSIGN_OR_RETURN(KeyRing ring, KeyRing::Load(options_.kek_file));
  if (!current.empty() && ring.Find(current) == nullptr) {
    VEILLE_ASSIGN_OR_RETURN(current, options_.store->CurrentKek());
    VEILLE_ASSIGN_OR_RETURN(ring, KeyRing::Load(options_.kek_file));
  }
  if (current.empty()) current = ring.newest().id;
  if (ring.Find(current) == nullptr) {
    return absl::FailedPreconditionError("new data keys are wrapped by the key-encryption key " +
                                         current + ", which " + options_.kek_file +
                                         " does not have: add it");
  }
  MutexLock lock(mu_);
  ring_ = std::make_shared<const KeyRing>(std::move(ring));
  current_kek_ = std::move(current);
  return absl::OkStatus();
}

std::shared_ptr<const KeyRing> Vault::ring() const {
  MutexLock lock(mu_);
  return ring_;
}

bool Vault::IsSealed(std::string_view stored) { return !stored.empty() && stored[0] == kSealed; }

std::string Vault::KeyIdOf(std::string_view stored) {
  if (!IsSealed(stored) || stored.size() < kSealedNameAt) return "";
  return absl::BytesToHexString(std::string(stored.substr(2, kKeyIdBytes)));
}

absl::StatusOr<std::string> Vault::Seal(const Subject& subject, std::string_view place,
                                        std::string_view value) {
  return SealAs(false, subject, place, value);
}

absl::StatusOr<std::string> Vault::SealSame(const Subject& subject, std::string_view place,
                                            std::string_view value) {
  return SealAs(true, subject, place, value);
}

absl::StatusOr<std::string> Vault::SealAs(bool same, const Subject& subject, std::string_view place,
                                          std::string_view value) {
  if (options_.store == nullptr || subject.home_id == kOperatorHome) return std::string(value);
  const std::string name = NameOf(subject);
  if (name.size() > 0xFFFF) return absl::InvalidArgumentError("an id is too long");
  VEILLE_ASSIGN_OR_RETURN(const Key key, Find(name, true));
  if (key->key == nullptr) {
    metrics_->gone.Add();
    return Gone(name);
  }
  // The thread's own, so that only the value is allocated.
  static thread_local std::string associated;
  associated.assign({kSealed, kSealedFormat});
  associated.append(key->id);
  associated += static_cast<char>(name.size() >> 8U);
  associated += static_cast<char>(name.size() & 0xFFU);
  associated.append(name);
  std::string out;
  out.reserve(associated.size() + AeadKey::kOverhead + value.size());
  out = associated;
  associated.append(place);
  if (same) {
    key->key->SealSame(associated, value, out);
  } else {
    key->key->Seal(associated, value, out);
  }
  return out;
}

absl::StatusOr<std::string_view> Vault::Open(std::string_view place, std::string_view stored,
                                             std::string& room) {
  if (!IsSealed(stored)) return stored;
  if (options_.store == nullptr) {
    return absl::FailedPreconditionError(
        "what is stored is encrypted, and this process has no keys: configure `keys`");
  }
  const absl::StatusOr<SealedValue> box = ParseSealed(stored);
  if (!box.ok()) {
    metrics_->damaged.Add();
    return box.status();
  }
  static thread_local std::string name, associated;
  name.assign(box->name);
  VEILLE_ASSIGN_OR_RETURN(const Key key, Find(name, false));
  if (key != nullptr && key->key == nullptr) {
    metrics_->gone.Add();
    return Gone(name);
  }
  associated.assign(box->header).append(place);
  // A key that was never destroyed and is not there is no erasure: the store has lost it, or the
  // name is damaged.
  if (key == nullptr || key->id != box->key_id || !key->key->Open(associated, box->message, room)) {
    metrics_->damaged.Add();
    return absl::DataLossError(
        "an encrypted value is damaged, stood elsewhere, or its key is not in the key store");
  }
  return std::string_view(room);
}

absl::StatusOr<std::string> Vault::Open(std::string_view place, std::string_view stored) {
  std::string room;
  VEILLE_ASSIGN_OR_RETURN(const std::string_view value, Open(place, stored, room));
  if (IsSealed(stored)) return room;
  return std::string(value);
}

absl::StatusOr<Vault::Key> Vault::Find(const std::string& name, bool make) {
  {
    MutexLock lock(mu_);
    const auto at = keys_.find(name);
    if (at != keys_.end()) {
      used_.splice(used_.begin(), used_, at->second);
      return at->second->second;
    }
  }
  VEILLE_ASSIGN_OR_RETURN(const std::vector<Key> keys, Fetch({name}, make));
  return keys[0];
}

absl::StatusOr<std::vector<Vault::Key>> Vault::Fetch(const std::vector<std::string>& names,
                                                     bool make) {
  uint64_t forgotten = 0;
  {
    MutexLock lock(mu_);
    forgotten = forgotten_;
  }
  metrics_->fetched.Add(names.size());
  VEILLE_ASSIGN_OR_RETURN(std::vector<std::string> stored, options_.store->Get(names));
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (stored[i].empty()) missing.push_back(names[i]);
  if (make && !missing.empty()) {
    VEILLE_ASSIGN_OR_RETURN(const std::vector<std::string> made, Make(missing));
    auto next = made.begin();
    for (std::string& bytes : stored)
      if (bytes.empty()) bytes = *next++;
  }
  std::vector<Key> keys;
  keys.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    keys.emplace_back();
    if (stored[i].empty()) continue;
    VEILLE_ASSIGN_OR_RETURN(keys.back(), Unwrap(names[i], stored[i]));
  }
  MutexLock lock(mu_);
  if (forgotten != forgotten_) return keys;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (keys[i] == nullptr || keys_.count(names[i]) > 0) continue;
    used_.emplace_front(names[i], keys[i]);
    keys_[names[i]] = used_.begin();
    if (used_.size() <= options_.max_keys) continue;
    keys_.erase(used_.back().first);
    used_.pop_back();
  }
  metrics_->keys.Set(static_cast<double>(used_.size()));
  return keys;
}

absl::StatusOr<std::vector<std::string>> Vault::Make(const std::vector<std::string>& names) {
  SystemRandom random;
  absl::Status status;
  for (int round = 0; round < kRounds; ++round) {
    KeyRing::Key kek;
    {
      MutexLock lock(mu_);
      kek = {current_kek_, ring_->Find(current_kek_)};
    }
    std::vector<StoredKey> made;
    made.reserve(names.size());
    for (const std::string& name : names) {
      store::v1::WrappedKey wrapped;
      wrapped.set_format(1);
      wrapped.set_key_id(NewKeyId(random));
      SetTime(SystemClock().Now(), *wrapped.mutable_create_time());
      Wrap(name, AeadKey(), kek, wrapped);
      made.emplace_back(name, wrapped.SerializeAsString());
    }
    absl::StatusOr<std::vector<std::string>> there = options_.store->Create(kek.id, made);
    if (there.ok()) return there;
    status = there.status();
    if (!absl::IsAborted(status)) return status;
    VEILLE_RETURN_IF_ERROR(ReloadRing());
  }
  return status;
}

absl::StatusOr<Vault::Key> Vault::Unwrap(const std::string& name, const std::string& wrapped) {
  VEILLE_ASSIGN_OR_RETURN(const store::v1::WrappedKey parsed, ParseWrapped(name, wrapped));
  auto key = std::make_shared<DataKey>();
  key->id = parsed.key_id();
  if (parsed.has_destroy_time()) return key;
  absl::StatusOr<std::string> bytes = Unwrapped(name, parsed, *ring());
  if (absl::IsNotFound(bytes.status())) {
    // Of a rotation that began after we did.
    VEILLE_RETURN_IF_ERROR(ReloadRing());
    bytes = Unwrapped(name, parsed, *ring());
  }
  // Neither says that the key is gone: nothing may be passed over for it.
  if (!bytes.ok()) return absl::FailedPreconditionError(bytes.status().message());
  key->key = std::make_unique<const AeadKey>(*bytes);
  Cleanse(*bytes);
  return key;
}

absl::Status Vault::Prepare(const Subject& subject) {
  if (options_.store == nullptr || subject.home_id == kOperatorHome) return absl::OkStatus();
  const std::string name = NameOf(subject);
  VEILLE_ASSIGN_OR_RETURN(const Key key, Find(name, true));
  return key->key == nullptr ? Gone(name) : absl::OkStatus();
}

absl::Status Vault::Warm(const std::vector<std::string>& names) {
  if (options_.store == nullptr) return absl::OkStatus();
  std::vector<std::string> missing;
  {
    MutexLock lock(mu_);
    std::size_t room = options_.max_keys - std::min(options_.max_keys, used_.size());
    for (const std::string& name : names) {
      if (room == 0) break;
      if (keys_.count(name) > 0) continue;
      missing.push_back(name);
      --room;
    }
  }
  for (std::size_t from = 0; from < missing.size(); from += kKeysAtOnce) {
    const auto begin = missing.begin() + static_cast<std::ptrdiff_t>(from);
    const std::size_t count = std::min(kKeysAtOnce, missing.size() - from);
    VEILLE_RETURN_IF_ERROR(
        Fetch({begin, begin + static_cast<std::ptrdiff_t>(count)}, true).status());
  }
  return absl::OkStatus();
}

absl::Status Vault::Destroy(const Subject& subject, absl::Time now) {
  if (options_.store == nullptr) {
    return absl::FailedPreconditionError(
        "this deployment stores everything in the clear: there is no key to destroy");
  }
  store::v1::WrappedKey mark;
  mark.set_format(1);
  SetTime(now, *mark.mutable_destroy_time());
  VEILLE_RETURN_IF_ERROR(options_.store->Destroy(NameOf(subject), mark.SerializeAsString()));
  return CatchUp();
}

absl::Status Vault::CatchUp() {
  uint64_t version = 0;
  {
    MutexLock lock(mu_);
    version = version_;
  }
  VEILLE_ASSIGN_OR_RETURN(const KeyStore::Changes changes, options_.store->ChangesSince(version));
  MutexLock lock(mu_);
  if (changes.version == version) return absl::OkStatus();
  version_ = changes.version;
  ++forgotten_;
  if (changes.destroyed) {
    for (const std::string& name : *changes.destroyed) {
      const auto at = keys_.find(name);
      if (at == keys_.end()) continue;
      used_.erase(at->second);
      keys_.erase(at);
    }
  } else {
    keys_.clear();
    used_.clear();
  }
  metrics_->keys.Set(static_cast<double>(used_.size()));
  return absl::OkStatus();
}

std::size_t Vault::cached() const {
  MutexLock lock(mu_);
  return used_.size();
}

void Vault::Follow() {
  while (true) {
    {
      MutexLock lock(mu_);
      if (!stopping_) changed_.WaitFor(mu_, options_.follow);
      if (stopping_) return;
    }
    const absl::Status status = CatchUp();
    const std::string text = status.ok() ? "" : std::string(status.message());
    if (!failures_.Changed("follow", text)) continue;
    if (status.ok()) {
      VEILLE_LOG(kInfo, "the key store answers");
    } else {
      VEILLE_LOG(kWarning, "the key store does not answer; keys in memory go on, new ones wait")
          .Field(status);
    }
  }
}

}  // namespace veille::domain
