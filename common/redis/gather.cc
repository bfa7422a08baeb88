#include "common/redis/gather.h"

#include <utility>

#include "common/sync/mutex.h"

namespace veille::redis {

struct Gather::Answers {
  Mutex mu;
  CondVar changed;
  std::size_t missing ABSL_GUARDED_BY(mu) = 0;
  std::vector<absl::StatusOr<Reply>> replies ABSL_GUARDED_BY(mu);
};

Gather::Gather(std::size_t count) : answers_(std::make_shared<Answers>()) {
  MutexLock lock(answers_->mu);
  answers_->missing = count;
  answers_->replies.resize(count);
}

Client::Callback Gather::At(std::size_t place) {
  return [answers = answers_, place](absl::StatusOr<Reply> reply) {
    MutexLock lock(answers->mu);
    answers->replies[place] = std::move(reply);
    if (--answers->missing == 0) answers->changed.NotifyAll();
  };
}

std::vector<absl::StatusOr<Reply>> Gather::Wait() {
  MutexLock lock(answers_->mu);
  while (answers_->missing > 0) answers_->changed.Wait(answers_->mu);
  return std::move(answers_->replies);
}

}  // namespace veille::redis
