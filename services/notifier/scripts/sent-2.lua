#!lua flags=allow-oom
--[[ A telling has been handed over: its queue entry is done with, and the alert knows.
  KEYS[1] queue   KEYS[2] alert   ARGV[1] entry   ARGV[2] mark "<version told>:<time, unix ms>"
  Marks stand beside the record, which no script can read; the newest 1,024 characters of them. ]]
redis.call("XACK", KEYS[1], "notifier", ARGV[1])
redis.call("XDEL", KEYS[1], ARGV[1])
local alert = redis.call("HMGET", KEYS[2], "version", "sent")
if not alert[1] then return 0 end
local marks = (alert[2] or "") .. ARGV[2] .. " "
if #marks > 1024 then marks = string.match(string.sub(marks, -1024), "^%S* (.*)$") end
redis.call("HSET", KEYS[2], "sent", marks)
return 1
