#include "services/client/tell_certificate.h"

#include "common/pki/certificate.h"
#include "services/client/render.h"

namespace veille::client {
namespace {

std::string Moment(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

}  // namespace

std::string CertificateText(const std::string& pem) {
  const absl::StatusOr<pki::CertificateInfo> info = pki::Inspect(pem);
  if (!info.ok()) return "a certificate that cannot be read";
  return "certificate serial/" + info->serial + ", until " + Moment(info->not_after);
}

std::string CertificateJson(const std::string& pem) {
  const absl::StatusOr<pki::CertificateInfo> info = pki::Inspect(pem);
  return "\"serial\":" + JsonString(info.ok() ? info->serial : "") +
         ",\"expire_time\":" + JsonString(info.ok() ? Moment(info->not_after) : "");
}

}  // namespace veille::client
