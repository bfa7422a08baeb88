#!lua flags=allow-oom
--[[ Stores an alert's next version with everything that follows from it, or nothing at all.
  KEYS[1] alert   KEYS[2] open alerts of the home   KEYS[3] alerts of the home by time
  KEYS[4] timers   KEYS[5] queue   KEYS[6] how many alerts wait for each step
  ARGV[1] alert id   ARGV[2] version that must be stored now, "0" for none   ARGV[3] new version
  ARGV[4] record     ARGV[5] open field   ARGV[6] "1" joinable, "0" not   ARGV[7] patient while not
  closed, "" once closed ("-" for no patient)   ARGV[8] create time, unix ms
  ARGV[9] the timer that is not wanted any more, ""   ARGV[10] the timer to set, ""   ARGV[11] its time
  ARGV[12] queue entry that is done with, ""   ARGV[13] the step that it waited for and ARGV[14] waits
  for now, "0" for none   ARGV[15] number of jobs   ARGV[16...] the jobs, then jobs for the timers, each
  with its time
  Returns the queue entries of the jobs; CONFLICT when another version is stored, or another alert is
  open under the field. ]]
if (redis.call("HGET", KEYS[1], "version") or "0") ~= ARGV[2] then
  return redis.error_reply("VEILLE CONFLICT another version is stored")
end
local open = redis.call("HGET", KEYS[2], ARGV[5])
if ARGV[6] == "1" and open and open ~= ARGV[1] then
  return redis.error_reply("VEILLE CONFLICT another alert is open")
end
redis.call("HSET", KEYS[1], "version", ARGV[3], "record", ARGV[4])
if ARGV[6] == "1" then
  redis.call("HSET", KEYS[2], ARGV[5], ARGV[1])
elseif open == ARGV[1] then
  redis.call("HDEL", KEYS[2], ARGV[5])
end
if ARGV[7] ~= "" then
  redis.call("HSET", KEYS[2], "#" .. ARGV[1], ARGV[7])
else
  redis.call("HDEL", KEYS[2], "#" .. ARGV[1])
end
if ARGV[2] == "0" then redis.call("ZADD", KEYS[3], ARGV[8], ARGV[1]) end
if ARGV[9] ~= "" then redis.call("ZREM", KEYS[4], ARGV[9]) end
if ARGV[10] ~= "" then redis.call("ZADD", KEYS[4], ARGV[11], ARGV[10]) end
if ARGV[13] ~= ARGV[14] then
  if ARGV[13] ~= "0" then redis.call("HINCRBY", KEYS[6], ARGV[13], -1) end
  if ARGV[14] ~= "0" then redis.call("HINCRBY", KEYS[6], ARGV[14], 1) end
end
local entries = {}
local last = 15 + tonumber(ARGV[15])
for i = 16, last do
  entries[#entries + 1] = redis.call("XADD", KEYS[5], "*", "j", ARGV[i])
end
for i = last + 1, #ARGV, 2 do redis.call("ZADD", KEYS[4], ARGV[i + 1], ARGV[i]) end
if ARGV[12] ~= "" then
  redis.call("XACK", KEYS[5], "notifier", ARGV[12])
  redis.call("XDEL", KEYS[5], ARGV[12])
end
return entries
