// An authority and its certificates, made by the test and gone with its folder.

#ifndef TESTS_SUPPORT_CERTIFICATES_H_
#define TESTS_SUPPORT_CERTIFICATES_H_

#include <memory>
#include <string>
#include <vector>

namespace veille::testing {

class Authority {
 public:
  // Files go into `folder`, their names beginning with `name`.
  Authority(std::string folder, std::string name);
  ~Authority();

  struct Files {
    std::string ca_file, certificate_file, key_file;
  };
  // From when to when a certificate is good, in seconds from now.
  struct Life {
    long from = -24 * 3600, to = 24 * 3600;
  };
  // A certificate for "localhost" and 127.0.0.1, client and server, with these URIs.
  Files Issue(const std::string& name, const std::vector<std::string>& uris) {
    return Issue(name, uris, Life());
  }
  Files Issue(const std::string& name, const std::vector<std::string>& uris, Life life);
  const std::string& ca_file() const { return ca_file_; }

 private:
  struct Pair;
  const std::string folder_, name_;
  std::string ca_file_;
  std::unique_ptr<Pair> pair_;
  long serial_ = 1;
};

}  // namespace veille::testing

#endif  // TESTS_SUPPORT_CERTIFICATES_H_
