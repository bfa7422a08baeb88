// One open stream of one source. See intake.h.

#ifndef SERVICES_GATEWAY_APP_SESSION_H_
#define SERVICES_GATEWAY_APP_SESSION_H_

#include <deque>
#include <memory>
#include <string>

#include "services/gateway/app/intake.h"

namespace veille::gateway {

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Intake& intake, std::weak_ptr<SessionPeer> peer, std::string proved_id);
  ~Session();

  // The next message of the stream. Returns the bytes that it holds until the peer's Settle(). May
  // move out of `request`.
  std::size_t OnRequest(hub::v1::ConnectRequest& request);
  // The stream is over.
  void OnClosed();
  // Bulk is taken again: a stream whose batches were given back must send them anew.
  void OnBulkGoesOn();
  // A newer stream of the same source took over.
  void Supersede();

 private:
  enum class Phase { kNew, kOpening, kOpen, kClosed };

  void OnHello(const hub::v1::Hello& hello);
  void OnOpened(absl::StatusOr<LastSequences> last);
  void OnBatch(hub::v1::Batch& batch);
  void OnHeartbeat(const hub::v1::Heartbeat& heartbeat);
  void Handle(hub::v1::ConnectRequest& request);
  void OnVerdict(Verdict verdict, hub::v1::Lane lane, uint64_t sequence, std::size_t bytes,
                 absl::Duration began, std::vector<hub::v1::Rejection> rejections);
  void AppendContact(bool connected);
  void JoinPrompts();
  bool BulkGivenBack();
  void Fail(const absl::Status& status);
  void SettleNow(std::size_t bytes);

  Intake& intake_;
  const std::weak_ptr<SessionPeer> peer_;
  const std::string proved_id_;
  // The log may hold a session's last answer longer than there is an intake.
  metrics::Gauge& open_sessions_;

  // Written while the stream says Hello, which it does before anything else.
  std::string source_id_, home_id_, incarnation_, boot_id_;
  int partition_ = 0;

  Mutex mu_;
  Phase phase_ ABSL_GUARDED_BY(mu_) = Phase::kNew;
  // What came before Welcome was out.
  std::deque<hub::v1::ConnectRequest> early_ ABSL_GUARDED_BY(mu_);
  uint64_t acked_urgent_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t acked_bulk_ ABSL_GUARDED_BY(mu_) = 0;
  // A bulk batch was given back: those behind it would leave a gap.
  bool bulk_given_back_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace veille::gateway

#endif  // SERVICES_GATEWAY_APP_SESSION_H_
