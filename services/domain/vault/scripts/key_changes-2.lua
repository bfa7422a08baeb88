#!lua flags=allow-oom
--[[ Which keys were destroyed since a version.
  KEYS[1] state hash: kek, version   KEYS[2] stream of destroyed keys   ARGV[1] the version
  Returns {version, 1, names…}, or {version, 0} when it cannot be told: entries were trimmed, or this is
  another Redis. ]]
local version = tonumber(redis.call("HGET", KEYS[1], "version") or "0")
local from = tonumber(ARGV[1])
if version == from then return {version, 1} end
if version < from then return {version, 0} end
local entries = redis.call("XRANGE", KEYS[2], string.format("%d-0", from + 1), "+")
if #entries ~= version - from then return {version, 0} end
local changes = {version, 1}
for _, entry in ipairs(entries) do changes[#changes + 1] = entry[2][2] end
return changes
