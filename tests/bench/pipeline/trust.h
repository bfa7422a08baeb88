// What the two sides of a connection show each other: nothing, or certificates of an authority that
// was made for this run. Thread safe.

#ifndef TESTS_BENCH_PIPELINE_TRUST_H_
#define TESTS_BENCH_PIPELINE_TRUST_H_

#include <memory>
#include <string>

#include <grpcpp/channel.h>

#include "veille/config/v1/config.pb.h"

#include "common/rpc/credentials.h"

namespace veille::bench {

class Trust {
 public:
  // Mutual TLS by the authority in the folder, which is made where there is none; "" for none.
  explicit Trust(std::string folder = "");

  bool any() const { return !folder_.empty(); }
  const std::string& folder() const { return folder_; }
  // Has the roles serve with certificates of that authority.
  void Configure(config::v1::Config& config) const;
  rpc::TlsFiles ServerFiles() const;
  // A connection of its own of the hub. Its certificate is read once: a thread that watches the
  // files of each of thousands of hubs would be what is measured.
  std::shared_ptr<grpc::Channel> Connect(const std::string& address,
                                         const std::string& source_id) const;

 private:
  const std::string folder_;
};

}  // namespace veille::bench

#endif  // TESTS_BENCH_PIPELINE_TRUST_H_
