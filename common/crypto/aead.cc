#include "common/crypto/aead.h"

#include <algorithm>
#include <climits>
#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "common/base/check.h"
#include "common/crypto/hmac.h"

namespace veille {
namespace {

// Random bytes are fetched for so many nonces at a time: a call costs more than its bytes.
constexpr std::size_t kNoncesAtOnce = 64;

const unsigned char* Bytes(std::string_view data) {
  return reinterpret_cast<const unsigned char*>(data.data());
}

unsigned char* Bytes(char* data) { return reinterpret_cast<unsigned char*>(data); }

int Size(std::string_view data) {
  VEILLE_CHECK(data.size() <= INT_MAX);
  return static_cast<int>(data.size());
}

void FillRandom(unsigned char* bytes, std::size_t count) {
  VEILLE_CHECK(RAND_bytes(bytes, static_cast<int>(count)) == 1);
}

// The cipher is set once; each message sets its key and nonce.
class Context {
 public:
  explicit Context(bool encrypts) : context_(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free) {
    VEILLE_CHECK(context_ != nullptr &&
                 EVP_CipherInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr, nullptr, nullptr,
                                   encrypts ? 1 : 0) == 1);
  }
  EVP_CIPHER_CTX* get() { return context_.get(); }

 private:
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context_;
};

class Nonces {
 public:
  const unsigned char* Next() {
    if (used_ == kNoncesAtOnce) {
      FillRandom(bytes_.data(), bytes_.size());
      used_ = 0;
    }
    return bytes_.data() + AeadKey::kNonceBytes * used_++;
  }

 private:
  std::array<unsigned char, AeadKey::kNonceBytes * kNoncesAtOnce> bytes_;
  std::size_t used_ = kNoncesAtOnce;
};

}  // namespace

void Cleanse(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

AeadKey::AeadKey() { FillRandom(Bytes(bytes_.data()), bytes_.size()); }

AeadKey::AeadKey(std::string_view bytes) {
  VEILLE_CHECK(bytes.size() == kBytes);
  std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

AeadKey::~AeadKey() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

void AeadKey::Seal(std::string_view associated, std::string_view text, std::string& out) const {
  static thread_local Nonces nonces;
  SealWith(nonces.Next(), associated, text, out);
}

void AeadKey::SealSame(std::string_view associated, std::string_view text, std::string& out) const {
  std::string told = std::to_string(associated.size()) + ':';
  told.append(associated).append(text);
  std::string secret = HkdfSha256("", bytes(), "veille nonce", kBytes);
  const std::string digest = HmacSha256(secret, told);
  Cleanse(secret);
  Cleanse(told);
  SealWith(Bytes(digest), associated, text, out);
}

void AeadKey::SealWith(const unsigned char* nonce, std::string_view associated,
                       std::string_view text, std::string& out) const {
  static thread_local Context context(true);
  const std::size_t begin = out.size();
  out.resize(begin + kOverhead + text.size());
  unsigned char* at = Bytes(out.data()) + begin;
  at = std::copy_n(nonce, kNonceBytes, at);
  int written = 0, last = 0;
  const bool sealed =
      EVP_EncryptInit_ex(context.get(), nullptr, nullptr, Bytes(bytes()), nonce) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &written, Bytes(associated), Size(associated)) ==
          1 &&
      EVP_EncryptUpdate(context.get(), at, &written, Bytes(text), Size(text)) == 1 &&
      EVP_EncryptFinal_ex(context.get(), at + text.size(), &last) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, at + text.size()) == 1;
  VEILLE_CHECK(sealed && written == Size(text) && last == 0);
}

bool AeadKey::Open(std::string_view associated, std::string_view message, std::string& text) const {
  static thread_local Context context(false);
  text.clear();
  if (message.size() < kOverhead) return false;
  const std::string_view nonce = message.substr(0, kNonceBytes);
  const std::string_view sealed = message.substr(kNonceBytes, message.size() - kOverhead);
  std::array<unsigned char, kTagBytes> tag = {};
  std::copy_n(Bytes(message) + message.size() - kTagBytes, kTagBytes, tag.begin());
  text.resize(sealed.size());
  int written = 0, last = 0;
  const bool opened =
      EVP_DecryptInit_ex(context.get(), nullptr, nullptr, Bytes(bytes()), Bytes(nonce)) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &written, Bytes(associated), Size(associated)) ==
          1 &&
      EVP_DecryptUpdate(context.get(), Bytes(text.data()), &written, Bytes(sealed), Size(sealed)) ==
          1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), Bytes(text.data()) + text.size(), &last) == 1;
  // What was deciphered before the tag was found wrong is nobody's.
  if (!opened) Cleanse(text);
  return opened;
}

}  // namespace veille
