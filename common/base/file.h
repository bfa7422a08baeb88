// Whole files. Errors name the file and the system's reason.

#ifndef COMMON_BASE_FILE_H_
#define COMMON_BASE_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace veille {

absl::StatusOr<std::string> ReadFile(const std::string& path);

// Writes beside, syncs, renames: readers see the old content or the new, also after a power cut.
// Each writer has a file of its own until then; of two at once, the content of one is there whole.
absl::Status WriteFileAtomically(const std::string& path, std::string_view content);

}  // namespace veille

#endif  // COMMON_BASE_FILE_H_
