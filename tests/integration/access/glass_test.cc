// Somebody's records, opened in an emergency by whoever does not care for them: what is shown while
// that goes on, and not a moment longer. Over real TLS on a real Redis.

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <grpcpp/grpcpp.h>

#include "veille/alert/v1/alert_service.grpc.pb.h"
#include "veille/store/v1/account.pb.h"

#include "common/base/timestamp.h"
#include "common/rpc/bearer.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/domain/audit/audit_log.h"
#include "services/domain/keys.h"
#include "tests/integration/access/doors.h"

namespace veille::testing {
namespace {

using alert::v1::AlertService;
using alert::v1::WatchAlertsResponse;
using ::testing::Contains;
using ::testing::Not;

constexpr char kPatient[] = "patient-h2";

// What a client of WatchAlerts shows.
class Watch {
 public:
  Watch(AlertService::Stub& stub, const std::string& token) {
    context_.set_deadline(rpc::DeadlineAfter(absl::Minutes(2)));
    rpc::ShowBearer(token, context_);
    reader_ = stub.WatchAlerts(&context_, alert::v1::WatchAlertsRequest());
    reading_ = Worker("watch", [this] {
      for (WatchAlertsResponse message; reader_->Read(&message);) Take(message);
    });
  }
  ~Watch() {
    context_.TryCancel();
    reading_.Join();
    reader_->Finish();
  }
  // Ids of the newest snapshot, and of what came since.
  std::set<std::string> Shown() {
    MutexLock lock(mu_);
    return shown_;
  }
  alert::v1::Handling Handling() {
    MutexLock lock(mu_);
    return handling_;
  }

 private:
  void Take(const WatchAlertsResponse& message) {
    MutexLock lock(mu_);
    if (message.has_snapshot()) {
      shown_.clear();
      for (const auto& alert : message.snapshot().alerts()) shown_.insert(alert.alert_id());
    }
    if (!message.has_update()) return;
    shown_.insert(message.update().alert().alert_id());
    handling_ = message.update().alert().handling();
  }

  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<WatchAlertsResponse>> reader_;
  Mutex mu_;
  std::set<std::string> shown_ ABSL_GUARDED_BY(mu_);
  alert::v1::Handling handling_ ABSL_GUARDED_BY(mu_) = alert::v1::HANDLING_UNSPECIFIED;
  Worker reading_;
};

class BrokenGlass : public ::testing::Test {
 protected:
  // As the identity service stores it.
  void Break(const std::string& account_id, absl::Duration lasting) {
    store::v1::StoredGlass glass;
    glass.set_format(1);
    SetTime(SystemClock().Now() + lasting, *glass.mutable_expire_time());
    ASSERT_TRUE(
        doors_.redis()
            .CommandSync({"HSET", domain::GlassesKey(), domain::GlassField(account_id, kPatient),
                          glass.SerializeAsString()})
            .ok());
    ASSERT_TRUE(doors_.redis().CommandSync({"INCR", domain::SessionsVersionKey()}).ok());
  }
  template <typename Condition>
  static bool Soon(Condition condition) {
    const absl::Duration start = MonotonicNow();
    while (!condition()) {
      if (MonotonicNow() - start > absl::Seconds(20)) return false;
      SleepReally(absl::Milliseconds(50));
    }
    return true;
  }
  template <typename Response, typename Method, typename Request>
  absl::StatusOr<Response> Call(Method method, const Request& request, const std::string& token) {
    grpc::ClientContext context;
    context.set_deadline(rpc::DeadlineAfter(absl::Seconds(30)));
    rpc::ShowBearer(token, context);
    Response response;
    const grpc::Status status = ((*alerts_).*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  void Acknowledge(const std::string& token) {
    alert::v1::AcknowledgeAlertRequest request;
    request.set_alert_id(alert_);
    const auto taken = Call<alert::v1::AcknowledgeAlertResponse>(
        &AlertService::Stub::AcknowledgeAlert, request, token);
    EXPECT_TRUE(taken.ok()) << taken.status();
  }
  absl::Status ListDuty(const std::string& token) {
    alert::v1::ListDutyRequest request;
    request.set_patient_id(kPatient);
    return Call<alert::v1::ListDutyResponse>(&AlertService::Stub::ListDuty, request, token)
        .status();
  }
  // "<actor> <action>", of what was done about the person.
  std::set<std::string> Book() {
    std::set<std::string> book;
    for (int partition = 0; partition < 4; ++partition) {
      const auto stored = domain::LoadAudit(doors_.redis(), partition);
      if (!stored.ok()) continue;
      for (const std::string& bytes : stored->entries) {
        store::v1::AuditEntry entry;
        if (entry.ParseFromString(bytes) && entry.patient_id() == kPatient)
          book.insert(entry.actor() + " " + entry.action());
      }
    }
    return book;
  }

  Doors doors_{false};
  const std::unique_ptr<AlertService::Stub> alerts_ =
      AlertService::NewStub(doors_.ChannelTo("AlertService", ""));
  const std::string alert_ = Doors::AlertIn("h2");
};

TEST_F(BrokenGlass, ShowsThePersonsAlertsLiveUntilItEnds) {
  const std::string rita = doors_.SignIn("rita", account::v1::ROLE_RESPONDER);
  const std::string bruno = doors_.SignIn("bruno", account::v1::ROLE_CAREGIVER);
  Watch watch(*alerts_, rita);
  ASSERT_TRUE(Soon([&] { return watch.Shown().count(Doors::AlertIn("h1")) > 0; }));
  EXPECT_THAT(watch.Shown(), Not(Contains(alert_)));
  EXPECT_THAT(Book(), Not(Contains("rita alert.watch")));

  Break("rita", absl::Hours(1));
  ASSERT_TRUE(Soon([&] { return watch.Shown().count(alert_) > 0; }));
  EXPECT_THAT(Book(), Contains("rita alert.watch"));
  // Those whom she cares for are still there.
  EXPECT_THAT(watch.Shown(), Contains(Doors::AlertIn("h1")));
  Acknowledge(bruno);
  EXPECT_TRUE(Soon([&] { return watch.Handling() == alert::v1::HANDLING_ACKNOWLEDGED; }));

  Break("rita", absl::Seconds(-1));
  EXPECT_TRUE(Soon([&] { return watch.Shown().count(alert_) == 0; }));
  EXPECT_THAT(watch.Shown(), Contains(Doors::AlertIn("h1")));
  // What was put into her stream meanwhile is not shown to a device that comes again.
  Watch again(*alerts_, rita);
  ASSERT_TRUE(Soon([&] { return again.Shown().count(Doors::AlertIn("h1")) > 0; }));
  EXPECT_THAT(again.Shown(), Not(Contains(alert_)));
}

// A responder of the city, who is in no circle at all.
TEST_F(BrokenGlass, IsEnoughForSomebodyOfNoCircle) {
  const std::string samu = doors_.SignIn("samu", account::v1::ROLE_RESPONDER);
  EXPECT_TRUE(absl::IsNotFound(ListDuty(samu)));
  Break("samu", absl::Hours(1));
  ASSERT_TRUE(Soon([&] { return ListDuty(samu).ok(); }));
  EXPECT_THAT(Book(), Contains("samu duty.list"));
  alert::v1::ListAlertsRequest list;
  list.set_patient_id(kPatient);
  const auto listed =
      Call<alert::v1::ListAlertsResponse>(&AlertService::Stub::ListAlerts, list, samu);
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_EQ(listed->alerts_size(), 1);
  Watch watch(*alerts_, samu);
  ASSERT_TRUE(Soon([&] { return watch.Shown().count(alert_) > 0; }));
  Break("samu", absl::Seconds(-1));
  EXPECT_TRUE(Soon([&] { return watch.Shown().empty(); }));
  EXPECT_TRUE(Soon([&] { return absl::IsNotFound(ListDuty(samu)); }));
}

}  // namespace
}  // namespace veille::testing
