#!lua flags=allow-oom
--[[ Makes the queue's consumer group, from the queue's beginning; it may be there already.
  KEYS[1] queue ]]
local made = redis.pcall("XGROUP", "CREATE", KEYS[1], "notifier", "0", "MKSTREAM")
if made.err and not string.find(made.err, "BUSYGROUP", 1, true) then return made end
return 1
