#include "services/domain/audit/erasure_certificate.h"

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

#include "common/base/timestamp.h"

namespace veille::domain {
namespace {

using store::v1::Erasure;
using store::v1::ErasureCertificate;

constexpr uint32_t kFormat = 1;

// Why something was left, in the language of whoever inspects.
void Remark(const Erasure& erasure, ErasureCertificate& certificate) {
  if (erasure.whole_home()) {
    certificate.add_remarks(
        "Nobody else lived in the home: it was erased with the person, its keys included.");
  } else {
    certificate.add_remarks(
        "Others live in the home: what its devices sent is under the home's key, which stays. The "
        "log lets it go by its age (detector.log_min_age); the detector's two checkpoints of the "
        "home are replaced as it goes on.");
  }
  if (erasure.left().count("log_entry") > 0 && erasure.whole_home()) {
    certificate.add_remarks(
        "Entries of the log that also hold what other homes sent at the same moment stay until the "
        "log lets them go; of this home they hold ids and times, and events whose key is gone.");
  }
  certificate.add_remarks(
      "The audit log keeps who did what under the pseudonyms above. What says whom they stand for "
      "was erased.");
  certificate.add_remarks(
      "Backups of the data hold no keys. Backups of the key store from before the erasure open "
      "with the removed key-encryption key only.");
}

}  // namespace

std::string SerializedSame(const google::protobuf::MessageLite& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream out(&bytes);
  google::protobuf::io::CodedOutputStream coded(&out);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

void Certify(absl::Time now, const SigningKey& key, Erasure& erasure) {
  ErasureCertificate certificate;
  certificate.set_format(kFormat);
  certificate.set_erasure_id(erasure.erasure_id());
  certificate.set_patient_id(erasure.patient_id());
  certificate.set_home_id(erasure.home_id());
  certificate.set_whole_home(erasure.whole_home());
  certificate.set_requested_by(erasure.actor());
  *certificate.mutable_start_time() = erasure.start_time();
  SetTime(now, *certificate.mutable_end_time());
  *certificate.mutable_keys() = erasure.keys();
  *certificate.mutable_erased() = erasure.erased();
  *certificate.mutable_left() = erasure.left();
  certificate.set_kek_removed(erasure.kek_before());
  certificate.set_kek_after(erasure.kek_after());
  Remark(erasure, certificate);
  certificate.set_key_id(key.Public().Id());
  erasure.set_certificate(SerializedSame(certificate));
  erasure.set_signature(key.Sign(erasure.certificate()));
}

store::v1::SignedErasure SignedErasureOf(const Erasure& erasure) {
  store::v1::SignedErasure file;
  // What does not parse was not made by us; the signature says so.
  if (!file.mutable_readable()->ParseFromString(erasure.certificate())) file.clear_readable();
  file.set_certificate(erasure.certificate());
  file.set_signature(erasure.signature());
  return file;
}

absl::StatusOr<ErasureCertificate> VerifyErasure(const store::v1::SignedErasure& file,
                                                 const VerifyingKey& key) {
  if (!key.Verify(file.certificate(), file.signature()))
    return absl::PermissionDeniedError(
        "the signature is wrong: it was changed, or signed with another key");
  ErasureCertificate certificate;
  if (!certificate.ParseFromString(file.certificate()) || certificate.format() != kFormat)
    return absl::PermissionDeniedError("what was signed is no certificate of an erasure");
  if (SerializedSame(certificate) != SerializedSame(file.readable()))
    return absl::PermissionDeniedError(
        "what is to be read is not what was signed: `readable` was changed");
  return certificate;
}

}  // namespace veille::domain
