#include "services/domain/vault/key_ring.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <utility>

#include "absl/strings/str_format.h"
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/random.h"
#include "common/base/status_macros.h"
#include "common/crypto/hmac.h"

namespace veille::domain {
namespace {

absl::Status CheckMode(const std::string& path) {
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0) {
    const std::string text =
        "cannot read the key-encryption keys, " + path + ": " + std::strerror(errno);
    return errno == ENOENT ? absl::NotFoundError(text) : absl::PermissionDeniedError(text);
  }
  // Kubernetes mounts a secret as root's, readable by the group of the pod.
  const bool mounted = file.st_uid != geteuid();
  const mode_t forbidden = mounted ? S_IRWXO | S_IWGRP : S_IRWXO | S_IRWXG;
  if ((file.st_mode & forbidden) == 0) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrFormat("others may read the key-encryption keys, %s (mode %o): chmod 600 it, and "
                      "'veille keys rotate' if others have been on this machine",
                      path, file.st_mode & 0777U));
}

std::string NewLine() {
  SystemRandom random;
  return "k" + random.Hex(16) + " " + ToHex(AeadKey().bytes()) + "\n";
}

}  // namespace

absl::StatusOr<KeyRing> KeyRing::Load(const std::string& path) {
  VEILLE_RETURN_IF_ERROR(CheckMode(path));
  VEILLE_ASSIGN_OR_RETURN(std::string text, ReadFile(path));
  KeyRing ring;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line);
    std::string id, digits, more;
    words >> id >> digits >> more;
    if (id.empty() || id[0] == '#') continue;
    std::string bytes = FromHex(digits).value_or("");
    const bool good = bytes.size() == AeadKey::kBytes && more.empty() && ring.Find(id) == nullptr;
    if (good) ring.keys_.push_back({id, std::make_shared<const AeadKey>(bytes)});
    Cleanse(bytes);
    Cleanse(digits);
    if (good) continue;
    Cleanse(text);
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s:%d: a line is an id that comes once, a space and 64 hexadecimal digits", path, number));
  }
  Cleanse(text);
  if (!ring.keys_.empty()) return ring;
  return absl::InvalidArgumentError(path + ": holds no key-encryption key");
}

absl::Status KeyRing::MakeFile(const std::string& path) {
  VEILLE_ASSIGN_OR_RETURN(const auto lock, Lock(path));
  if (std::filesystem::exists(path))
    return absl::AlreadyExistsError(path + " exists; 'veille keys rotate' adds a key to it");
  return WriteFileAtomically(path, NewLine());
}

absl::StatusOr<std::optional<FileLock>> KeyRing::Lock(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  if (access(folder.c_str(), W_OK) != 0 && errno != ENOENT) return std::optional<FileLock>();
  VEILLE_ASSIGN_OR_RETURN(FileLock lock, FileLock::Take(path + ".lock"));
  return std::optional<FileLock>(std::move(lock));
}

absl::Status KeyRing::AddKey(const std::string& path) {
  VEILLE_ASSIGN_OR_RETURN(std::string text, ReadFile(path));
  if (!text.empty() && text.back() != '\n') text += '\n';
  text += NewLine();
  const absl::Status written = WriteFileAtomically(path, text);
  Cleanse(text);
  return written;
}

absl::Status KeyRing::RemoveKeys(const std::string& path, const std::set<std::string>& ids) {
  VEILLE_ASSIGN_OR_RETURN(const KeyRing ring, Load(path));
  std::string text;
  for (const Key& key : ring.keys()) {
    if (ids.count(key.id) > 0 && key.id != ring.newest().id) continue;
    text += key.id + " " + ToHex(key.key->bytes()) + "\n";
  }
  const absl::Status written = WriteFileAtomically(path, text);
  Cleanse(text);
  return written;
}

std::shared_ptr<const AeadKey> KeyRing::Find(std::string_view id) const {
  const auto at =
      std::find_if(keys_.begin(), keys_.end(), [id](const Key& key) { return key.id == id; });
  return at == keys_.end() ? nullptr : at->key;
}

}  // namespace veille::domain
