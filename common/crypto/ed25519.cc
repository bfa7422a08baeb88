#include "common/crypto/ed25519.h"

#include <utility>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include "common/base/check.h"

namespace veille {
namespace {

constexpr std::size_t kKeyBytes = 32, kSignatureBytes = 64, kIdBytes = 8;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* Bytes(std::string_view data) {
  return reinterpret_cast<const unsigned char*>(data.data());
}

std::shared_ptr<EVP_PKEY> Own(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

Bio Reading(std::string_view text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

std::string Written(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

bool IsEd25519(const EVP_PKEY* key) {
  return key != nullptr && EVP_PKEY_base_id(key) == EVP_PKEY_ED25519;
}

}  // namespace

std::string Sha256(std::string_view data) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(Bytes(data), data.size(), reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

absl::StatusOr<VerifyingKey> VerifyingKey::FromPem(std::string_view pem) {
  auto key = Own(PEM_read_bio_PUBKEY(Reading(pem).get(), nullptr, nullptr, nullptr));
  if (!IsEd25519(key.get()))
    return absl::InvalidArgumentError("this is not an Ed25519 public key in PEM");
  return VerifyingKey(std::move(key));
}

bool VerifyingKey::Verify(std::string_view message, std::string_view signature) const {
  const DigestContext context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message),
                          message.size()) == 1;
}

std::string VerifyingKey::ToPem() const {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
  VEILLE_CHECK(PEM_write_bio_PUBKEY(bio.get(), key_.get()) == 1);
  return Written(bio);
}

std::string VerifyingKey::Id() const {
  std::string raw(kKeyBytes, '\0');
  std::size_t size = raw.size();
  VEILLE_CHECK(EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(raw.data()),
                                           &size) == 1);
  return Sha256(raw).substr(0, kIdBytes);
}

absl::StatusOr<SigningKey> SigningKey::Generate() {
  EVP_PKEY* key = nullptr;
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nullptr), EVP_PKEY_CTX_free);
  if (EVP_PKEY_keygen_init(context.get()) != 1 || EVP_PKEY_keygen(context.get(), &key) != 1)
    return absl::InternalError("OpenSSL cannot make an Ed25519 key");
  return SigningKey(Own(key));
}

absl::StatusOr<SigningKey> SigningKey::FromPem(std::string_view pem) {
  auto key = Own(PEM_read_bio_PrivateKey(Reading(pem).get(), nullptr, nullptr, nullptr));
  if (!IsEd25519(key.get()))
    return absl::InvalidArgumentError("this is not an Ed25519 private key in PEM (PKCS #8)");
  return SigningKey(std::move(key));
}

std::string SigningKey::Sign(std::string_view message) const {
  std::string signature(kSignatureBytes, '\0');
  std::size_t size = signature.size();
  const DigestContext context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  VEILLE_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1);
  VEILLE_CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                              &size, Bytes(message), message.size()) == 1);
  return signature;
}

VerifyingKey SigningKey::Public() const {
  auto pem = VerifyingKey(key_).ToPem();
  return *VerifyingKey::FromPem(pem);
}

std::string SigningKey::ToPem() const {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
  VEILLE_CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr,
                                             nullptr) == 1);
  return Written(bio);
}

}  // namespace veille
