#include "services/domain/vault/wrapping.h"

namespace veille::domain {
namespace {

std::string Associated(const std::string& name, const store::v1::WrappedKey& wrapped) {
  return "veille data key 1\n" + wrapped.kek_id() + '\n' + wrapped.key_id() + '\n' + name;
}

}  // namespace

absl::StatusOr<store::v1::WrappedKey> ParseWrapped(const std::string& name,
                                                   std::string_view bytes) {
  store::v1::WrappedKey wrapped;
  if (wrapped.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
      wrapped.format() == 1) {
    return wrapped;
  }
  return absl::DataLossError("the key store's entry for " + name +
                             " cannot be read; restore the key store from its own backup");
}

void Wrap(const std::string& name, const AeadKey& data_key, const KeyRing::Key& kek,
          store::v1::WrappedKey& wrapped) {
  wrapped.set_kek_id(kek.id);
  wrapped.clear_wrapped();
  kek.key->Seal(Associated(name, wrapped), data_key.bytes(), *wrapped.mutable_wrapped());
}

absl::StatusOr<std::string> Unwrapped(const std::string& name, const store::v1::WrappedKey& wrapped,
                                      const KeyRing& ring) {
  const std::shared_ptr<const AeadKey> kek = ring.Find(wrapped.kek_id());
  if (kek == nullptr) {
    return absl::NotFoundError("the data key of " + name +
                               " is wrapped by the key-encryption key " + wrapped.kek_id() +
                               ", which is not among ours: add it to the file keys.kek_file");
  }
  std::string bytes;
  if (kek->Open(Associated(name, wrapped), wrapped.wrapped(), bytes) &&
      bytes.size() == AeadKey::kBytes) {
    return bytes;
  }
  return absl::DataLossError("the data key of " + name + " does not open with our key-encryption " +
                             "key " + wrapped.kek_id() +
                             ": keys.kek_file is of another deployment, or the entry is damaged");
}

}  // namespace veille::domain
