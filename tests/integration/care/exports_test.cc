// An export of somebody of whom there is more than fits into memory, to a client that does not
// read.

#include "services/care/adapters/exports.h"

#include <atomic>

#include "gtest/gtest.h"
#include <grpcpp/grpcpp.h>

#include "veille/rights/v1/rights_service.grpc.pb.h"

#include "common/rpc/credentials.h"
#include "common/rpc/deadline.h"
#include "common/rpc/server.h"
#include "common/time/clock.h"
#include "services/care/adapters/rights_service.h"
#include "tests/unit/care/fake_home_store.h"
#include "tests/unit/care/fake_personal_records.h"

namespace veille::care {
namespace {

constexpr int kRecords = 20'000;
constexpr std::size_t kBytes = 16 << 10;  // 320 MB in all.

class ExportsTest : public ::testing::Test {
 protected:
  ExportsTest() {
    HomeCommit commit;
    commit.home_id = "h";
    commit.home.emplace().set_format(1);
    *commit.home->mutable_home() = testing::SmallHome("h");
    EXPECT_TRUE(homes_.Commit(commit).ok());
    records_.homes["patient-h"] = "h";
    records_.visit = [this](const PersonalRecords::Visitor& visitor) -> absl::Status {
      store::v1::AuditEntry entry;
      entry.set_outcome(std::string(kBytes, 'x'));
      for (int i = 0; i < kRecords; ++i) {
        absl::Status status = visitor({"inbox", std::to_string(i), &entry});
        if (!status.ok()) return status;
        ++made_;
      }
      return absl::OkStatus();
    };
    rpc::Server::Options options;
    options.address = "127.0.0.1:0";
    options.small_windows = true;
    server_ = *rpc::Server::Start(options, {service_.get()}, streams_);
    stub_ = rights::v1::RightsService::NewStub(
        *rpc::MakeChannel("127.0.0.1:" + std::to_string(server_->port()), {}));
  }
  ~ExportsTest() override {
    server_->Stop();
    exports_.Stop();
  }

  static domain::Access::Options Believing() {
    domain::Access::Options options;
    options.plaintext = true;
    options.local_terminals = true;
    return options;
  }
  static Eraser::Options EraserOptions(const std::shared_ptr<const Clock>& clock) {
    Eraser::Options options;
    options.clock = clock;
    return options;
  }
  static rights::v1::ExportPatientRequest OfPerson() {
    rights::v1::ExportPatientRequest request;
    request.set_patient_id("patient-h");
    return request;
  }

  metrics::Registry metrics_;
  std::atomic<int> made_{0};
  testing::FakeHomeStore homes_;
  testing::FakePersonalRecords records_;
  testing::FakeCareTrail trail_;
  const std::shared_ptr<const Clock> clock_ = std::make_shared<SystemClock>();
  Eraser eraser_{EraserOptions(clock_), homes_, records_, trail_};
  Retention retention_{{{}, clock_, absl::ZeroDuration()}, records_, metrics_};
  RightsDesk desk_{{homes_, records_, eraser_, retention_, trail_, clock_}};
  const domain::Access access_{Believing()};
  rpc::StreamRegistry streams_;
  Exports exports_{desk_};
  const std::shared_ptr<grpc::Service> service_ =
      MakeRightsService(desk_, exports_, access_, streams_);
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<rights::v1::RightsService::Stub> stub_;
};

TEST_F(ExportsTest, IsMadeAtThePaceAtWhichItIsRead) {
  grpc::ClientContext context;
  context.set_deadline(rpc::DeadlineAfter(absl::Seconds(240)));
  const auto reader = stub_->ExportPatient(&context, OfPerson());
  rights::v1::ExportPatientResponse part;
  ASSERT_TRUE(reader->Read(&part));
  // As far as it gets by itself: what waits, and what is in gRPC's and the system's buffers.
  int before = -1;
  while (made_ != before) {
    before = made_;
    SleepReally(absl::Milliseconds(300));
  }
  EXPECT_LT(made_, 1500) << "24 MB of 320";
  int lines = 1;
  while (reader->Read(&part)) lines += part.has_line() ? 1 : 0;
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_GE(lines, kRecords);
}

TEST_F(ExportsTest, OfAClientThatHasGoneEnds) {
  {
    grpc::ClientContext context;
    const auto reader = stub_->ExportPatient(&context, OfPerson());
    rights::v1::ExportPatientResponse part;
    ASSERT_TRUE(reader->Read(&part));
    context.TryCancel();
    reader->Finish();
  }
  const int then = made_;
  // The next one's turn comes.
  grpc::ClientContext context;
  context.set_deadline(rpc::DeadlineAfter(absl::Seconds(240)));
  const auto reader = stub_->ExportPatient(&context, OfPerson());
  rights::v1::ExportPatientResponse part;
  EXPECT_TRUE(reader->Read(&part));
  EXPECT_LT(made_, then + 2 * 1500);
  context.TryCancel();
  reader->Finish();
}

}  // namespace
}  // namespace veille::care
