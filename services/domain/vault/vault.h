// Encrypts what is stored of people, and opens it again.
//
// Each home has a data key for what belongs to the home (its events, the detector's state, what is
// usual), each person one of their own (findings, alerts, what is told about them). Data keys are
// random, are kept wrapped by a key-encryption key (key_ring.h) in a store of their own
// (key_store.h), and are made when they are first needed. To destroy a key is to erase whatever it
// has sealed, wherever copies of that are.
//
// A sealed value says whose key opens it; the rest of what it is bound to is its *place*: which
// kind of value it is and where it stands. A value that was moved to another person or another
// place does not open. Sealed values begin with a byte that no protobuf message begins with, so
// that what was stored in the clear by an older version is still read.
//
// Keys are kept unwrapped in memory: bounded, wiped when they leave. A key that is not there yet is
// fetched, which blocks for a round trip; Warm() does that ahead of time. A key that was destroyed
// by any process is forgotten within about a second. Thread safe.

#ifndef SERVICES_DOMAIN_VAULT_VAULT_H_
#define SERVICES_DOMAIN_VAULT_VAULT_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "common/crypto/aead.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "services/domain/vault/key_ring.h"
#include "services/domain/vault/key_store.h"

namespace veille::domain {

// Whose key. What belongs to the service itself (the operators' home) has none and stays clear.
struct Subject {
  std::string_view home_id;
  std::string_view patient_id = {};  // Empty: the home's own.
};

// As it stands in the key store and in sealed values.
std::string NameOf(const Subject& subject);

class Vault {
 public:
  struct Options {
    std::string kek_file;
    std::shared_ptr<KeyStore> store;
    // In memory at a time; one takes some 250 bytes.
    std::size_t max_keys = 65'536;
    // Real time between two looks for keys that were destroyed; zero: only CatchUp() looks.
    absl::Duration follow = absl::Milliseconds(500);
  };
  // Reads the key-encryption keys and asks the store which of them is in use.
  static absl::StatusOr<std::shared_ptr<Vault>> Open(Options options, metrics::Registry& metrics);
  // Seals nothing, opens only what is in the clear.
  static std::shared_ptr<Vault> InTheClear();
  ~Vault();

  // NOT_FOUND when the key was destroyed; UNAVAILABLE when it cannot be fetched now.
  absl::StatusOr<std::string> Seal(const Subject& subject, std::string_view place,
                                   std::string_view value);
  // The same value at the same place gives the same bytes: for members of a sorted set.
  absl::StatusOr<std::string> SealSame(const Subject& subject, std::string_view place,
                                       std::string_view value);

  // What was sealed, in `room`; what is in the clear, as it is. NOT_FOUND when the key is gone:
  // whoever reads passes it over, quietly. DATA_LOSS when it is damaged, was moved, or the store
  // has lost its key. UNAVAILABLE, FAILED_PRECONDITION: it cannot be told now.
  absl::StatusOr<std::string_view> Open(std::string_view place, std::string_view stored,
                                        std::string& room);
  absl::StatusOr<std::string> Open(std::string_view place, std::string_view stored);
  static bool IsSealed(std::string_view stored);
  // The key that a sealed value names, in hexadecimal digits; "" for what is in the clear.
  static std::string KeyIdOf(std::string_view stored);

  // Has the key at hand, so that sealing does not block a moment later. NOT_FOUND, UNAVAILABLE as
  // Seal().
  absl::Status Prepare(const Subject& subject);
  // Fetches, and makes where there are none, the keys of these names; as many as there is room for.
  absl::Status Warm(const std::vector<std::string>& names);

  // Nothing that the key has sealed can be read any more, here at once, elsewhere within about a
  // second.
  absl::Status Destroy(const Subject& subject, absl::Time now);

  // Forgets what was destroyed since the last look.
  absl::Status CatchUp();

  std::size_t cached() const;

 private:
  struct DataKey;
  using Key = std::shared_ptr<const DataKey>;
  struct Metrics;

  Vault(Options options, std::unique_ptr<Metrics> metrics);

  absl::StatusOr<std::string> SealAs(bool same, const Subject& subject, std::string_view place,
                                     std::string_view value);
  // Null when there is none and none is to be made.
  absl::StatusOr<Key> Find(const std::string& name, bool make);
  absl::StatusOr<std::vector<Key>> Fetch(const std::vector<std::string>& names, bool make);
  absl::StatusOr<std::vector<std::string>> Make(const std::vector<std::string>& names);
  absl::StatusOr<Key> Unwrap(const std::string& name, const std::string& wrapped);
  absl::Status ReloadRing();
  std::shared_ptr<const KeyRing> ring() const;
  void Follow();

  const Options options_;
  const std::unique_ptr<Metrics> metrics_;
  log::OnChange failures_;

  mutable Mutex mu_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::shared_ptr<const KeyRing> ring_ ABSL_GUARDED_BY(mu_);
  std::string current_kek_ ABSL_GUARDED_BY(mu_);
  uint64_t version_ ABSL_GUARDED_BY(mu_) = 0;
  // Grows when keys are forgotten: what was fetched before then is not kept.
  uint64_t forgotten_ ABSL_GUARDED_BY(mu_) = 0;
  // The last used first.
  using Used = std::list<std::pair<std::string, Key>>;
  Used used_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<std::string, Used::iterator> keys_ ABSL_GUARDED_BY(mu_);
  Worker follower_;
};

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_VAULT_VAULT_H_
