#!lua flags=allow-oom
--[[ The open alert that a finding belongs to, or the alert that it names.
  KEYS[1] open alerts   ARGV[1] field "<patient>|<rule key>"   ARGV[2] the finding's own alert id
  ARGV[3] prefix of alert keys (same slot)
  Returns {alert id, record} of the open alert, else of the named one, else {}. ]]
local function read(id)
  local record = redis.call("HGET", ARGV[3] .. id, "record")
  if record then return {id, record} end
end
local named = read(ARGV[2])
if named then return named end
local open = redis.call("HGET", KEYS[1], ARGV[1])
return open and read(open) or {}
