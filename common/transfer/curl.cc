#include "common/transfer/curl.h"

#include "common/base/check.h"

namespace veille::transfer {

void InitCurl() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  VEILLE_CHECK(ready);
}

absl::Status ToStatus(CURLcode code) {
  const char* reason = curl_easy_strerror(code);
  switch (code) {
    case CURLE_OK:
      return absl::OkStatus();
    case CURLE_OPERATION_TIMEDOUT:
      return absl::DeadlineExceededError(reason);
    case CURLE_LOGIN_DENIED:
      return absl::PermissionDeniedError(reason);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return absl::InvalidArgumentError(reason);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CONNECT_ERROR:
      return absl::UnauthenticatedError(reason);
    default:
      return absl::UnavailableError(reason);
  }
}

}  // namespace veille::transfer
