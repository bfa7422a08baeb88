#!lua flags=allow-oom
--[[ Commits homes: state, position and findings together, or nothing at all.
  KEYS[1] lease   KEYS[2] checkpoints hash   KEYS[3] notification queue   KEYS[4] progress
  ARGV[1] epoch   ARGV[2] progress to store, "" for none   ARGV[3] number of homes; then for each
    home, position that must be stored now ("" for none), new position, generation ("a" or "b"),
    checkpoint, registry entry in force and baselines ("" when unchanged), number of findings, the
    findings
  Fields of the hash: <home>|a, <home>|b, <home>|p (position), <home>|h (registry entry),
    <home>|u (what is usual).
  Returns the number of homes; refuses an epoch that is not the lease's and a position that differs. ]]
if redis.call("HGET", KEYS[1], "epoch") ~= ARGV[1] then
  return redis.error_reply("VEILLE FENCED another epoch holds the lease")
end
local homes = {}
local at = 4
for i = 1, tonumber(ARGV[3]) do
  local home = {id = ARGV[at], expected = ARGV[at + 1], position = ARGV[at + 2],
      generation = ARGV[at + 3], checkpoint = ARGV[at + 4], registry = ARGV[at + 5],
      baselines = ARGV[at + 6], findings = {}}
  local count = tonumber(ARGV[at + 7])
  for f = 1, count do home.findings[f] = ARGV[at + 7 + f] end
  at = at + 8 + count
  if (redis.call("HGET", KEYS[2], home.id .. "|p") or "") ~= home.expected then
    return redis.error_reply("VEILLE CONFLICT position of " .. home.id .. " is not the expected one")
  end
  homes[i] = home
end
for _, home in ipairs(homes) do
  redis.call("HSET", KEYS[2], home.id .. "|" .. home.generation, home.checkpoint,
      home.id .. "|p", home.position)
  if home.registry ~= "" then redis.call("HSET", KEYS[2], home.id .. "|h", home.registry) end
  if home.baselines ~= "" then redis.call("HSET", KEYS[2], home.id .. "|u", home.baselines) end
  for _, finding in ipairs(home.findings) do
    redis.call("XADD", KEYS[3], "*", "f", finding)
  end
end
if ARGV[2] ~= "" then redis.call("SET", KEYS[4], ARGV[2]) end
return #homes
