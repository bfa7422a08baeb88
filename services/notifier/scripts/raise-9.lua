#!lua flags=allow-oom
--[[ Stores a new alert and puts it into the stream of the one caregiver who is told first, or neither:
  no job has to guarantee the telling. Where one Redis has the home and the caregiver; see update-6 and
  deliver-3, which together do the same.
  KEYS[1] alert   KEYS[2] open alerts of the home   KEYS[3] alerts of the home by time
  KEYS[4] timers   KEYS[5] queue   KEYS[6] inbox stream   KEYS[7] watcher hash   KEYS[8] told alerts
  KEYS[9] how many alerts wait for each step
  ARGV[1] alert id   ARGV[2] record   ARGV[3] open field   ARGV[4] patient ("-" for none)
  ARGV[5] create time, unix ms   ARGV[6] the timer to set, ""   ARGV[7] its time
  ARGV[8] queue entry that is done with   ARGV[9] the alert's version   ARGV[10] update (serialized)
  ARGV[11] an incarnation, for when there is none   ARGV[12] channel   ARGV[13] the caregiver
  ARGV[14] the step that it waits for, "0" for none
  Returns the sequence; CONFLICT when the alert is known here or there, or another is open under the
  field. ]]
local open = redis.call("HGET", KEYS[2], ARGV[3])
local state = redis.call("HMGET", KEYS[7], "a:" .. ARGV[1], "incarnation", "sequence")
if open or state[1] or redis.call("EXISTS", KEYS[1]) == 1 then
  return redis.error_reply("VEILLE CONFLICT the alert is not new")
end
if not state[2] then
  -- A stream without its hash is of a life before: its numbers mean nothing now.
  redis.call("DEL", KEYS[6])
  redis.call("HSET", KEYS[7], "incarnation", ARGV[11])
end
redis.call("HSET", KEYS[1], "version", 1, "record", ARGV[2])
redis.call("HSET", KEYS[2], ARGV[3], ARGV[1], "#" .. ARGV[1], ARGV[4])
redis.call("ZADD", KEYS[3], ARGV[5], ARGV[1])
if ARGV[6] ~= "" then redis.call("ZADD", KEYS[4], ARGV[7], ARGV[6]) end
if ARGV[14] ~= "0" then redis.call("HINCRBY", KEYS[9], ARGV[14], 1) end
local sequence = tonumber(state[3] or "0") + 1
local number = string.format("%d", sequence)
redis.call("HSET", KEYS[7], "sequence", number, "a:" .. ARGV[1], ARGV[9] .. "|" .. ARGV[9])
redis.call("XADD", KEYS[6], "MAXLEN", "~", 10000, number .. "-0", "u", ARGV[10])
redis.call("ZADD", KEYS[8], number, ARGV[1])
redis.call("PUBLISH", ARGV[12], string.format("%d %d ", sequence, #ARGV[13]) .. ARGV[13] .. ARGV[10])
if sequence % 16 == 0 then
  for _ = 4097, redis.call("ZCARD", KEYS[8]) do
    local oldest = redis.call("ZPOPMIN", KEYS[8])
    redis.call("HDEL", KEYS[7], "a:" .. oldest[1], "q:" .. oldest[1])
  end
end
redis.call("XACK", KEYS[5], "notifier", ARGV[8])
redis.call("XDEL", KEYS[5], ARGV[8])
return sequence
