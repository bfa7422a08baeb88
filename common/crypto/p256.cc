#include "common/crypto/p256.h"

#include <utility>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "common/base/status_macros.h"

namespace veille {
namespace {

constexpr std::size_t kScalarBytes = 32;
constexpr std::size_t kPointBytes = 65;

template <typename T, void (*Free)(T*)>
struct Freer {
  void operator()(T* it) const { Free(it); }
};
template <typename T, void (*Free)(T*)>
using Owned = std::unique_ptr<T, Freer<T, Free>>;

using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using Digest = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using Number = Owned<BIGNUM, BN_clear_free>;
using Signature = Owned<ECDSA_SIG, ECDSA_SIG_free>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// A key of these parts; `scalar` may be null. Null when they do not fit together.
Key KeyOf(const BIGNUM* scalar, std::string_view point) {
  const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                      SN_X9_62_prime256v1, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1 ||
      (scalar != nullptr &&
       OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar) != 1)) {
    return nullptr;
  }
  const Owned<OSSL_PARAM, OSSL_PARAM_free> params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key,
                        scalar != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                        params.get()) != 1) {
    return nullptr;
  }
  return Key(key);
}

// The key of a public point that a peer gave; null when it is not on the curve.
Key PublicKey(std::string_view point) {
  if (point.size() != kPointBytes || point[0] != '\4') return nullptr;
  Key key = KeyOf(nullptr, point);
  if (key == nullptr) return nullptr;
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (context == nullptr || EVP_PKEY_public_check(context.get()) != 1) return nullptr;
  return key;
}

// scalar × the base point. Empty when it cannot be.
std::string PointOf(const BIGNUM* scalar) {
  const Owned<EC_GROUP, EC_GROUP_free> group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  if (group == nullptr || BN_is_zero(scalar) ||
      BN_cmp(scalar, EC_GROUP_get0_order(group.get())) >= 0) {
    return "";
  }
  const Owned<EC_POINT, EC_POINT_free> point(EC_POINT_new(group.get()));
  std::string bytes(kPointBytes, '\0');
  if (point == nullptr ||
      EC_POINT_mul(group.get(), point.get(), scalar, nullptr, nullptr, nullptr) != 1 ||
      EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, Bytes(bytes),
                         bytes.size(), nullptr) != kPointBytes) {
    return "";
  }
  return bytes;
}

}  // namespace

struct P256Key::Handle {
  Key key;
};

absl::StatusOr<P256Key> P256Key::Make(std::shared_ptr<const Handle> handle) {
  if (handle->key == nullptr) return absl::InvalidArgumentError("this is no key of P-256");
  char group[64] = {};
  std::size_t length = 0;
  std::string point(kPointBytes, '\0');
  EVP_PKEY* key = handle->key.get();
  if (EVP_PKEY_get_group_name(key, group, sizeof(group), &length) != 1 ||
      std::string(group) != SN_X9_62_prime256v1 ||
      EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                     OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) != 1 ||
      EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, Bytes(point), point.size(),
                                      &length) != 1 ||
      length != kPointBytes) {
    return absl::InvalidArgumentError("this is no key of P-256");
  }
  P256Key made;
  made.handle_ = std::move(handle);
  made.public_point_ = std::move(point);
  return made;
}

absl::StatusOr<P256Key> P256Key::Generate() {
  auto handle = std::make_shared<Handle>();
  handle->key.reset(EVP_EC_gen(SN_X9_62_prime256v1));
  return Make(std::move(handle));
}

absl::StatusOr<P256Key> P256Key::FromPem(std::string_view pem) {
  const Owned<BIO, BIO_free_all> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  auto handle = std::make_shared<Handle>();
  if (bio != nullptr)
    handle->key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  return Make(std::move(handle));
}

absl::StatusOr<P256Key> P256Key::FromScalar(std::string_view scalar) {
  if (scalar.size() != kScalarBytes) return absl::InvalidArgumentError("a key has 32 bytes");
  const Number number(BN_bin2bn(Bytes(scalar), static_cast<int>(scalar.size()), nullptr));
  auto handle = std::make_shared<Handle>();
  if (const std::string point = number != nullptr ? PointOf(number.get()) : ""; !point.empty())
    handle->key = KeyOf(number.get(), point);
  return Make(std::move(handle));
}

absl::StatusOr<std::string> P256Key::Agree(std::string_view point) const {
  const Key peer = PublicKey(point);
  if (peer == nullptr) return absl::InvalidArgumentError("the peer's point is not on P-256");
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, handle_->key.get(), nullptr));
  std::string secret(kScalarBytes, '\0');
  std::size_t length = secret.size();
  if (context == nullptr || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1 ||
      EVP_PKEY_derive(context.get(), Bytes(secret), &length) != 1 || length != kScalarBytes) {
    return absl::InternalError("the keys do not agree on a secret");
  }
  return secret;
}

absl::StatusOr<std::string> P256Key::Sign(std::string_view data) const {
  const Digest digest(EVP_MD_CTX_new());
  std::string der(128, '\0');
  std::size_t length = der.size();
  if (digest == nullptr ||
      EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, handle_->key.get()) != 1 ||
      EVP_DigestSign(digest.get(), Bytes(der), &length, Bytes(data), data.size()) != 1) {
    return absl::InternalError("cannot sign");
  }
  const unsigned char* at = Bytes(std::string_view(der));
  const Signature parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(length)));
  std::string signature(2 * kScalarBytes, '\0');
  if (parsed == nullptr ||
      BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), Bytes(signature), kScalarBytes) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), Bytes(signature) + kScalarBytes, kScalarBytes) <
          0) {
    return absl::InternalError("cannot sign");
  }
  return signature;
}

bool IsP256Point(std::string_view point) { return PublicKey(point) != nullptr; }

bool VerifyEs256(std::string_view point, std::string_view data, std::string_view signature) {
  const Key key = PublicKey(point);
  const Signature parts(ECDSA_SIG_new());
  const Digest digest(EVP_MD_CTX_new());
  if (key == nullptr || parts == nullptr || digest == nullptr ||
      signature.size() != 2 * kScalarBytes) {
    return false;
  }
  Number r(BN_bin2bn(Bytes(signature), kScalarBytes, nullptr));
  Number s(BN_bin2bn(Bytes(signature) + kScalarBytes, kScalarBytes, nullptr));
  // Takes both over.
  if (ECDSA_SIG_set0(parts.get(), r.release(), s.release()) != 1) return false;
  std::string der(128, '\0');
  unsigned char* at = Bytes(der);
  const int length = i2d_ECDSA_SIG(parts.get(), &at);
  return length > 0 &&
         EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
         EVP_DigestVerify(digest.get(), Bytes(der), static_cast<std::size_t>(length), Bytes(data),
                          data.size()) == 1;
}

}  // namespace veille
