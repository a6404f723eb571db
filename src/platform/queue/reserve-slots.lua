--[[
Reserves departures of one phone number, by the Generic Cell Rate Algorithm with a burst of one, in Redis time: two
departures are never closer than the interval, and no departure lies in the past.

KEYS[1]  hash of the number: next (first departure that is still free), start and epoch
KEYS[2]  flag: the number has a backlog in Postgres
ARGV[1]  microseconds between two departures
ARGV[2]  departures wanted; 0 only looks
ARGV[3]  horizon: microseconds from now after which no departure is granted
ARGV[4]  1: grant nothing while the backlog flag is set
ARGV[5]  milliseconds for which the backlog flag is set when not all that was wanted was granted; 0 leaves it alone
ARGV[6]  departures to charge without granting them (an inbound message uses up the number's rate, too)
ARGV[7]  microseconds from now before which nothing may depart (WhatsApp told us to wait); 0 for none
ARGV[8]  microseconds from now before which none of these departures may lie: the time the caller needs until then

Returns { now, epoch, granted, first, room }: times in microseconds; departure i of the granted ones (from 0) is
first + i * ARGV[1]; room is how many more would be granted now.

A missing hash means that Redis was emptied, or that the number is new. What was reserved before may still depart, so
the number starts a second later, under a new epoch.
Both keys carry the number's hash tag, so a Cluster keeps them on one node. The pair level (recipient) belongs here,
with its own hash under the same tag.
]]
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local interval = tonumber(ARGV[1])
local wanted = tonumber(ARGV[2])

local stored = redis.call('HMGET', KEYS[1], 'next', 'start', 'epoch')
local free, start, epoch = tonumber(stored[1]), tonumber(stored[2]), tonumber(stored[3])
local text = function(number) return string.format('%.0f', number) end
if not epoch then
  epoch = now
  start = now + 1000000
  free = start
  redis.call('HSET', KEYS[1], 'next', text(free), 'start', text(start), 'epoch', text(epoch))
end

local first = math.max(now + tonumber(ARGV[8]), free)
local limit = math.max(now, start) + tonumber(ARGV[3])
local room = 0
if first <= limit then room = math.floor((limit - first) / interval) + 1 end
if ARGV[4] == '1' and redis.call('EXISTS', KEYS[2]) == 1 then room = 0 end

local granted = math.min(wanted, room)
local following = first + (granted + tonumber(ARGV[6])) * interval
following = math.max(following, now + tonumber(ARGV[7]))
if granted > 0 or tonumber(ARGV[6]) > 0 or tonumber(ARGV[7]) > 0 then
  redis.call('HSET', KEYS[1], 'next', text(following))
end
if granted < wanted and tonumber(ARGV[5]) > 0 then
  redis.call('SET', KEYS[2], '1', 'PX', ARGV[5])
end
return { now, epoch, granted, first, room - granted }
