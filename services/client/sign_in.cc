#include "services/client/sign_in.h"

#include <filesystem>

#include "google/protobuf/text_format.h"
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/base/private_folder.h"
#include "common/base/status_macros.h"

namespace veille::client {
namespace {

constexpr char kEnding[] = ".signin";

}  // namespace

std::string SignIns::PathOf(const std::string& account_id) const {
  return folder_ + "/" + account_id + kEnding;
}

std::optional<account::v1::SignedIn> SignIns::Find(const std::string& account_id) const {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error))
    if (entry.path().extension() == kEnding) paths.push_back(entry.path());
  std::string path = paths.size() == 1 ? paths[0] : "";
  if (!account_id.empty())
    path = account_id.find('/') == std::string::npos ? PathOf(account_id) : "";
  const absl::StatusOr<std::string> text = ReadFile(path);
  account::v1::SignedIn signed_in;
  if (!text.ok() || !google::protobuf::TextFormat::ParseFromString(*text, &signed_in))
    return std::nullopt;
  return signed_in;
}

absl::Status SignIns::MakeFolder() const {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) return absl::UnavailableError("cannot make " + folder_ + ": " + error.message());
  chmod(folder_.c_str(), 0700);
  return absl::OkStatus();
}

absl::Status SignIns::Prepare() const { return PreparePrivateFolder(folder_); }

absl::Status SignIns::Store(const account::v1::SignedIn& signed_in) const {
  VEILLE_RETURN_IF_ERROR(MakeFolder());
  std::string text;
  google::protobuf::TextFormat::PrintToString(signed_in, &text);
  return WriteFileAtomically(PathOf(signed_in.account_id()), text);
}

void SignIns::Forget(const std::string& account_id) const {
  std::error_code ignored;
  std::filesystem::remove(PathOf(account_id), ignored);
}

absl::Status SignIns::StoreRoots(const std::string& trusted_pem) const {
  VEILLE_RETURN_IF_ERROR(MakeFolder());
  return WriteFileAtomically(RootsFile(), trusted_pem);
}

rpc::TlsFiles SignIns::Tls(const std::string& server) const {
  rpc::TlsFiles files;
  if (std::filesystem::exists(RootsFile())) files.ca_file = RootsFile();
  files.server = server;
  return files;
}

}  // namespace veille::client
