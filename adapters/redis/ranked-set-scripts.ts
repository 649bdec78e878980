/**
 * The acts of a board as scripts. Keys are drawn in `ranked-set.ts`. All numbers are integers that a double holds exactly, and leave a
 * script through `%.0f`, since Lua's own formatting keeps 14 digits.
 */
const CHUNKS = `
local function each(list, act)
  for i = 1, #list, 1000 do act(i, math.min(i + 999, #list)) end
end
local function bulk(command, key, list)
  each(list, function(a, b) redis.call(command, key, unpack(list, a, b)) end)
end
local function text(n) return string.format('%.0f', n) end
`;

/**
 * KEYS z h c d · ARGV source position stride, then per change: op member score tie [position].
 * Loads every touched member once, works the changes out in memory, refuses before the first write, then writes in bulk.
 * Answers {applied} or {-1, index of the change that leaves the bounds}.
 */
const APPLY = `${CHUNKS}
local z, h, c, d = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local source, checkpoint, stride = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local field = '@' .. source
local flags = redis.call('HMGET', c, 'x', 'd', field)
local done = source ~= '' and tonumber(flags[3] or '0') or -1
local reached = math.max(done, checkpoint)
local taken, members, index = {}, {}, {}
for at = 3, #ARGV - stride, stride do
  local position = checkpoint
  if stride == 5 and ARGV[at + 5] ~= '' then position = tonumber(ARGV[at + 5]) end
  if source == '' or position > done then
    taken[#taken + 1] = at
    if position > reached then reached = position end
    local member = ARGV[at + 2]
    if not index[member] then
      members[#members + 1] = member
      index[member] = #members
    end
  end
end
local was, wasTie, score, tie = {}, {}, {}, {}
each(members, function(a, b)
  local found = redis.call('HMGET', h, unpack(members, a, b))
  local names, owners = {}, {}
  for i = a, b do
    local t = found[i - a + 1]
    was[i], wasTie[i] = false, t
    if t then
      names[#names + 1] = t .. members[i]
      owners[#owners + 1] = i
    end
  end
  if #names > 0 then
    local scores = redis.call('ZMSCORE', z, unpack(names))
    for i = 1, #names do was[owners[i]] = 0 - tonumber(scores[i]) end
  end
  for i = a, b do score[i], tie[i] = was[i], wasTie[i] end
end)
for _, at in ipairs(taken) do
  local op, i = ARGV[at + 1], index[ARGV[at + 2]]
  local current = score[i]
  if op == 'remove' then
    score[i] = false
  else
    local value = tonumber(ARGV[at + 3])
    if current then
      if op == 'add' then
        value = current + value
        if value > 9007199254740991 or value < -9007199254740991 then return { -1, (at - 3) / stride } end
      elseif op == 'max' then
        value = math.max(current, value)
      elseif op == 'min' then
        value = math.min(current, value)
      end
    end
    if value ~= current then score[i], tie[i] = value, ARGV[at + 4] end
  end
end
local gone, placed, tied, untied, left, entered = {}, {}, {}, {}, {}, {}
for i, member in ipairs(members) do
  local now, before = score[i], was[i]
  local isMoved = tie[i] ~= wasTie[i]
  if before and (not now or isMoved) then gone[#gone + 1] = wasTie[i] .. member end
  if now then
    if not before or now ~= before or isMoved then
      placed[#placed + 1] = text(0 - now)
      placed[#placed + 1] = tie[i] .. member
    end
    if not before or isMoved then
      tied[#tied + 1] = member
      tied[#tied + 1] = tie[i]
    end
    if now ~= before then entered[text(0 - now)] = true end
  elseif before then
    untied[#untied + 1] = member
  end
  if before and now ~= before then left[text(0 - before)] = true end
end
bulk('ZREM', z, gone)
bulk('HDEL', h, untied)
bulk('ZADD', z, placed)
bulk('HSET', h, tied)
if flags[2] then
  local fresh, stale = {}, {}
  for s in pairs(entered) do
    fresh[#fresh + 1] = s
    fresh[#fresh + 1] = s
  end
  for s in pairs(left) do
    if not entered[s] and redis.call('ZCOUNT', z, s, s) == 0 then stale[#stale + 1] = s end
  end
  bulk('ZADD', d, fresh)
  bulk('ZREM', d, stale)
end
if reached > done and source ~= '' then
  redis.call('HSET', c, 'e', '1', field, text(reached))
elseif #taken > 0 then
  redis.call('HSET', c, 'e', '1')
end
if flags[1] then
  for i = 1, 4 do redis.call('PEXPIREAT', KEYS[i], flags[1]) end
end
return { #taken }
`;

/** KEYS z h · ARGV members. Four values each: tie (nil where it is not on the board), negated score, rank, above. */
const LOOKUP = `${CHUNKS}
local z, h, out = KEYS[1], KEYS[2], {}
each(ARGV, function(a, b)
  local ties = redis.call('HMGET', h, unpack(ARGV, a, b))
  for i = a, b do
    local tie = ties[i - a + 1]
    local score, rank, above = false, 0, 0
    if tie then
      score = redis.call('ZSCORE', z, tie .. ARGV[i])
      rank = redis.call('ZRANK', z, tie .. ARGV[i])
      if rank > 0 then above = redis.call('ZCOUNT', z, '-inf', '(' .. score) end
    end
    local n = #out
    out[n + 1], out[n + 2], out[n + 3], out[n + 4] = tie, score, rank, above
  end
end)
return out
`;

/** KEYS z · ARGV from to, inclusive. {from, above of the first, {tie and member, negated score, …}}. */
const RANGE = `
local page = redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2], 'WITHSCORES')
local above = 0
if #page > 0 and ARGV[1] ~= '0' then above = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. page[2]) end
return { ARGV[1], above, page }
`;

/** KEYS z h · ARGV member before after. As RANGE; an empty page where the member is not there. */
const AROUND = `
local z = KEYS[1]
local tie = redis.call('HGET', KEYS[2], ARGV[1])
if not tie then return { '0', 0, {} } end
local rank = redis.call('ZRANK', z, tie .. ARGV[1])
local from = math.max(0, rank - tonumber(ARGV[2]))
local page = redis.call('ZRANGE', z, from, rank + tonumber(ARGV[3]), 'WITHSCORES')
local above = 0
if from > 0 then above = redis.call('ZCOUNT', z, '-inf', '(' .. page[2]) end
return { string.format('%.0f', from), above, page }
`;

/** KEYS z · ARGV negated scores. Two values each: above, at. */
const COUNT = `
local out = {}
for _, s in ipairs(ARGV) do
  out[#out + 1] = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. s)
  out[#out + 1] = redis.call('ZCOUNT', KEYS[1], s, s)
end
return out
`;

/** KEYS z h c d · ARGV negated scores. The first call on a board lists its distinct scores, O(n); from then on `apply` keeps the list. */
const DISTINCT = `${CHUNKS}
local z, c, d = KEYS[1], KEYS[3], KEYS[4]
local flags = redis.call('HMGET', c, 'x', 'd', 'e')
if flags[3] and not flags[2] then
  local last
  for from = 0, redis.call('ZCARD', z) - 1, 1000 do
    local page, fresh = redis.call('ZRANGE', z, from, from + 999, 'WITHSCORES'), {}
    for i = 2, #page, 2 do
      if page[i] ~= last then
        last = page[i]
        local s = text(tonumber(last))
        fresh[#fresh + 1] = s
        fresh[#fresh + 1] = s
      end
    end
    bulk('ZADD', d, fresh)
  end
  redis.call('HSET', c, 'd', '1')
  if flags[1] then redis.call('PEXPIREAT', d, flags[1]) end
end
local out = {}
for i, s in ipairs(ARGV) do out[i] = redis.call('ZCOUNT', d, '-inf', '(' .. s) end
return out
`;

/** KEYS four of `from`, four of `board`. 0 when `from` is not there. */
const REPLACE = `
if redis.call('EXISTS', KEYS[3]) == 0 then return 0 end
for i = 1, 4 do
  redis.call('UNLINK', KEYS[i + 4])
  if redis.call('EXISTS', KEYS[i]) == 1 then redis.call('RENAME', KEYS[i], KEYS[i + 4]) end
end
return 1
`;

/** KEYS z h c d · ARGV instant. The instant is kept too, for keys that `apply` makes later. */
const EXPIRE = `
if redis.call('EXISTS', KEYS[3]) == 0 then return 0 end
redis.call('HSET', KEYS[3], 'x', ARGV[1])
for i = 1, 4 do redis.call('PEXPIREAT', KEYS[i], ARGV[1]) end
return 1
`;

export const RANKED_SET_SCRIPTS = {
  porticoRankedApply: { lua: APPLY, numberOfKeys: 4 },
  porticoRankedLookup: { lua: LOOKUP, numberOfKeys: 2 },
  porticoRankedRange: { lua: RANGE, numberOfKeys: 1 },
  porticoRankedAround: { lua: AROUND, numberOfKeys: 2 },
  porticoRankedCount: { lua: COUNT, numberOfKeys: 1 },
  porticoRankedDistinct: { lua: DISTINCT, numberOfKeys: 4 },
  porticoRankedReplace: { lua: REPLACE, numberOfKeys: 8 },
  porticoRankedExpire: { lua: EXPIRE, numberOfKeys: 4 },
} as const;
