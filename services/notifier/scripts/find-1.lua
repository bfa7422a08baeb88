#!lua flags=allow-oom
--[[ The alert that a finding names, and the open one of its patient and rule.
  KEYS[1] open alerts of the home   ARGV[1] field "<patient>|<rule key>"   ARGV[2] the finding's own
  alert id   ARGV[3] prefix of alert keys (same slot)
  Returns {record of the named alert or "", its marks, record of another open one or "", its marks}. ]]
local named = redis.call("HMGET", ARGV[3] .. ARGV[2], "record", "sent")
local id = redis.call("HGET", KEYS[1], ARGV[1])
local open = {}
if id and id ~= ARGV[2] then open = redis.call("HMGET", ARGV[3] .. id, "record", "sent") end
return {named[1] or "", named[2] or "", open[1] or "", open[2] or ""}
