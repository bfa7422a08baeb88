--[[ Counts a try of an account from an address, where the counts are as they were judged.
  KEYS[1] count and time of the account's last   KEYS[2] those of the address
  ARGV[1] ARGV[2] as KEYS[1] and KEYS[2] were, '' for none   ARGV[3] ARGV[4] as they are
  ARGV[5] ARGV[6] for how many ms they are kept
  Returns 1 when counted, 0 when another try came between. ]]
for i = 1, 2 do
  if (redis.call('GET', KEYS[i]) or '') ~= ARGV[i] then return 0 end
end
for i = 1, 2 do redis.call('SET', KEYS[i], ARGV[i + 2], 'PX', ARGV[i + 4]) end
return 1
