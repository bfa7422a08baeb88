#!lua flags=allow-oom
--[[ Appends the owner's own entries to the log: ticks and changed plans.
  KEYS[1] lease   KEYS[2] log
  ARGV[1] epoch   ARGV[2] the tick's time, unix ms, or 0 when there is none   ARGV[3...] envelopes
  Returns the entry's id; refuses an epoch that is not the lease's. ]]
if redis.call("HGET", KEYS[1], "epoch") ~= ARGV[1] then
  return redis.error_reply("VEILLE FENCED another epoch holds the lease")
end
local entry = {}
for i = 3, #ARGV do
  entry[#entry + 1] = "e"
  entry[#entry + 1] = ARGV[i]
end
if ARGV[2] ~= "0" then redis.call("HSET", KEYS[1], "tick_ms", ARGV[2]) end
return redis.call("XADD", KEYS[2], "*", unpack(entry))
