// Authenticated encryption: AES-256-GCM (NIST SP 800-38D), through OpenSSL.
//
// A message is nonce ‖ ciphertext ‖ tag: 12 bytes, as many as the text, 16 bytes. Nonces are random
// and never counted: a counter that is stored is set back by a failover, and a nonce that comes
// twice gives the key of the tags away. With random ones a key is good for 2^32 messages, after
// which the chance that any two were equal is still below 2^-32 (birthdays: 2^64 / 2 pairs in
// 2^96). A home that sends a message a second takes 136 years to get there.
//
// Thread safe. The cipher's contexts are the thread's own and used again: a message costs its bytes
// and a key schedule, and allocates nothing but what it returns.

#ifndef COMMON_CRYPTO_AEAD_H_
#define COMMON_CRYPTO_AEAD_H_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace veille {

// Wipes a secret's bytes before they are given back.
void Cleanse(std::string& secret);

class AeadKey {
 public:
  static constexpr std::size_t kBytes = 32;
  static constexpr std::size_t kNonceBytes = 12;
  static constexpr std::size_t kTagBytes = 16;
  static constexpr std::size_t kOverhead = kNonceBytes + kTagBytes;

  AeadKey();  // Random.
  // `bytes` are kBytes long.
  explicit AeadKey(std::string_view bytes);
  ~AeadKey();  // Wipes it.
  AeadKey(const AeadKey&) = delete;
  AeadKey& operator=(const AeadKey&) = delete;

  // For wrapping it by another.
  std::string_view bytes() const { return {bytes_.data(), bytes_.size()}; }

  // Appends the message to `out`. Whoever opens it must know the same associated data.
  void Seal(std::string_view associated, std::string_view text, std::string& out) const;

  // The same text gives the same message, for what is looked for by its bytes: the nonce is a keyed
  // digest of the text and the associated data. Shows which texts are equal, nothing else.
  void SealSame(std::string_view associated, std::string_view text, std::string& out) const;

  // Replaces `text`. False, and `text` empty, when anything is not as it was sealed.
  [[nodiscard]] bool Open(std::string_view associated, std::string_view message,
                          std::string& text) const;

 private:
  void SealWith(const unsigned char* nonce, std::string_view associated, std::string_view text,
                std::string& out) const;

  std::array<char, kBytes> bytes_;
};

}  // namespace veille

#endif  // COMMON_CRYPTO_AEAD_H_
