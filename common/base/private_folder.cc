#include "common/base/private_folder.h"

#include <filesystem>

#include <sys/stat.h>

#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace veille {
namespace {

// As large as what is kept: a disk that is full says so now.
constexpr std::size_t kProbeBytes = 16 << 10;

}  // namespace

absl::Status PreparePrivateFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return absl::UnavailableError("cannot make " + folder + ": " + error.message());
  chmod(folder.c_str(), 0700);
  const std::string probe = folder + "/.probe";
  VEILLE_RETURN_IF_ERROR(WriteFileAtomically(probe, std::string(kProbeBytes, '\0')));
  std::filesystem::remove(probe, error);
  return absl::OkStatus();
}

}  // namespace veille
