#include "services/veille/play_caregivers.h"

#include <cstdio>

#include "common/time/local_time.h"

namespace veille {

absl::Status PlayCaregivers::Start(const care::v1::Circle& circle) {
  for (const auto& member : circle.members()) {
    client::CaregiverOptions options;
    options.address = address_;
    options.caregiver_id = member.caregiver_id();
    options.client = "play";
    options.tls = tls_;
    auto carer = client::CaregiverClient::Create(options);
    if (!carer.ok()) return carer.status();
    carers_.emplace_back(member.caregiver_id(), *std::move(carer));
  }
  taker_ = carers_.size() > 1 ? carers_[1].first : carers_[0].first;
  for (auto& [id, carer] : carers_)
    threads_.emplace_back("watch-" + id, [this, id = id, raw = carer.get()] { Watch(id, *raw); });
  takers_ = Worker("take", [this] { TakeUntilStopped(); });
  return absl::OkStatus();
}

void PlayCaregivers::Stop() {
  {
    MutexLock lock(mu_);
    stopped_ = true;
    changed_.NotifyAll();
  }
  for (auto& [id, carer] : carers_) carer->Stop();
  threads_.clear();
  takers_.Join();
}

void PlayCaregivers::TakeNewest() {
  std::string id;
  {
    MutexLock lock(mu_);
    id = newest_;
  }
  if (!id.empty()) carers_[0].second->Acknowledge(id).status().IgnoreError();
}

void PlayCaregivers::Watch(const std::string& id, client::CaregiverClient& carer) {
  client::WatchHandlers handlers;
  handlers.on_update = [this, id](const alert::v1::Update& update) { OnUpdate(id, update); };
  carer.Watch(handlers).IgnoreError();
}

void PlayCaregivers::OnUpdate(const std::string& id, const alert::v1::Update& update) {
  const bool asked = update.reason() == alert::v1::Update::REASON_NOTIFY;
  MutexLock lock(mu_);
  newest_ = update.alert().alert_id();
  if (asked && id == taker_ && update.alert().severity() >= alert::v1::SEVERITY_MEDIUM) {
    to_take_.insert(update.alert().alert_id());
    changed_.NotifyAll();
  }
  if (json_) {
    std::printf("{\"to\":\"%s\",\"update\":%s}\n", id.c_str(), client::ToJson(update).c_str());
  } else if (asked || id == carers_[0].first) {
    const absl::Time now = clock_.Now();
    const absl::TimeZone zone = LoadZone(update.alert().zone()).value_or(absl::UTCTimeZone());
    std::printf("%s → %-6s  %s  — %s\n", absl::FormatTime("%H:%M", now, zone).c_str(), id.c_str(),
                client::AlertLine(update.alert(), now, style_).c_str(),
                client::ChangeText(update, style_).c_str());
  }
  std::fflush(stdout);
}

void PlayCaregivers::TakeUntilStopped() {
  while (true) {
    std::string id;
    {
      MutexLock lock(mu_);
      while (to_take_.empty() && !stopped_) changed_.Wait(mu_);
      if (stopped_) return;
      id = *to_take_.begin();
      to_take_.erase(to_take_.begin());
    }
    for (auto& [name, carer] : carers_)
      if (name == taker_) carer->Acknowledge(id).status().IgnoreError();
  }
}

}  // namespace veille
