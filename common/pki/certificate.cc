#include "common/pki/certificate.h"

#include <algorithm>
#include <set>

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/x509v3.h>

#include "common/crypto/ed25519.h"
#include "common/pki/openssl.h"

namespace veille::pki {
namespace {

using Names = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;

std::string Hex(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) {
    text += "0123456789abcdef"[(static_cast<unsigned char>(byte) >> 4) & 15];
    text += "0123456789abcdef"[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

std::string BytesOf(const ASN1_STRING* text) {
  if (text == nullptr) return "";
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::vector<std::string> UrisOf(X509* certificate) {
  std::vector<std::string> uris;
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_URI) uris.push_back(BytesOf(name->d.uniformResourceIdentifier));
  }
  return uris;
}

absl::Time ToTime(const ASN1_TIME* time) {
  int days = 0, seconds = 0;
  const Owned<ASN1_TIME, ASN1_STRING_free> epoch(ASN1_TIME_set(nullptr, 0));
  if (epoch == nullptr || ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1)
    return absl::InfinitePast();
  return absl::UnixEpoch() + absl::Hours(24) * days + absl::Seconds(seconds);
}

bool IsP256(EVP_PKEY* key) {
  char group[64] = {};
  std::size_t length = 0;
  return key != nullptr && EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_group_name(key, group, sizeof(group), &length) == 1 &&
         std::string(group) == SN_X9_62_prime256v1;
}

std::string PublicDigest(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(key, &der);
  if (length <= 0) return "";
  const std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return Sha256(bytes);
}

}  // namespace

absl::StatusOr<CertificateInfo> Inspect(std::string_view pem) {
  const std::vector<Certificate> certificates = ReadCertificates(pem);
  if (certificates.empty()) return absl::InvalidArgumentError("there is no certificate in it");
  X509* certificate = certificates[0].get();
  CertificateInfo info;
  info.uris = UrisOf(certificate);
  info.not_before = ToTime(X509_get0_notBefore(certificate));
  info.not_after = ToTime(X509_get0_notAfter(certificate));
  info.serial = Hex(BytesOf(X509_get0_serialNumber(certificate)));
  info.issuer_key_id = Hex(BytesOf(X509_get0_authority_key_id(certificate)));
  return info;
}

absl::StatusOr<std::string> SubjectKeyId(std::string_view pem) {
  const std::vector<Certificate> certificates = ReadCertificates(pem);
  const ASN1_OCTET_STRING* id =
      certificates.empty() ? nullptr : X509_get0_subject_key_id(certificates[0].get());
  if (id == nullptr) return absl::InvalidArgumentError("the certificate does not identify its key");
  return Hex(BytesOf(id));
}

absl::Time RenewalTime(const CertificateInfo& info) {
  return info.not_before + (info.not_after - info.not_before) * 2 / 3;
}

absl::StatusOr<std::string> BundleDigest(std::string_view pem) {
  std::set<std::string> digests;
  for (const Certificate& certificate : ReadCertificates(pem))
    digests.insert(Sha256(Encode(certificate.get())));
  if (digests.empty()) return absl::InvalidArgumentError("there is no certificate in the bundle");
  std::string all;
  for (const std::string& digest : digests) all += digest;
  return Sha256(all);
}

std::string JoinBundles(std::string_view first, std::string_view second) {
  std::set<std::string> seen;
  std::string joined;
  for (const std::string_view bundle : {first, second}) {
    for (const Certificate& certificate : ReadCertificates(bundle)) {
      if (seen.insert(Encode(certificate.get())).second)
        joined += WriteCertificate(certificate.get());
    }
  }
  return joined;
}

absl::StatusOr<KeyAndRequest> MakeRequest() {
  const Key key(EVP_EC_gen(SN_X9_62_prime256v1));
  if (key == nullptr) return absl::InternalError("cannot make a key");
  KeyAndRequest made;
  made.key_pem = WriteKey(key.get());
  absl::StatusOr<std::string> request = RequestFor(made.key_pem);
  if (!request.ok()) return request.status();
  made.request_pem = *std::move(request);
  return made;
}

absl::StatusOr<std::string> RequestFor(std::string_view key_pem) {
  const Key key = ReadKey(key_pem);
  if (key == nullptr) return absl::InvalidArgumentError("there is no private key in it");
  const SigningRequest request(X509_REQ_new());
  if (request == nullptr || X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), EVP_sha256()) <= 0) {
    return absl::InternalError("cannot make a request for a certificate");
  }
  return WriteRequest(request.get());
}

absl::StatusOr<std::string> CheckRequest(std::string_view request_pem) {
  const SigningRequest request = ReadRequest(request_pem);
  if (request == nullptr)
    return absl::InvalidArgumentError("is not a certificate request (PKCS #10) in PEM");
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  if (!IsP256(key)) return absl::InvalidArgumentError("the key must be of the curve P-256");
  if (X509_REQ_verify(request.get(), key) != 1)
    return absl::InvalidArgumentError("the request is not signed by the key that it is for");
  return PublicDigest(key);
}

bool KeyFits(std::string_view key_pem, std::string_view certificate_pem) {
  const Key key = ReadKey(key_pem);
  const std::vector<Certificate> certificates = ReadCertificates(certificate_pem);
  return key != nullptr && !certificates.empty() &&
         X509_check_private_key(certificates[0].get(), key.get()) == 1;
}

}  // namespace veille::pki
