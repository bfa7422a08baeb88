#!lua flags=allow-oom
--[[ The alert that a finding names, and the open one of its patient and rule.
  KEYS[1] open alerts of the home   ARGV[1] field "<patient>|<rule key>"   ARGV[2] the finding's own
  alert id   ARGV[3] prefix of alert keys (same slot)
  Returns {record of the named alert or "", record of another open one or ""}. ]]
local named = redis.call("HGET", ARGV[3] .. ARGV[2], "record")
local id = redis.call("HGET", KEYS[1], ARGV[1])
local open = id and id ~= ARGV[2] and redis.call("HGET", ARGV[3] .. id, "record")
return {named or "", open or ""}
