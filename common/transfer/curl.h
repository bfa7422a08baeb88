// What everything on libcurl begins with.

#ifndef COMMON_TRANSFER_CURL_H_
#define COMMON_TRANSFER_CURL_H_

#include "absl/status/status.h"
#include <curl/curl.h>

namespace veille::transfer {

// OpenSSL and the resolver are made ready once, before the first thread. Thread safe.
void InitCurl();

// The reason names no address.
absl::Status ToStatus(CURLcode code);

}  // namespace veille::transfer

#endif  // COMMON_TRANSFER_CURL_H_
