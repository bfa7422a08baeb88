// A hub that says exactly what the test wants, word by word.

#ifndef TESTS_E2E_RAW_HUB_H_
#define TESTS_E2E_RAW_HUB_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include <grpcpp/grpcpp.h>

#include "veille/care/v1/home.pb.h"
#include "veille/event/v1/event.pb.h"
#include "veille/hub/v1/hub_gateway_service.grpc.pb.h"

namespace veille::testing {

inline constexpr char kIncarnation[] = "00000001";

// Asks again and again: generous, since the machine may be busy with other things.
bool Eventually(const std::function<bool()>& holds, absl::Duration patience = absl::Seconds(60));

// The home "home-0" of "hub-home-0", whose circle is anne, marc, claire.
care::v1::Home HomeZero();

// Seen now, by the pendant of that home.
event::v1::Event Sos(uint64_t sequence);
std::string Events(const std::vector<event::v1::Event>& events);

class RawHub {
 public:
  // Connects, says Hello and waits for Welcome, or for the end of the stream. What takes longer
  // than `patience`, from here to the end, has failed.
  explicit RawHub(const std::string& address, const std::string& incarnation = kIncarnation,
                  const std::string& source = "hub-home-0",
                  absl::Duration patience = absl::Seconds(120));
  ~RawHub() { context_.TryCancel(); }

  void Send(uint64_t sequence, const std::string& events,
            hub::v1::Lane lane = hub::v1::LANE_URGENT);
  void Write(const hub::v1::ConnectRequest& request) { stream_->Write(request); }
  // False when the stream ends before an ack covers the sequence.
  bool WaitAck(uint64_t sequence, hub::v1::Lane lane = hub::v1::LANE_URGENT);
  // Reads to the end of the stream.
  grpc::Status End();

  bool welcomed() const { return welcomed_; }
  const hub::v1::Welcome& welcome() const { return welcome_; }

  // Of the next batches: their correlation id, and the hub's idea of now.
  std::string correlation_id;
  absl::Time send_time = absl::InfinitePast();
  absl::Duration uptime = absl::Seconds(1);
  absl::Time watermark = absl::InfinitePast();

  std::vector<hub::v1::Rejection> rejections;

 private:
  bool ReadOne();

  std::unique_ptr<hub::v1::HubGatewayService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<hub::v1::ConnectRequest, hub::v1::ConnectResponse>>
      stream_;
  hub::v1::Welcome welcome_;
  bool welcomed_ = false;
  uint64_t through_urgent_ = 0, through_bulk_ = 0;
};

}  // namespace veille::testing

#endif  // TESTS_E2E_RAW_HUB_H_
