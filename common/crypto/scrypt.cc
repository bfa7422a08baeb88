#include "common/crypto/scrypt.h"

#include <openssl/evp.h>

namespace veille {
namespace {

constexpr uint64_t kMostMemory = uint64_t{256} << 20;

}  // namespace

std::string Scrypt(std::string_view password, std::string_view salt, const ScryptCost& cost,
                   std::size_t bytes) {
  std::string hash(bytes, '\0');
  const int done = EVP_PBE_scrypt(password.data(), password.size(),
                                  reinterpret_cast<const unsigned char*>(salt.data()), salt.size(),
                                  cost.n, cost.r, cost.p, kMostMemory,
                                  reinterpret_cast<unsigned char*>(hash.data()), hash.size());
  return done == 1 ? hash : std::string();
}

}  // namespace veille
