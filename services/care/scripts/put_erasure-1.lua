#!lua flags=allow-oom
--[[ Writes down how far an erasure is; also when Redis is full, since it makes room.
  KEYS[1] erasures   ARGV[1] person   ARGV[2] what must stand there, "" for nothing   ARGV[3] what comes
  CONFLICT when something else stands there. ]]
if (redis.call("HGET", KEYS[1], ARGV[1]) or "") ~= ARGV[2] then
  return redis.error_reply("VEILLE CONFLICT another goes on with the erasure")
end
return redis.call("HSET", KEYS[1], ARGV[1], ARGV[3])
