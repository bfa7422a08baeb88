#!lua flags=allow-oom
--[[ Takes, renews or gives up the right to judge a partition.
  KEYS[1] lease hash: owner, epoch, expires_ms, tick_ms, kept_ms (when an owner that judges last said so)
  ARGV[1] "acquire", "renew" or "release"   ARGV[2] instance   ARGV[3] epoch (renew, release)
  ARGV[4] how long it holds, ms             ARGV[5] now, unix ms; 0: Redis' clock
  acquire returns {1, epoch, tick_ms} or {0}; the same instance takes its own lease again at once, with
  a new epoch, so that what it sent before it restarted is fenced off. renew and release return 1 or 0. ]]
local now = tonumber(ARGV[5])
if now == 0 then
  local time = redis.call("TIME")
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local lease = redis.call("HMGET", KEYS[1], "owner", "epoch", "expires_ms", "tick_ms")
local owner, epoch, expires = lease[1], tonumber(lease[2] or "0"), tonumber(lease[3] or "0")
if ARGV[1] == "acquire" then
  if owner and owner ~= ARGV[2] and owner ~= "" and expires > now then return {0} end
  epoch = math.max(epoch + 1, now)
  redis.call("HSET", KEYS[1], "owner", ARGV[2], "epoch", string.format("%.0f", epoch),
      "expires_ms", string.format("%.0f", now + ARGV[4]))
  return {1, epoch, tonumber(lease[4] or "0")}
end
if owner ~= ARGV[2] or epoch ~= tonumber(ARGV[3]) then return 0 end
if ARGV[1] == "renew" then
  redis.call("HSET", KEYS[1], "expires_ms", string.format("%.0f", now + ARGV[4]),
      "kept_ms", string.format("%.0f", now))
else
  redis.call("HSET", KEYS[1], "owner", "", "expires_ms", "0")
end
return 1
