#include "services/domain/identity/local_tls.h"

#include "common/base/status_macros.h"
#include "common/pki/authority_folder.h"
#include "common/time/clock.h"

namespace veille::domain {

absl::StatusOr<rpc::TlsFiles> LocalTls(const std::string& folder, const std::string& id,
                                       absl::Duration lifetime) {
  const pki::AuthorityFolder authority(folder);
  rpc::TlsFiles files;
  if (!authority.HasAuthority()) return files;
  VEILLE_ASSIGN_OR_RETURN(files.certificate_file,
                          authority.Ensure(id, lifetime, SystemClock().Now()));
  files.key_file = files.certificate_file;
  files.ca_file = authority.trusted_file();
  return files;
}

}  // namespace veille::domain
