#include "common/crypto/web_push.h"

#include <memory>

#include <openssl/evp.h>

#include "common/base/status_macros.h"
#include "common/crypto/hmac.h"

namespace veille {
namespace {

constexpr std::size_t kSaltBytes = 16, kAuthBytes = 16, kPointBytes = 65, kTagBytes = 16;
// Salt, record size, length of the key's name, and the name: the sender's point.
constexpr std::size_t kHeaderBytes = kSaltBytes + 4 + 1 + kPointBytes;
constexpr char kRecordSize[] = "\0\0\x10\0";  // 4096
constexpr char kLastRecord = '\2';

struct Keys {
  std::string key, nonce;
};

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Keys KeysOf(std::string_view shared, std::string_view auth, std::string_view receiver,
            std::string_view sender, std::string_view salt) {
  // The zero bytes end the names, by the RFC.
  const std::string info =
      std::string("WebPush: info", 14) + std::string(receiver) + std::string(sender);
  const std::string secret = HkdfSha256(auth, shared, info, 32);
  return {HkdfSha256(salt, secret, std::string("Content-Encoding: aes128gcm", 28), 16),
          HkdfSha256(salt, secret, std::string("Content-Encoding: nonce", 24), 12)};
}

}  // namespace

absl::StatusOr<std::string> EncryptWebPush(std::string_view text, const WebPushReceiver& receiver,
                                           const P256Key& sender, std::string_view salt) {
  if (text.size() > kMaxWebPushText) return absl::InvalidArgumentError("the text is too long");
  if (receiver.auth_secret.size() != kAuthBytes || salt.size() != kSaltBytes)
    return absl::InvalidArgumentError("secret and salt have 16 bytes");
  VEILLE_ASSIGN_OR_RETURN(const std::string shared, sender.Agree(receiver.public_point));
  const Keys keys =
      KeysOf(shared, receiver.auth_secret, receiver.public_point, sender.public_point(), salt);
  const std::string plain = std::string(text) + kLastRecord;
  std::string sealed(plain.size() + kTagBytes, '\0');
  int length = 0, rest = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  if (cipher == nullptr ||
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr,
                         Bytes(std::string_view(keys.key)),
                         Bytes(std::string_view(keys.nonce))) != 1 ||
      EVP_EncryptUpdate(cipher.get(), Bytes(sealed), &length, Bytes(std::string_view(plain)),
                        static_cast<int>(plain.size())) != 1 ||
      EVP_EncryptFinal_ex(cipher.get(), Bytes(sealed) + length, &rest) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                          Bytes(sealed) + plain.size()) != 1) {
    return absl::InternalError("cannot encrypt");
  }
  return std::string(salt) + std::string(kRecordSize, 4) + static_cast<char>(kPointBytes) +
         sender.public_point() + sealed;
}

absl::StatusOr<std::string> DecryptWebPush(std::string_view body, const P256Key& receiver,
                                           std::string_view auth_secret) {
  const absl::Status wrong = absl::InvalidArgumentError("this is not encrypted for this key");
  if (body.size() < kHeaderBytes + kTagBytes + 1 || body[kSaltBytes + 4] != kPointBytes)
    return wrong;
  const std::string_view salt = body.substr(0, kSaltBytes);
  const std::string_view sender = body.substr(kSaltBytes + 5, kPointBytes);
  std::string sealed(body.substr(kHeaderBytes));
  VEILLE_ASSIGN_OR_RETURN(const std::string shared, receiver.Agree(sender));
  const Keys keys = KeysOf(shared, auth_secret, receiver.public_point(), sender, salt);
  std::string plain(sealed.size() - kTagBytes, '\0');
  int length = 0, rest = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  if (cipher == nullptr ||
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr,
                         Bytes(std::string_view(keys.key)),
                         Bytes(std::string_view(keys.nonce))) != 1 ||
      EVP_DecryptUpdate(cipher.get(), Bytes(plain), &length, Bytes(std::string_view(sealed)),
                        static_cast<int>(plain.size())) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes,
                          Bytes(sealed) + plain.size()) != 1 ||
      EVP_DecryptFinal_ex(cipher.get(), Bytes(plain) + length, &rest) != 1) {
    return wrong;
  }
  // What follows the mark is padding.
  while (!plain.empty() && plain.back() == '\0') plain.pop_back();
  if (plain.empty() || plain.back() != kLastRecord) return wrong;
  plain.pop_back();
  return plain;
}

}  // namespace veille
