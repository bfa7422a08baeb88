#!lua flags=allow-oom
--[[ Puts a data key, wrapped anew, in the place of what is there.
  KEYS[1] wrapped keys by name   ARGV[1] name   ARGV[2] what must be there   ARGV[3] what comes
  CONFLICT when something else is there: it was destroyed, or somebody else rotates, too. ]]
if redis.call("HGET", KEYS[1], ARGV[1]) ~= ARGV[2] then
  return redis.error_reply("VEILLE CONFLICT " .. ARGV[1] .. " has changed")
end
return redis.call("HSET", KEYS[1], ARGV[1], ARGV[3])
