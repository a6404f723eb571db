--[[
Reserves departures of one phone number, and of the pairs (number, recipient) they belong to, in Redis time.

The number follows the Generic Cell Rate Algorithm with a burst of one: two departures are never closer than the
interval, none lies in the past. A pair follows it with a burst: its key holds the time at which the pair will be
unused again (it expires then), and a departure is allowed while that lies at most (burst - 1) intervals ahead.
A message whose pair has no room costs no departure of the number and stops nobody behind it but its own pair's.

KEYS[1]  hash of the number:
           next         first departure that is free
           taken        departures behind `next` that urgent messages have, ascending, comma-separated
           urgent       first departure that is free to urgent messages
           factor       share of the rate, 0 to 1, as of factor_at; it grows by one in ARGV[12] microseconds
           slowed       when it was halved last
           held         until when the number was told to wait
           resumed      which resumption of the number has been heeded
           start, epoch of this life of the hash; pairs: 1 once the levels of its pairs are known (see restore-pairs)
KEYS[2]  flag: the number has a backlog in Postgres
KEYS[3…] the pair of each message that is wanted, in order; none: departures of the number alone
ARGV[1]  microseconds between two departures at the full rate
ARGV[2]  departures wanted; 0 only looks
ARGV[3]  horizon: microseconds from now after which no departure is granted
ARGV[4]  horizon of urgent messages
ARGV[5]  which messages are urgent: a string of one 0 or 1 for each, or empty. Urgent messages do not heed the backlog
         flag and have at most every second departure
ARGV[6]  1: grant nothing while the backlog flag is set
ARGV[7]  milliseconds for which the backlog flag is set when the rate kept some back; 0 leaves it alone
ARGV[8]  departures to charge without granting them (an inbound message uses up the number's rate, too)
ARGV[9]  microseconds from now before which nothing may depart (WhatsApp told us to wait); 0 for none
ARGV[10] microseconds from now before which none of these departures may lie: the time the caller needs until then
ARGV[11] slow: halve the factor; gentle: restart at a tenth of the rate; else empty
ARGV[12] microseconds in which a factor of nothing grows to one
ARGV[13] when the number was last resumed, milliseconds by the database's clock; 0 for never
ARGV[14] burst of a pair
ARGV[15] microseconds between two messages of a pair in the long run
ARGV[16] for messages that reserved before and missed their departures: those departures, in microseconds, one for each,
         comma-separated; else empty. A pair was charged for them, and is charged again for what it has recovered since

Returns { now, epoch, known, factor, next, held, room, urgent room, place… }: times in microseconds, the factor as text.
known is 0 when the levels of the pairs must be restored first: nothing was granted to pairs then. Room is how many more
would be granted now. A place is the departure of that message; 0 when the rate has no room before the horizon; or,
negative, the microseconds until its pair has room.

A missing hash means that Redis was emptied, or that the number is new. What was reserved before may still depart, so
the number starts a second later, under a new epoch. All keys carry the number's hash tag: a Cluster keeps them on one
node.
]]
local SECOND = 1000000
-- Never slower than this share of the rate.
local LEAST_FACTOR = 0.05
local GENTLE_FACTOR = 0.1
-- Refusals of one moment are one: they answer messages that were under way together.
local HALVED_AT_MOST_EVERY = SECOND
-- What is charged without being granted keeps the number back this long at most: it has happened already.
local LONGEST_CHARGE = SECOND

local clock = redis.call('TIME')
local now = clock[1] * SECOND + clock[2]
local wanted = tonumber(ARGV[2])
local horizon, urgent_horizon, urgent_ones = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local charge, hold, lead = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local recovery, resumed_at = tonumber(ARGV[12]), tonumber(ARGV[13])
local burst, pair_interval = tonumber(ARGV[14]), tonumber(ARGV[15])
local missed = {}
for departure in string.gmatch(ARGV[16], '%d+') do missed[#missed + 1] = tonumber(departure) end

local text = function(number) return string.format('%.0f', number) end
local stored = redis.call('HMGET', KEYS[1], 'next', 'taken', 'urgent', 'factor', 'factor_at', 'slowed', 'held',
  'resumed', 'start', 'epoch', 'pairs')
local free, urgent_free = tonumber(stored[1]) or 0, tonumber(stored[3]) or 0
local factor, factor_at = tonumber(stored[4]) or 1, tonumber(stored[5]) or now
local slowed, held, resumed = tonumber(stored[6]) or 0, tonumber(stored[7]) or 0, tonumber(stored[8]) or 0
local start, epoch = tonumber(stored[9]) or 0, tonumber(stored[10])
local changes = {}
local change = function(field, value)
  changes[#changes + 1] = field
  changes[#changes + 1] = value
end

local is_new = not epoch
if is_new then
  epoch = now
  start = now + SECOND
  free = start
  change('next', text(free))
  change('start', text(start))
  change('epoch', text(epoch))
end

-- The adaptive rate.
factor = math.min(1, factor + math.max(0, now - factor_at) / recovery)
local set_factor = function(value, at)
  factor = math.min(1, value + math.max(0, now - at) / recovery)
  change('factor', tostring(value))
  change('factor_at', text(at))
end
if ARGV[11] == 'slow' and now - slowed >= HALVED_AT_MOST_EVERY then
  set_factor(math.max(LEAST_FACTOR, factor / 2), now)
  change('slowed', text(now))
end
if resumed_at > resumed then
  -- With an emptied hash nobody knows whether that resumption was heeded: it counts as if it had been.
  local at = is_new and math.min(now, resumed_at * 1000) or now
  set_factor(math.min(factor, GENTLE_FACTOR), at)
  change('resumed', text(resumed_at))
end
if ARGV[11] == 'gentle' then set_factor(math.min(factor, GENTLE_FACTOR), now) end
local interval = math.ceil(tonumber(ARGV[1]) / factor)

-- Departures that urgent messages have behind `next`; the gaps between them are everybody's.
local taken, head = {}, 1
for departure in string.gmatch(stored[2] or '', '%d+') do
  local at = tonumber(departure)
  if at + interval > free then taken[#taken + 1] = at end
end
local had_taken = stored[2] and stored[2] ~= ''

-- The first departure from `at` on that keeps the interval to those that are taken, and how many of them lie before it.
local place = function(at)
  local next_taken = head
  while taken[next_taken] and at + interval > taken[next_taken] do
    at = math.max(at, taken[next_taken] + interval)
    next_taken = next_taken + 1
  end
  return at, next_taken
end

-- The pairs of the messages, as they are and as they will be.
local unused, refused, used = {}, {}, {}
local known = stored[11] == '1'
for first = 3, #KEYS, 1000 do
  local last = math.min(first + 999, #KEYS)
  local values = redis.call('MGET', unpack(KEYS, first, last))
  for index = first, last do unused[KEYS[index]] = tonumber(values[index - first + 1]) or 0 end
end

local earliest = now + lead
local limit = math.max(now, start) + horizon
local urgent_limit = math.max(now, start) + urgent_horizon
local blocked = ARGV[6] == '1' and redis.call('EXISTS', KEYS[2]) == 1
local by_pair = #KEYS > 2
local kept_back = false
local reply = { now, epoch, 1, '', 0, 0, 0, 0 }
if by_pair and not known then
  reply[3] = 0
  wanted = 0
end

for index = 1, wanted do
  local urgent = string.sub(urgent_ones, index, index) == '1'
  local from = math.max(free, earliest)
  local departure, next_taken = place(urgent and math.max(from, urgent_free) or from)
  local outcome = departure
  if departure > (urgent and urgent_limit or limit) or (blocked and not urgent) then
    outcome = 0
    kept_back = true
  elseif by_pair then
    local key = KEYS[2 + index]
    local opens = unused[key] - (burst - 1) * pair_interval
    if not missed[index] and (refused[key] or opens > departure) then
      -- Those of one pair are told one time after the other, and none gets ahead of an earlier one.
      local at = math.max(refused[key] or opens, opens)
      outcome = math.min(-1, now - at)
      refused[key] = at + pair_interval
    elseif missed[index] then
      local recovered = math.min(pair_interval, math.max(0, departure - missed[index]))
      local later = math.max(unused[key] + recovered, departure + pair_interval)
      if later - burst * pair_interval > departure then
        outcome = 0
      else
        unused[key] = later
        used[key] = true
      end
    else
      unused[key] = math.max(unused[key], departure) + pair_interval
      used[key] = true
    end
  end
  reply[8 + index] = outcome
  if outcome > 0 then
    if urgent then urgent_free = departure + 2 * interval end
    if urgent and departure - from >= interval then
      taken[#taken + 1] = departure
    else
      free = departure + interval
      head = next_taken
    end
  end
end

local granted = false
for index = 1, wanted do granted = granted or reply[8 + index] > 0 end
for key in pairs(used) do
  redis.call('SET', key, text(unused[key]), 'PX', text(math.ceil((unused[key] - now) / 1000)))
end
if charge > 0 then
  local from = math.max(free, now)
  free = math.max(from, math.min(from + charge * interval, math.max(now, start) + LONGEST_CHARGE))
end
if hold > 0 then
  held = math.max(held, now + hold)
  free = math.max(free, now + hold)
  change('held', text(held))
end
if granted or charge > 0 or hold > 0 then
  change('next', text(free))
  change('urgent', text(urgent_free))
  local left = {}
  for index = head, #taken do left[#left + 1] = text(taken[index]) end
  if had_taken or #left > 0 then change('taken', table.concat(left, ',')) end
end
if #changes > 0 then redis.call('HSET', KEYS[1], unpack(changes)) end
if kept_back and tonumber(ARGV[7]) > 0 then redis.call('SET', KEYS[2], '1', 'PX', ARGV[7]) end

local at, next_taken = place(math.max(free, earliest))
if at <= limit and not blocked then
  reply[7] = math.max(0, math.floor((limit - at) / interval) + 1 - (#taken - next_taken + 1))
end
at = place(math.max(free, earliest, urgent_free))
if at <= urgent_limit then reply[8] = math.floor((urgent_limit - at) / (2 * interval)) + 1 end
reply[4], reply[5], reply[6] = tostring(factor), free, held
return reply
