#include "tests/support/certificates.h"

#include <utility>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "common/base/check.h"

namespace veille::testing {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Key NewKey() { return {EVP_EC_gen("P-256"), &EVP_PKEY_free}; }

void Extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  VEILLE_CHECK(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate NewCertificate(const std::string& name, EVP_PKEY* key, long serial,
                           Authority::Life life = {}) {
  Certificate certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), life.from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), life.to);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

template <typename Writer>
std::string WritePem(const std::string& path, Writer writer) {
  BIO* file = BIO_new_file(path.c_str(), "w");
  VEILLE_CHECK(file != nullptr && writer(file) == 1);
  BIO_free(file);
  return path;
}

}  // namespace

struct Authority::Pair {
  Key key{nullptr, &EVP_PKEY_free};
  Certificate certificate{nullptr, &X509_free};
};

Authority::Authority(std::string folder, std::string name)
    : folder_(std::move(folder)), name_(std::move(name)), pair_(std::make_unique<Pair>()) {
  pair_->key = NewKey();
  pair_->certificate = NewCertificate(name_, pair_->key.get(), serial_++);
  X509* certificate = pair_->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  Extend(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  Extend(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  Extend(certificate, certificate, NID_subject_key_identifier, "hash");
  VEILLE_CHECK(X509_sign(certificate, pair_->key.get(), EVP_sha256()) > 0);
  ca_file_ = WritePem(folder_ + "/" + name_ + "-ca.pem",
                      [&](BIO* file) { return PEM_write_bio_X509(file, certificate); });
}

Authority::~Authority() = default;

Authority::Files Authority::Issue(const std::string& name, const std::vector<std::string>& uris,
                                  Life life) {
  const Key key = NewKey();
  const Certificate made = NewCertificate(name, key.get(), serial_++, life);
  X509* issuer = pair_->certificate.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
  std::string names = "DNS:localhost,IP:127.0.0.1";
  for (const std::string& uri : uris) names += ",URI:" + uri;
  Extend(made.get(), issuer, NID_subject_alt_name, names);
  Extend(made.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
  Extend(made.get(), issuer, NID_key_usage, "critical,digitalSignature");
  Extend(made.get(), issuer, NID_ext_key_usage, "clientAuth,serverAuth");
  VEILLE_CHECK(X509_sign(made.get(), pair_->key.get(), EVP_sha256()) > 0);
  const std::string prefix = folder_ + "/" + name_ + "-" + name;
  Files files;
  files.ca_file = ca_file_;
  files.certificate_file =
      WritePem(prefix + ".pem", [&](BIO* file) { return PEM_write_bio_X509(file, made.get()); });
  files.key_file = WritePem(prefix + "-key.pem", [&](BIO* file) {
    return PEM_write_bio_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return files;
}

}  // namespace veille::testing
