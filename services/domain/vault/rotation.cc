#include "services/domain/vault/rotation.h"

#include <functional>
#include <set>

#include "common/base/status_macros.h"
#include "services/domain/vault/wrapping.h"

namespace veille::domain {
namespace {

using store::v1::WrappedKey;
using Visitor = std::function<absl::Status(const StoredKey&, WrappedKey)>;

absl::Status Visit(KeyStore& store, const Visitor& visit) {
  std::string from;
  do {
    VEILLE_ASSIGN_OR_RETURN(const KeyStore::Page page, store.List(from));
    for (const StoredKey& key : page.keys) {
      VEILLE_ASSIGN_OR_RETURN(WrappedKey wrapped, ParseWrapped(key.first, key.second));
      VEILLE_RETURN_IF_ERROR(visit(key, std::move(wrapped)));
    }
    from = page.next;
  } while (!from.empty());
  return absl::OkStatus();
}

absl::StatusOr<std::size_t> Rewrap(KeyStore& store, const KeyRing& ring, const std::string& by) {
  const KeyRing::Key kek = {by, ring.Find(by)};
  std::size_t rewrapped = 0;
  VEILLE_RETURN_IF_ERROR(Visit(store, [&](const StoredKey& key, WrappedKey wrapped) {
    if (wrapped.has_destroy_time() || wrapped.kek_id() == by) return absl::OkStatus();
    absl::StatusOr<std::string> bytes = Unwrapped(key.first, wrapped, ring);
    if (!bytes.ok()) return bytes.status();
    Wrap(key.first, AeadKey(*bytes), kek, wrapped);
    Cleanse(*bytes);
    const absl::Status replaced =
        store.Replace(by, key.first, key.second, wrapped.SerializeAsString());
    // Destroyed meanwhile, or another rotation was faster.
    if (absl::IsAborted(replaced)) return absl::OkStatus();
    ++rewrapped;
    return replaced;
  }));
  return rewrapped;
}

bool IsUnderWay(const KeyCounts& counts) {
  return counts.by_kek.size() > (counts.by_kek.count(counts.current) > 0 ? 1U : 0U);
}

// Before anything is changed: a file that does not open all that is stored is not the one to add
// to or to take from, and whoever has the other file may be rotating now.
absl::Status CheckOpensAll(KeyStore& store, const KeyRing& ring, const std::string& kek_file) {
  const absl::Status opens = Visit(store, [&](const StoredKey& key, const WrappedKey& wrapped) {
    if (wrapped.has_destroy_time()) return absl::OkStatus();
    absl::StatusOr<std::string> bytes = Unwrapped(key.first, wrapped, ring);
    if (bytes.ok()) Cleanse(*bytes);
    return bytes.status();
  });
  if (!absl::IsNotFound(opens) && !absl::IsDataLoss(opens)) return opens;
  return absl::FailedPreconditionError(
      std::string(opens.message()) + ". Nothing was changed: another machine may rotate with a " +
      "copy of its own; put the lines of all copies into " + kek_file + " and rotate again");
}

absl::Status Begin(KeyStore& store, const std::string& kek_file, KeyRing& ring, KeyCounts& counts) {
  if (counts.current.empty() || ring.newest().id == counts.current) {
    const absl::Status added = KeyRing::AddKey(kek_file);
    if (!added.ok()) {
      return absl::FailedPreconditionError(
          std::string(added.message()) +
          "; where it is a mounted secret, add a line to the secret, wait until it is mounted, "
          "and rotate again: the newest line is then taken");
    }
    VEILLE_ASSIGN_OR_RETURN(ring, KeyRing::Load(kek_file));
  }
  // From here on nobody makes a key that is wrapped by the old one.
  VEILLE_RETURN_IF_ERROR(store.SetCurrentKek(counts.current, ring.newest().id));
  counts.current = ring.newest().id;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<KeyCounts> CountKeys(KeyStore& store) {
  KeyCounts counts;
  VEILLE_ASSIGN_OR_RETURN(counts.current, store.CurrentKek());
  VEILLE_RETURN_IF_ERROR(Visit(store, [&](const StoredKey&, const WrappedKey& wrapped) {
    if (wrapped.has_destroy_time()) {
      ++counts.destroyed;
    } else {
      ++counts.by_kek[wrapped.kek_id()];
    }
    return absl::OkStatus();
  }));
  return counts;
}

// One at a time of those who share the file. Two that added a line at once would each write the
// file without the other's, and what the lost one has wrapped would be lost with it; and a line
// must not be removed between another's look at the keys and the wrapping.
absl::StatusOr<Rotation> RotateKeys(KeyStore& store, const std::string& kek_file) {
  VEILLE_ASSIGN_OR_RETURN(const auto lock, KeyRing::Lock(kek_file));
  VEILLE_ASSIGN_OR_RETURN(KeyCounts counts, CountKeys(store));
  VEILLE_ASSIGN_OR_RETURN(KeyRing ring, KeyRing::Load(kek_file));
  VEILLE_RETURN_IF_ERROR(CheckOpensAll(store, ring, kek_file));
  if (!counts.current.empty() && ring.Find(counts.current) == nullptr) {
    return absl::FailedPreconditionError(kek_file + " does not have the key-encryption key " +
                                         counts.current + ", which wraps new data keys: add it");
  }
  if (!IsUnderWay(counts)) VEILLE_RETURN_IF_ERROR(Begin(store, kek_file, ring, counts));
  Rotation rotation;
  rotation.kek_id = counts.current;
  VEILLE_ASSIGN_OR_RETURN(rotation.rewrapped, Rewrap(store, ring, counts.current));
  VEILLE_ASSIGN_OR_RETURN(const std::string current, store.CurrentKek());
  if (current == rotation.kek_id) return rotation;
  return absl::AbortedError("another machine has begun a rotation to " + current +
                            " meanwhile: rotate again when it is over");
}

absl::StatusOr<std::size_t> RemoveUnusedKeks(KeyStore& store, const std::string& kek_file) {
  VEILLE_ASSIGN_OR_RETURN(const auto lock, KeyRing::Lock(kek_file));
  VEILLE_ASSIGN_OR_RETURN(const KeyCounts counts, CountKeys(store));
  VEILLE_ASSIGN_OR_RETURN(const KeyRing ring, KeyRing::Load(kek_file));
  VEILLE_RETURN_IF_ERROR(CheckOpensAll(store, ring, kek_file));
  std::set<std::string> unused;
  for (const KeyRing::Key& key : ring.keys()) {
    const bool used = counts.by_kek.count(key.id) > 0 || key.id == counts.current;
    if (!used && key.id != ring.newest().id) unused.insert(key.id);
  }
  if (unused.empty()) return 0;
  VEILLE_RETURN_IF_ERROR(KeyRing::RemoveKeys(kek_file, unused));
  return unused.size();
}

}  // namespace veille::domain
