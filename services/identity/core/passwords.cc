#include "services/identity/core/passwords.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/crypto/hmac.h"
#include "common/crypto/scrypt.h"

namespace veille::identity {
namespace {

constexpr std::size_t kMaxId = 64;
constexpr std::size_t kLeastCharacters = 12, kLeastDifferent = 5;

// What is left of lists of leaked passwords at this length, in French and English.
constexpr std::string_view kTriedFirst[] = {
    "123456789012",   "1234567890123",    "12345678901234",
    "123456789123",   "1234567891011",    "password1234",
    "password12345",  "passwordpassword", "motdepasse123",
    "motdepasse1234", "azertyuiop123",    "azertyuiopqsdfg",
    "qwertyuiop123",  "qwertyuiop12",     "qwertyuiopasdf",
    "1q2w3e4r5t6y",   "1qaz2wsx3edc",     "q1w2e3r4t5y6",
    "abcdefghijkl",   "abcdef123456",     "iloveyou1234",
    "jetaime12345",   "administrator",    "administrateur",
    "veilleveille",   "changemechangeme", "correcthorsebatterystaple",
};

// UTF-8: what is not the rest of a character.
std::size_t Characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

}  // namespace

absl::Status CheckAccountId(std::string_view id) {
  const bool sound =
      !id.empty() && id.size() <= kMaxId && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '@' || c == '-';
      });
  if (sound) return absl::OkStatus();
  return absl::InvalidArgumentError("account_id: 1 to 64 letters, digits, '.', '_', '@' and '-'");
}

absl::Status CheckNewPassword(std::string_view password, std::string_view account_id) {
  if (password.size() > kMaxPassword)
    return absl::InvalidArgumentError("password: at most 128 bytes");
  if (Characters(password) < kLeastCharacters) {
    return absl::InvalidArgumentError(
        "password: at least 12 characters; a few words that nobody would guess together will do");
  }
  if (password.find('\0') != std::string_view::npos)
    return absl::InvalidArgumentError("password: may have every character but the NUL");
  const std::string lower = Lower(password);
  const bool tried =
      std::find(std::begin(kTriedFirst), std::end(kTriedFirst), lower) != std::end(kTriedFirst);
  if (tried || std::set<char>(lower.begin(), lower.end()).size() < kLeastDifferent)
    return absl::InvalidArgumentError("password: this is among those that are tried first");
  if (account_id.size() >= 4 && lower.find(Lower(account_id)) != std::string::npos)
    return absl::InvalidArgumentError("password: must not have the account's id in it");
  return absl::OkStatus();
}

store::v1::PasswordHash HashPassword(std::string_view password, std::string salt,
                                     const ScryptCost& cost) {
  store::v1::PasswordHash made;
  made.set_hash(Scrypt(password, salt, cost));
  made.set_salt(std::move(salt));
  made.set_n(cost.n);
  made.set_r(cost.r);
  made.set_p(cost.p);
  return made;
}

bool IsPassword(std::string_view password, const store::v1::PasswordHash& hash) {
  const std::string made = Scrypt(password, hash.salt(), {hash.n(), hash.r(), hash.p()});
  return !made.empty() && EqualInConstantTime(made, hash.hash());
}

bool IsOutdated(const store::v1::PasswordHash& hash, const ScryptCost& cost) {
  return hash.n() != cost.n || hash.r() != cost.r || hash.p() != cost.p;
}

}  // namespace veille::identity
