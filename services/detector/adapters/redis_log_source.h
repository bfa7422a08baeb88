// The log out of Redis streams: a blocking read a partition, all polled by one thread.

#ifndef SERVICES_DETECTOR_ADAPTERS_REDIS_LOG_SOURCE_H_
#define SERVICES_DETECTOR_ADAPTERS_REDIS_LOG_SOURCE_H_

#include "common/redis/endpoint.h"
#include "common/redis/stream_reader.h"
#include "services/detector/app/log_source.h"

namespace veille::detector {

class RedisLogSource : public LogSource {
 public:
  explicit RedisLogSource(const redis::Endpoint& endpoint);
  void Open(int partition, const Position& after,
            std::function<void(absl::StatusOr<LogRead>)> on_read) override;
  void Resume(int partition, const Position& last_entry) override;
  void Close(int partition) override;

 private:
  redis::StreamReader reader_;
};

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_ADAPTERS_REDIS_LOG_SOURCE_H_
