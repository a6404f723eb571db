--[[
  Counts one call of an access token in its window of a minute. The window opens with the token's first call and ends
  60 s later, whatever happens in between.

    Keys:
      KEYS[1] counter of the token; expires with its window

    Args:
      ARGV[1] calls allowed in a window
      ARGV[2] length of the window, milliseconds

    Returns an array:
      1. 1 when the call is allowed, 0 when it is one too many (it is not counted then)
      2. calls left in this window
      3. milliseconds until the window ends
      4. Redis' time in milliseconds since 1970, so that all processes name the same end
]]
local limit = tonumber(ARGV[1])
local window = tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local used = tonumber(redis.call('GET', KEYS[1]) or '0')
local left = redis.call('PTTL', KEYS[1])
if left <= 0 then
  used = 0
  left = window
end

if used >= limit then
  return { 0, 0, left, now }
end

if used == 0 then
  redis.call('SET', KEYS[1], 1, 'PX', left)
else
  redis.call('INCR', KEYS[1])
end
return { 1, limit - used - 1, left, now }
