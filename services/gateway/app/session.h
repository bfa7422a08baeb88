// One open stream of one source. See intake.h.

#ifndef SERVICES_GATEWAY_APP_SESSION_H_
#define SERVICES_GATEWAY_APP_SESSION_H_

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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
  // How a batch goes on.
  struct Passage {
    bool slowly = false;     // What comes behind it is read later.
    bool past_hold = false;  // Also while bulk is held back.
  };
  // Nothing when the batch has been dealt with: it stays with the hub.
  std::optional<Passage> Pass(const hub::v1::Batch& batch);
  struct Sent {
    hub::v1::Lane lane = hub::v1::LANE_UNSPECIFIED;
    uint64_t sequence = 0;
    std::size_t bytes = 0;
    bool slowly = false;
    absl::Duration began;
  };
  void OnVerdict(Verdict verdict, const Sent& sent, std::vector<hub::v1::Rejection> rejections);
  void AppendContact(bool connected);
  void JoinPrompts();
  bool BulkGivenBack();
  // Bulk beyond the source's rate: it comes again when there is room.
  void LeaveBulk();
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
  SourceAccounts::Account account_;

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
