// A caregiver's client that watches, and remembers what it was shown. Thread safe.

#ifndef TESTS_E2E_WATCHING_H_
#define TESTS_E2E_WATCHING_H_

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "veille/alert/v1/alert.pb.h"

#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "services/client/caregiver_client.h"

namespace veille::testing {

std::unique_ptr<client::CaregiverClient> MakeCaregiver(const std::string& address,
                                                       const std::string& id);

class Watching {
 public:
  // Called for each alert that is shown, by a snapshot or an update, on the watching thread.
  using Shown = std::function<void(const alert::v1::Alert&)>;
  Watching(const std::string& address, const std::string& caregiver, Shown shown = nullptr);
  ~Watching();

  // Whether it has had a snapshot.
  bool connected();
  // Ids of the alerts that it was shown.
  std::set<std::string> seen();
  // How often it was called for one step of one alert: "<alert id> step <n>".
  std::map<std::string, int> asked();
  // Alerts of a rule that it was called for.
  std::set<std::string> called(const std::string& rule);
  // How many summaries it was given.
  int summaries();
  // All alerts that it may see, open or closed, by rule; a rule that was told twice fails the test
  // that asks.
  std::map<std::string, alert::v1::Alert> Alerts();

  client::CaregiverClient& client() { return *client_; }

 private:
  void OnSnapshot(const alert::v1::Snapshot& snapshot);
  void OnUpdate(const alert::v1::Update& update);

  const Shown shown_;
  std::unique_ptr<client::CaregiverClient> client_;
  Mutex mu_;
  bool connected_ ABSL_GUARDED_BY(mu_) = false;
  int summaries_ ABSL_GUARDED_BY(mu_) = 0;
  std::set<std::string> seen_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, int> asked_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::set<std::string>> called_ ABSL_GUARDED_BY(mu_);
  Worker thread_;
};

}  // namespace veille::testing

#endif  // TESTS_E2E_WATCHING_H_
