// A way to one peer: a datagram socket, or a connection of libcurl's with or without TLS. One
// thread.

#ifndef COMMON_SIP_LINK_H_
#define COMMON_SIP_LINK_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include <curl/curl.h>

#include "common/sip/uri.h"

namespace veille::sip {

class Link {
 public:
  virtual ~Link() = default;
  // False while the connection is being made; an error when it could not.
  virtual absl::StatusOr<bool> Ready() = 0;
  // Our side, as a Via has it: "127.0.0.1:4711". Once it is ready.
  virtual std::string LocalAddress() const = 0;
  // How many bytes went out; 0: not now. A datagram goes whole or not at all.
  virtual absl::StatusOr<std::size_t> Send(std::string_view bytes) = 0;
  // What has come; empty: nothing yet. OUT_OF_RANGE: the peer has closed.
  virtual absl::StatusOr<std::string> Receive() = 0;
  // To be watched for bytes; −1: by libcurl itself.
  virtual int Watched() const = 0;
};

// TCP or TLS, on `multi`, which must outlive it.
class StreamLink final : public Link {
 public:
  StreamLink(CURLM* multi, const Uri& to, const std::string& ca_file, absl::Duration timeout);
  ~StreamLink() override;
  absl::StatusOr<bool> Ready() override;
  std::string LocalAddress() const override;
  absl::StatusOr<std::size_t> Send(std::string_view bytes) override;
  absl::StatusOr<std::string> Receive() override;
  int Watched() const override;

  // What libcurl says of the attempt to connect.
  void Connected(CURLcode result);
  static StreamLink* Of(CURL* easy);

 private:
  template <typename Value>
  void Set(CURLoption option, Value value);

  CURLM* const multi_;
  CURL* const easy_;
  const std::string ca_file_;
  bool connected_ = false;
  absl::Status failure_;
};

// UDP. A name is looked up at once, while everybody waits: meant for this machine.
std::unique_ptr<Link> OpenDatagramLink(const Uri& to);

}  // namespace veille::sip

#endif  // COMMON_SIP_LINK_H_
