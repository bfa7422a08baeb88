#include "tests/e2e/raw_hub.h"

#include "common/rpc/credentials.h"
#include "common/rpc/deadline.h"
#include "common/time/clock.h"
#include "services/domain/recordings/recording.h"

namespace veille::testing {
namespace {

using hub::v1::ConnectRequest;
using hub::v1::ConnectResponse;

void SetTime(absl::Time time, google::protobuf::Timestamp& stamp) {
  stamp.set_seconds(absl::ToUnixSeconds(time));
}

}  // namespace

bool Eventually(const std::function<bool()>& holds, absl::Duration patience) {
  const absl::Duration until = MonotonicNow() + patience;
  while (MonotonicNow() < until) {
    if (holds()) return true;
    SleepReally(absl::Milliseconds(50));
  }
  return false;
}

care::v1::Home HomeZero() {
  return domain::SimulateCrowdHome(1, 0, {.start = absl::UnixEpoch(), .emergencies = 0}).home;
}

event::v1::Event Sos(uint64_t sequence) {
  event::v1::Event event = domain::MakeEvent(SystemClock().Now(), "pendant");
  event.set_device_sequence(sequence);
  event.mutable_personal_emergency();
  return event;
}

std::string Events(const std::vector<event::v1::Event>& events) {
  event::v1::EventBatch batch;
  for (const auto& event : events) *batch.add_events() = event;
  return batch.SerializeAsString();
}

RawHub::RawHub(const std::string& address, const std::string& incarnation,
               const std::string& source, absl::Duration patience)
    : stub_(hub::v1::HubGatewayService::NewStub(*rpc::MakeChannel(address, {}))) {
  context_.set_wait_for_ready(true);
  context_.set_deadline(rpc::DeadlineAfter(patience));
  stream_ = stub_->Connect(&context_);
  ConnectRequest request;
  request.mutable_hello()->set_source_id(source);
  request.mutable_hello()->set_incarnation(incarnation);
  stream_->Write(request);
  while (!welcomed_ && ReadOne()) {
  }
}

void RawHub::Send(uint64_t sequence, const std::string& events, hub::v1::Lane lane) {
  ConnectRequest request;
  request.mutable_batch()->set_lane(lane);
  request.mutable_batch()->set_sequence(sequence);
  request.mutable_batch()->set_events(events);
  request.mutable_batch()->set_correlation_id(correlation_id);
  if (send_time != absl::InfinitePast()) {
    SetTime(send_time, *request.mutable_batch()->mutable_send_time());
    request.mutable_batch()->mutable_monotonic()->set_seconds(absl::ToInt64Seconds(uptime));
  }
  if (watermark != absl::InfinitePast())
    SetTime(watermark, *request.mutable_batch()->mutable_watermark());
  stream_->Write(request);
}

bool RawHub::ReadOne() {
  ConnectResponse response;
  if (!stream_->Read(&response)) return false;
  if (response.has_welcome()) {
    welcome_ = response.welcome();
    welcomed_ = true;
  }
  if (response.has_ack()) {
    through_urgent_ = response.ack().through_urgent_sequence();
    through_bulk_ = response.ack().through_bulk_sequence();
    for (const auto& rejection : response.ack().rejections()) rejections.push_back(rejection);
  }
  return true;
}

bool RawHub::WaitAck(uint64_t sequence, hub::v1::Lane lane) {
  const uint64_t& through = lane == hub::v1::LANE_URGENT ? through_urgent_ : through_bulk_;
  while (through < sequence)
    if (!ReadOne()) return false;
  return true;
}

grpc::Status RawHub::End() {
  while (ReadOne()) {
  }
  return stream_->Finish();
}

}  // namespace veille::testing
