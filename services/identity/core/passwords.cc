#include "services/identity/core/passwords.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/crypto/hmac.h"
#include "common/crypto/password_strength.h"
#include "common/crypto/scrypt.h"

namespace veille::identity {
namespace {

constexpr std::size_t kMaxId = 64;
constexpr std::size_t kLeastCharacters = 12, kLeastDifferent = 5;

// The top of zxcvbn's scale, 10^10 guesses: "very unguessable: strong protection from offline
// slow-hash scenario" (Wheeler, USENIX Security 2016). What we keep is such a hash.
constexpr double kLeastBits = 33.2;

// zxcvbn's lists are English. What lists of leaked French passwords begin with, and the words that
// people put before a year.
constexpr std::string_view kTriedFirst[] = {
    "veille",    "motdepasse", "azerty",   "bonjour",   "jetaime",    "administrateur", "bienvenue",
    "soleil",    "chouchou",   "doudou",   "loulou",    "coucou",     "chocolat",       "papillon",
    "princesse", "amour",      "monamour", "maman",     "papa",       "mamie",          "papy",
    "famille",   "maison",     "france",   "marseille", "toulouse",   "bordeaux",       "paris",
    "amiens",    "portugal",   "football", "secret",    "infirmiere", "pharmacie",      "hopital",
    "docteur",   "sante",      "janvier",  "fevrier",   "mars",       "avril",          "mai",
    "juin",      "juillet",    "aout",     "septembre", "octobre",    "novembre",       "decembre",
    "lundi",     "mardi",      "mercredi", "jeudi",     "vendredi",   "samedi",         "dimanche",
    "printemps", "automne",    "hiver",
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

// Names and ids as a whole and in their parts: "Anne-Marie Durand", "anne.durand".
std::vector<std::string> TriedFirst(std::string_view account_id,
                                    const std::vector<std::string>& names) {
  std::vector<std::string> words;
  const auto add = [&words](std::string_view name) {
    words.emplace_back(name);
    constexpr std::string_view kBetween = " .,'-_@";
    while (!name.empty()) {
      const std::size_t end = std::min(name.find_first_of(kBetween), name.size());
      if (end > 0) words.emplace_back(name.substr(0, end));
      name.remove_prefix(std::min(end + 1, name.size()));
    }
  };
  add(account_id);
  for (const std::string& name : names) add(name);
  words.insert(words.end(), std::begin(kTriedFirst), std::end(kTriedFirst));
  return words;
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

absl::Status CheckNewPassword(std::string_view password, std::string_view account_id,
                              const std::vector<std::string>& names) {
  if (password.size() > kMaxPassword)
    return absl::InvalidArgumentError("password: at most 128 bytes");
  if (Characters(password) < kLeastCharacters) {
    return absl::InvalidArgumentError(
        "password: at least 12 characters; a few words that nobody would guess together will do");
  }
  if (password.find('\0') != std::string_view::npos)
    return absl::InvalidArgumentError("password: may have every character but the NUL");
  const std::string lower = Lower(password);
  if (account_id.size() >= 4 && lower.find(Lower(account_id)) != std::string::npos)
    return absl::InvalidArgumentError("password: must not have the account's id in it");
  // Few different ones are what takes the estimate longest.
  if (std::set<char>(lower.begin(), lower.end()).size() < kLeastDifferent ||
      PasswordBits(password, TriedFirst(account_id, names)) < kLeastBits) {
    return absl::InvalidArgumentError(
        "password: too easy to guess: known passwords, names, single words, years and keys in a "
        "row "
        "are tried first; take four words that nobody would put together");
  }
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
