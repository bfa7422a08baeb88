// What several tests and benches give the service: its files, an emergency, a seed.

#ifndef TESTS_SUPPORT_INPUTS_H_
#define TESTS_SUPPORT_INPUTS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "google/protobuf/message.h"

#include "veille/config/v1/config.pb.h"
#include "veille/store/v1/finding.pb.h"

namespace veille::testing {

// VEILLE_SEED, or another one each time; printed, so that a run can be repeated.
uint64_t SeedOfThisRun();

// What a role that `veille all` does not start needs beside a Redis: no TLS, and keys of its own in
// `folder`, kept in the same Redis.
void MakeDoorsAndKeys(const std::string& folder, config::v1::Config& config);

// As protobuf text, which is how homes and configurations are read.
void WriteText(const std::string& path, const google::protobuf::Message& message);

// A press of the button, seen and decided at `now`: one condition of its own for each number, so
// that none joins another. The alert's id is "<home>.<number>".
store::v1::Finding MakeSosFinding(const std::string& home_id, const std::string& patient_id,
                                  std::size_t number, absl::Time now);

}  // namespace veille::testing

#endif  // TESTS_SUPPORT_INPUTS_H_
