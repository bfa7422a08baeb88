// Arbitrary requests of RightsService: the method's name, a line break, the request in text format;
// and arbitrary certificates. Refused with reasons or answered; never erased without keys, never
// taken for signed.

#include <cstdint>
#include <memory>
#include <string>

#include "google/protobuf/util/json_util.h"

#include "common/base/check.h"
#include "services/care/app/rights_desk.h"
#include "services/domain/audit/erasure_certificate.h"
#include "tests/fuzz/request_text.h"
#include "tests/unit/care/fake_home_store.h"
#include "tests/unit/care/fake_personal_records.h"

namespace {

using veille::care::Caller;
using veille::care::Eraser;
using veille::care::Retention;
using veille::care::RightsDesk;
namespace v1 = veille::rights::v1;

void Ask(RightsDesk& desk, const std::string& method, const std::string& text) {
  const Caller caller{Caller::Kind::kOperator, "olga", ""};
  v1::ExportPatientRequest whole;
  v1::ErasePatientRequest erase;
  v1::GetErasureRequest get;
  v1::ListAccessesRequest accesses;
  v1::ListRetentionRequest retention;
  if (method == "ExportPatient" && veille::fuzz::ParseRequest(text, whole)) {
    desk.Export(caller, whole,
                [](const v1::ExportPatientResponse& part) {
                  VEILLE_CHECK(part.line().find('\n') == std::string::npos);
                  return absl::OkStatus();
                })
        .IgnoreError();
  } else if (method == "ErasePatient" && veille::fuzz::ParseRequest(text, erase)) {
    VEILLE_CHECK(!desk.Erase(caller, erase).ok());
  } else if (method == "GetErasure" && veille::fuzz::ParseRequest(text, get)) {
    desk.GetErasure(caller, get).status().IgnoreError();
  } else if (method == "ListAccesses" && veille::fuzz::ParseRequest(text, accesses)) {
    desk.ListAccesses(caller, accesses).status().IgnoreError();
  } else if (method == "ListRetention" && veille::fuzz::ParseRequest(text, retention)) {
    VEILLE_CHECK(desk.ListRetention(caller, retention).ok());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto input = veille::fuzz::SplitRequest(data, size);
  if (!input.has_value()) return 0;
  const std::string &method = input->method, &rest = input->text;

  if (method == "Certificate") {
    static const auto* key = new veille::SigningKey(*veille::SigningKey::Generate());
    veille::store::v1::SignedErasure file;
    if (google::protobuf::util::JsonStringToMessage(rest, &file).ok())
      VEILLE_CHECK(!veille::domain::VerifyErasure(file, key->Public()).ok());
    return 0;
  }
  veille::metrics::Registry metrics;
  veille::testing::FakeHomeStore homes;
  veille::testing::FakePersonalRecords records;
  veille::testing::FakeCareTrail trail;
  const auto clock = std::make_shared<veille::VirtualClock>(absl::FromUnixSeconds(1800000000));
  veille::care::HomeCommit commit;
  commit.home_id = "h";
  commit.home.emplace().set_format(1);
  *commit.home->mutable_home() = veille::testing::SmallHome("h");
  VEILLE_CHECK(homes.Commit(commit).ok());
  records.homes["patient-h"] = "h";
  Eraser::Options options;
  options.clock = clock;
  Eraser eraser(options, homes, records, trail);
  const Retention retention({{}, clock, absl::ZeroDuration()}, records, metrics);
  RightsDesk desk({homes, records, eraser, retention, trail, clock});
  Ask(desk, method, rest);
  return 0;
}
