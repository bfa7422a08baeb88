// A folder for what only its owner may read, made ready before something that cannot be had twice
// is fetched into it.

#ifndef COMMON_BASE_PRIVATE_FOLDER_H_
#define COMMON_BASE_PRIVATE_FOLDER_H_

#include <string>

#include "absl/status/status.h"

namespace veille {

// Makes it where it is missing, and proves by a file, which is gone again, that one can be written
// and reaches the disk.
absl::Status PreparePrivateFolder(const std::string& folder);

}  // namespace veille

#endif  // COMMON_BASE_PRIVATE_FOLDER_H_
