--[[
Holds a pair (number, recipient) back: WhatsApp says that it is used up. One message may leave after the hold, the
following ones at the pair's pace.

KEYS[1]  the pair (see reserve-slots)
ARGV[1]  microseconds from now before which nothing may depart
ARGV[2]  burst of a pair
ARGV[3]  microseconds between two messages of a pair in the long run
]]
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local unused = now + ARGV[1] + (ARGV[2] - 1) * ARGV[3]
unused = math.max(unused, tonumber(redis.call('GET', KEYS[1])) or 0)
redis.call('SET', KEYS[1], string.format('%.0f', unused), 'PX', string.format('%.0f', math.ceil((unused - now) / 1000)))
return redis.status_reply('OK')
