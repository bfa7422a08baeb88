#!lua flags=allow-oom
--[[ Says that a gateway serves: while none does, homes cannot be heard, and are not silent.
  KEYS[1] where the time of the last sign is kept, unix s ]]
return redis.call("SET", KEYS[1], redis.call("TIME")[1])
