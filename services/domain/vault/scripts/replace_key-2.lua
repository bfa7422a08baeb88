#!lua flags=allow-oom
--[[ Puts a data key, wrapped anew, in the place of what is there.
  KEYS[1] wrapped keys by name   KEYS[2] state hash: kek, version
  ARGV[1] the key-encryption key that wraps it   ARGV[2] name   ARGV[3] what must be there   ARGV[4] what comes
  CONFLICT when something else is there: it was destroyed, or somebody else rotates, too; and when another
  key-encryption key wraps new keys by now. ]]
local kek = redis.call("HGET", KEYS[2], "kek")
if kek ~= ARGV[1] then
  return redis.error_reply("VEILLE CONFLICT new keys are wrapped by " .. tostring(kek))
end
if redis.call("HGET", KEYS[1], ARGV[2]) ~= ARGV[3] then
  return redis.error_reply("VEILLE CONFLICT " .. ARGV[2] .. " has changed")
end
return redis.call("HSET", KEYS[1], ARGV[2], ARGV[4])
