// The answers to several commands that are sent at once: one round trip for all of them.

#ifndef COMMON_REDIS_GATHER_H_
#define COMMON_REDIS_GATHER_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"

#include "common/redis/client.h"

namespace veille::redis {

class Gather {
 public:
  explicit Gather(std::size_t count);

  // What takes the answer of the command at this place, on whatever thread. Each place once.
  Client::Callback At(std::size_t place);
  // Blocks until every answer has come: a command has one within its time-out. Once.
  std::vector<absl::StatusOr<Reply>> Wait();

 private:
  // Shared with the callbacks: the last may still be on its way out when Wait() returns.
  struct Answers;
  const std::shared_ptr<Answers> answers_;
};

}  // namespace veille::redis

#endif  // COMMON_REDIS_GATHER_H_
