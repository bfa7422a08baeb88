// Mends an append-only file that redis-server refuses to load: garbage after its tail, as a power
// cut leaves it on some file systems (zeros where the length grew and the data did not).
#ifndef COMMON_REDIS_AOF_REPAIR_H_
#define COMMON_REDIS_AOF_REPAIR_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace veille::redis {

// Whether the log of a redis-server that ended says that its append-only file is broken.
bool LogBlamesAppendOnlyFile(std::string_view log);

// Copies the newest incremental file below `data_dir`/appendonlydir beside the folder, cuts it
// after its last whole command with redis-check-aof, and returns a line for people that names both
// files and how much was cut. Only for a folder whose server does not run.
absl::StatusOr<std::string> RepairAppendOnlyFile(const std::string& data_dir,
                                                 const std::string& check_aof_binary);

}  // namespace veille::redis

#endif  // COMMON_REDIS_AOF_REPAIR_H_
