#include "common/pki/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>

namespace veille::pki {
namespace {

// A file never makes the terminal ask for a pass phrase.
int NoPassPhrase(char* /*to*/, int /*size*/, int /*writing*/, void* /*context*/) { return -1; }

Memory Reader(std::string_view pem) {
  return Memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

template <typename Write>
std::string Written(Write write) {
  const Memory memory(BIO_new(BIO_s_mem()));
  if (memory == nullptr || write(memory.get()) != 1) return "";
  char* data = nullptr;
  const long length = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

}  // namespace

Key ReadKey(std::string_view pem) {
  const Memory memory = Reader(pem);
  if (memory == nullptr) return nullptr;
  Key key(PEM_read_bio_PrivateKey(memory.get(), nullptr, NoPassPhrase, nullptr));
  ERR_clear_error();
  return key;
}

SigningRequest ReadRequest(std::string_view pem) {
  const Memory memory = Reader(pem);
  if (memory == nullptr) return nullptr;
  SigningRequest request(PEM_read_bio_X509_REQ(memory.get(), nullptr, NoPassPhrase, nullptr));
  ERR_clear_error();
  return request;
}

std::vector<Certificate> ReadCertificates(std::string_view pem) {
  std::vector<Certificate> certificates;
  const Memory memory = Reader(pem);
  while (memory != nullptr) {
    Certificate next(PEM_read_bio_X509(memory.get(), nullptr, NoPassPhrase, nullptr));
    if (next == nullptr) break;
    certificates.push_back(std::move(next));
  }
  // The end of the text is an error to OpenSSL, and none to us.
  ERR_clear_error();
  return certificates;
}

std::string WriteKey(EVP_PKEY* key) {
  return Written([key](BIO* to) {
    return PEM_write_bio_PKCS8PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}
std::string WriteRequest(X509_REQ* request) {
  return Written([request](BIO* to) { return PEM_write_bio_X509_REQ(to, request); });
}
std::string WriteCertificate(X509* certificate) {
  return Written([certificate](BIO* to) { return PEM_write_bio_X509(to, certificate); });
}
std::string Encode(X509* certificate) {
  return Written([certificate](BIO* to) { return i2d_X509_bio(to, certificate); });
}

}  // namespace veille::pki
