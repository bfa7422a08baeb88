// A folder of homes that may change while the service runs.
//
// One thread.

#ifndef SERVICES_DOMAIN_HOMES_FOLDER_H_
#define SERVICES_DOMAIN_HOMES_FOLDER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "services/domain/registry.h"

namespace veille::domain {

class HomesFolder {
 public:
  // `more` are homes that no file holds.
  explicit HomesFolder(std::string folder, std::vector<care::v1::Home> more = {})
      : folder_(std::move(folder)), more_(std::move(more)) {}

  absl::StatusOr<std::shared_ptr<const Registry>> Load();

  // What the folder holds now, where that is something else than before and has stood unchanged
  // since the last call, so that half-written files are not read; null otherwise. A fault is
  // returned once for each change.
  absl::StatusOr<std::shared_ptr<const Registry>> LoadWhenChanged();

 private:
  // Names, sizes and times of the files: another one means another content.
  std::string Fingerprint() const;

  const std::string folder_;
  const std::vector<care::v1::Home> more_;
  std::string loaded_, seen_;
};

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_HOMES_FOLDER_H_
