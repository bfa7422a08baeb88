#!lua flags=allow-oom
--[[ Lets another key-encryption key wrap new keys.
  KEYS[1] state hash: kek, version   ARGV[1] which wraps them so far, "" for none   ARGV[2] which shall
  CONFLICT when another does by now: somebody else has begun a rotation. ]]
local kek = redis.call("HGET", KEYS[1], "kek") or ""
if kek ~= ARGV[1] then
  return redis.error_reply("VEILLE CONFLICT another rotation has begun; new keys are wrapped by " .. kek)
end
return redis.call("HSET", KEYS[1], "kek", ARGV[2])
