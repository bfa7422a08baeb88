// What an operator notes of a certificate that was given out: its serial, by which it can be
// denied, and its end.

#ifndef SERVICES_CLIENT_TELL_CERTIFICATE_H_
#define SERVICES_CLIENT_TELL_CERTIFICATE_H_

#include <string>

namespace veille::client {

// "certificate serial/4a…, until 2026-01-15T20:30:00Z", of the first in `pem`.
std::string CertificateText(const std::string& pem);
// `"serial":"4a…","expire_time":"2026-…"`: members of an object.
std::string CertificateJson(const std::string& pem);

}  // namespace veille::client

#endif  // SERVICES_CLIENT_TELL_CERTIFICATE_H_
