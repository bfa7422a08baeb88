#include "services/notifier/app/receipt_desk.h"

#include <utility>

namespace veille::notifier {
namespace {

// Reports that wait: of every device of a large deployment, once.
constexpr std::size_t kMaxWaiting = 50'000;
// Receipts that are stored together.
constexpr std::size_t kAtOnce = 256;

}  // namespace

ReceiptDesk::ReceiptDesk(AlertDesk& desk) : desk_(desk) {
  thread_ = Worker("receipts", [this] { Run(); });
}

ReceiptDesk::~ReceiptDesk() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.Join();
  for (Waiting& waiting : waiting_)
    waiting.done(absl::UnavailableError("the notifier is stopping; report again"));
}

void ReceiptDesk::Report(std::vector<DeviceReceipt> receipts, Done done) {
  {
    MutexLock lock(mu_);
    if (waiting_.size() < kMaxWaiting && !stopping_) {
      waiting_.push_back({std::move(receipts), std::move(done)});
      if (waiting_.size() == 1) changed_.NotifyAll();
      return;
    }
  }
  done(absl::ResourceExhaustedError("too many receipts at once; report again"));
}

void ReceiptDesk::Run() {
  while (true) {
    std::vector<Waiting> batch;
    {
      MutexLock lock(mu_);
      while (waiting_.empty() && !stopping_) changed_.Wait(mu_);
      if (stopping_) return;
      for (std::size_t count = 0; !waiting_.empty() && count < kAtOnce;) {
        count += waiting_.front().receipts.size();
        batch.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
      }
    }
    Store(std::move(batch));
  }
}

void ReceiptDesk::Store(std::vector<Waiting> batch) {
  std::vector<DeviceReceipt> receipts;
  for (const Waiting& waiting : batch)
    receipts.insert(receipts.end(), waiting.receipts.begin(), waiting.receipts.end());
  const std::vector<absl::Status> stored = desk_.Receipts(receipts);
  std::size_t next = 0;
  for (const Waiting& waiting : batch) {
    absl::StatusOr<std::vector<std::string>> unknown = std::vector<std::string>();
    for (const DeviceReceipt& device : waiting.receipts) {
      const absl::Status& status = stored[next++];
      if (absl::IsNotFound(status)) {
        if (unknown.ok()) unknown->push_back(device.receipt.alert_id());
      } else if (!status.ok()) {
        unknown = status;
      }
    }
    waiting.done(std::move(unknown));
  }
}

}  // namespace veille::notifier
