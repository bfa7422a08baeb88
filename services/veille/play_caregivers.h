// The caregivers of a play: each watches, and one of them takes what it is told.
//
// Anne is told first and does not answer; Marc, who is told a minute later, takes it: so the
// escalation is seen to climb, and to stop. At a terminal, a key takes it as Anne. Prints what each
// of them is told. Thread safe.

#ifndef SERVICES_VEILLE_PLAY_CAREGIVERS_H_
#define SERVICES_VEILLE_PLAY_CAREGIVERS_H_

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "veille/care/v1/home.pb.h"

#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/client/caregiver_client.h"
#include "services/client/render.h"

namespace veille {

class PlayCaregivers {
 public:
  // `clock` is the play's, and outlives this.
  PlayCaregivers(std::string address, rpc::TlsFiles tls, const Clock& clock, client::Style style,
                 bool json)
      : address_(std::move(address)),
        tls_(std::move(tls)),
        clock_(clock),
        style_(style),
        json_(json) {}

  absl::Status Start(const care::v1::Circle& circle);
  void Stop();
  // Takes the newest alert, as the first in the circle.
  void TakeNewest();
  client::CaregiverClient& first() { return *carers_[0].second; }

 private:
  void Watch(const std::string& id, client::CaregiverClient& carer);
  void OnUpdate(const std::string& id, const alert::v1::Update& update);
  void TakeUntilStopped();

  const std::string address_;
  const rpc::TlsFiles tls_;
  const Clock& clock_;
  const client::Style style_;
  const bool json_;
  std::vector<std::pair<std::string, std::unique_ptr<client::CaregiverClient>>> carers_;
  std::string taker_;
  Mutex mu_;
  CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  std::string newest_ ABSL_GUARDED_BY(mu_);
  std::set<std::string> to_take_ ABSL_GUARDED_BY(mu_);
  std::vector<Worker> threads_;
  Worker takers_;
};

}  // namespace veille

#endif  // SERVICES_VEILLE_PLAY_CAREGIVERS_H_
