#!lua flags=allow-oom
--[[ Returns what it was given; "refuse" is refused. A body may hold )lua" and any "quotes". ]]
if ARGV[1] == "refuse" then return redis.error_reply("VEILLE FENCED epoch 4 is over") end
return ARGV[1]
