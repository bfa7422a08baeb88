#include "tests/e2e/watching.h"

#include <utility>

#include "gtest/gtest.h"

namespace veille::testing {

std::unique_ptr<client::CaregiverClient> MakeCaregiver(const std::string& address,
                                                       const std::string& id) {
  client::CaregiverOptions options;
  options.address = address;
  options.caregiver_id = id;
  return *client::CaregiverClient::Create(options);
}

Watching::Watching(const std::string& address, const std::string& caregiver, Shown shown)
    : shown_(std::move(shown)), client_(MakeCaregiver(address, caregiver)) {
  thread_ = Worker("watch", [this] {
    client::WatchHandlers handlers;
    handlers.on_snapshot = [this](const alert::v1::Snapshot& snapshot) { OnSnapshot(snapshot); };
    handlers.on_update = [this](const alert::v1::Update& update) { OnUpdate(update); };
    client_->Watch(handlers).IgnoreError();
  });
}

Watching::~Watching() {
  client_->Stop();
  thread_.Join();
}

void Watching::OnSnapshot(const alert::v1::Snapshot& snapshot) {
  if (shown_ != nullptr)
    for (const auto& alert : snapshot.alerts()) shown_(alert);
  MutexLock lock(mu_);
  connected_ = true;
  for (const auto& alert : snapshot.alerts()) seen_.insert(alert.alert_id());
}

void Watching::OnUpdate(const alert::v1::Update& update) {
  const std::string& id = update.alert().alert_id();
  if (shown_ != nullptr) shown_(update.alert());
  MutexLock lock(mu_);
  seen_.insert(id);
  if (update.reason() == alert::v1::Update::REASON_SUMMARY) ++summaries_;
  if (update.reason() != alert::v1::Update::REASON_NOTIFY) return;
  ++asked_[id + " step " + std::to_string(update.step())];
  called_[update.alert().rule()].insert(id);
}

bool Watching::connected() {
  MutexLock lock(mu_);
  return connected_;
}

std::set<std::string> Watching::seen() {
  MutexLock lock(mu_);
  return seen_;
}

std::map<std::string, int> Watching::asked() {
  MutexLock lock(mu_);
  return asked_;
}

std::set<std::string> Watching::called(const std::string& rule) {
  MutexLock lock(mu_);
  return called_[rule];
}

int Watching::summaries() {
  MutexLock lock(mu_);
  return summaries_;
}

std::map<std::string, alert::v1::Alert> Watching::Alerts() {
  std::map<std::string, alert::v1::Alert> by_rule;
  for (const auto& alert :
       client_->List("", false, 1000).value_or(std::vector<alert::v1::Alert>())) {
    EXPECT_TRUE(by_rule.emplace(alert.rule(), alert).second) << alert.rule() << " twice";
  }
  return by_rule;
}

}  // namespace veille::testing
