#!lua flags=allow-oom
--[[ Puts an update into a caregiver's stream, once.
  KEYS[1] inbox stream   KEYS[2] watcher hash: incarnation, sequence, a:<alert id> = "<version>|<step>"
  ARGV[1] alert id   ARGV[2] version   ARGV[3] step   ARGV[4] update (serialized)
  ARGV[5] an incarnation, for when there is none   ARGV[6] "1" when the alert is closed
  An older version, and the same version and step again, are passed over. The entry's id is
  <sequence>-0. Returns the sequence, or 0. ]]
local told = redis.call("HGET", KEYS[2], "a:" .. ARGV[1])
local version, step = tonumber(ARGV[2]), tonumber(ARGV[3])
if told then
  local old_version, old_step = string.match(told, "^(%d+)|(%d+)$")
  old_version, old_step = tonumber(old_version), tonumber(old_step)
  if version < old_version or (version == old_version and step <= old_step) then return 0 end
end
if redis.call("HEXISTS", KEYS[2], "incarnation") == 0 then
  -- A stream without its hash is of a life before: its numbers mean nothing now.
  redis.call("DEL", KEYS[1])
  redis.call("HSET", KEYS[2], "incarnation", ARGV[5])
end
local sequence = redis.call("HINCRBY", KEYS[2], "sequence", 1)
redis.call("XADD", KEYS[1], "MAXLEN", "~", 10000, string.format("%d-0", sequence), "u", ARGV[4])
redis.call("HSET", KEYS[2], "a:" .. ARGV[1], ARGV[2] .. "|" .. ARGV[3])
return sequence
