// The header by which a caller shows a sign-in, as BearerOf() reads it.

#ifndef COMMON_RPC_BEARER_H_
#define COMMON_RPC_BEARER_H_

#include <string>

#include <grpcpp/client_context.h>

namespace veille::rpc {

inline constexpr char kAuthorization[] = "authorization";
inline constexpr char kBearer[] = "Bearer ";

// The header's value.
inline std::string BearerHeader(const std::string& token) { return kBearer + token; }

// Nothing without a token: who the caller is, is then a certificate's business.
inline void ShowBearer(const std::string& token, grpc::ClientContext& context) {
  if (!token.empty()) context.AddMetadata(kAuthorization, BearerHeader(token));
}

}  // namespace veille::rpc

#endif  // COMMON_RPC_BEARER_H_
