// Owners of OpenSSL's objects, and PEM in and out, for the other files of this folder only.

#ifndef COMMON_PKI_OPENSSL_H_
#define COMMON_PKI_OPENSSL_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

namespace veille::pki {

template <typename T, void (*Free)(T*)>
struct Freer {
  void operator()(T* it) const { Free(it); }
};
template <typename T, void (*Free)(T*)>
using Owned = std::unique_ptr<T, Freer<T, Free>>;

using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Certificate = Owned<X509, X509_free>;
using SigningRequest = Owned<X509_REQ, X509_REQ_free>;
using Memory = Owned<BIO, BIO_free_all>;

// Null where there is none of that kind. Keys under a pass phrase count as none: nobody is asked.
Key ReadKey(std::string_view pem);
SigningRequest ReadRequest(std::string_view pem);
// In the order of the text; stops at what cannot be read.
std::vector<Certificate> ReadCertificates(std::string_view pem);

std::string WriteKey(EVP_PKEY* key);
std::string WriteRequest(X509_REQ* request);
std::string WriteCertificate(X509* certificate);
// DER.
std::string Encode(X509* certificate);

}  // namespace veille::pki

#endif  // COMMON_PKI_OPENSSL_H_
