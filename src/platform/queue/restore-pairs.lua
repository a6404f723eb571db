--[[
Restores the levels of a number's pairs after Redis was emptied, from what the database knows. A level that is higher
already stays: several processes may do this at once, and one of them may have granted departures since.

KEYS[1]  hash of the number (see reserve-slots)
KEYS[2…] pairs
ARGV[1]  epoch for which this is; another one's levels are left alone
ARGV[2]  1: these are the last ones, the levels of this epoch are known from now on
ARGV[3…] of each pair: microseconds from now until it is unused again

Returns 1, or 0 when the epoch is over.
]]
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
for index = 2, #KEYS do
  local level = tonumber(ARGV[index + 1])
  local unused = now + level
  if unused > (tonumber(redis.call('GET', KEYS[index])) or 0) then
    redis.call('SET', KEYS[index], string.format('%.0f', unused), 'PX', string.format('%.0f', math.ceil(level / 1000)))
  end
end
if ARGV[2] == '1' then redis.call('HSET', KEYS[1], 'pairs', '1') end
return 1
