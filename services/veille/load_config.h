// The configuration file of a process: read, judged, and filled up with defaults.

#ifndef SERVICES_VEILLE_LOAD_CONFIG_H_
#define SERVICES_VEILLE_LOAD_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"

#include "veille/config/v1/config.pb.h"

namespace veille {

// Every fault with file, line and reason. An empty path is the default configuration. `embedded` is
// `veille all`, which needs no endpoint. Reads nothing else: files that it names are looked at by
// whoever uses them.
absl::StatusOr<config::v1::Config> LoadConfig(const std::string& path, bool embedded);

}  // namespace veille

#endif  // SERVICES_VEILLE_LOAD_CONFIG_H_
