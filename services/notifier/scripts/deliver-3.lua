#!lua flags=allow-oom
--[[ Puts an update into a caregiver's stream, once.
  KEYS[1] inbox stream   KEYS[2] watcher hash: incarnation, sequence,
    a:<alert id> = "<newest version shown>|<newest version told>"   KEYS[3] told alerts by sequence
  ARGV[1] alert id   ARGV[2] version of the update's alert   ARGV[3] version that is told
  ARGV[4] "1" when it tells (a step, a summary), "0" for a change   ARGV[5] update (serialized)
  ARGV[6] an incarnation, for when there is none
  A version that was told already, and a change that was shown already, are passed over. The entry's
  id is <sequence>-0. Returns the sequence; 0 when it was passed over; -1, with nothing done, when a
  newer version of the alert was shown: an older one never overwrites it. ]]
local mark = redis.call("HGET", KEYS[2], "a:" .. ARGV[1])
local version, told = tonumber(ARGV[2]), tonumber(ARGV[3])
local last_shown, last_told = 0, 0
if mark then
  last_shown, last_told = string.match(mark, "^(%d+)|(%d+)$")
  last_shown, last_told = tonumber(last_shown), tonumber(last_told)
end
if ARGV[4] == "1" then
  if told <= last_told then return 0 end
  if version < last_shown then return -1 end
  last_told = told
elseif version <= last_shown then
  return 0
end
if redis.call("HEXISTS", KEYS[2], "incarnation") == 0 then
  -- A stream without its hash is of a life before: its numbers mean nothing now.
  redis.call("DEL", KEYS[1])
  redis.call("HSET", KEYS[2], "incarnation", ARGV[6])
end
local sequence = redis.call("HINCRBY", KEYS[2], "sequence", 1)
-- A caregiver who is this far behind gets a snapshot.
redis.call("XADD", KEYS[1], "MAXLEN", "~", 10000, string.format("%d-0", sequence), "u", ARGV[5])
redis.call("HSET", KEYS[2], "a:" .. ARGV[1], string.format("%d|%d", version, last_told))
redis.call("ZADD", KEYS[3], sequence, ARGV[1])
-- What is remembered is bounded; a job that is 4,096 alerts late is a dead letter long since.
if redis.call("ZCARD", KEYS[3]) > 4096 then
  local oldest = redis.call("ZPOPMIN", KEYS[3])
  redis.call("HDEL", KEYS[2], "a:" .. oldest[1], "q:" .. oldest[1])
end
return sequence
