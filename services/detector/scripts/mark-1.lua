#!lua flags=allow-oom
--[[ Sets fields of a hash also when Redis is full: an owner must be able to take over then.
  KEYS[1] hash   ARGV field, value, field, value… ]]
return redis.call("HSET", KEYS[1], unpack(ARGV))
