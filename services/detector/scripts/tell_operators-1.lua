#!lua flags=allow-oom
--[[ Queues a finding about the service itself, also when Redis is full.
  KEYS[1] notification queue   ARGV[1] finding ]]
return redis.call("XADD", KEYS[1], "*", "f", ARGV[1])
