/**
 * The acts of a log as scripts. Keys are drawn in `event-log.ts`; all keys of a topic share its hash tag, so the ones that depend on the
 * partition are derived from KEYS[1] (`…:m`).
 */

/**
 * KEYS m · ARGV partitions verb, then per record: partition key id data.
 * {'missing'}, {'partitions', n}, {'clash', indexes…} or {'appended', then per record: partition position at duplicate}.
 */
const APPEND = `
local m, base = KEYS[1], string.sub(KEYS[1], 1, -3)
local n = redis.call('HGET', m, 'n')
if not n then return { 'missing' } end
if n ~= ARGV[1] then return { 'partitions', n } end
local placed, same, seen, clashes = {}, {}, {}, { 'clash' }
local count = (#ARGV - 2) / 4
for i = 1, count do
  local at = i * 4 - 1
  local partition, id, data = ARGV[at], ARGV[at + 2], ARGV[at + 3]
  if id ~= '' then
    local name = partition .. ':' .. id
    local first = seen[name]
    if first then
      if ARGV[first * 4 + 2] == data then same[i] = first else clashes[#clashes + 1] = i - 1 end
    else
      seen[name] = i
      local position = redis.call('HGET', base .. ':i:' .. partition, id)
      local held = position and redis.call('XRANGE', base .. ':s:' .. partition, position, position)[1]
      if held then
        local fields = held[2]
        if fields[6] == data then
          placed[i] = { position, fields[4] }
        else
          clashes[#clashes + 1] = i - 1
        end
      end
    end
  end
end
if #clashes > 1 then return clashes end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local heads, touched, out = {}, {}, { 'appended' }
for i = 1, count do
  local at = i * 4 - 1
  local partition, id = ARGV[at], ARGV[at + 2]
  local duplicate = 1
  if same[i] then
    placed[i] = placed[same[i]]
  elseif not placed[i] then
    duplicate = 0
    local head = heads[partition]
    if not head then
      local held = redis.call('HMGET', m, 'l' .. partition, 't' .. partition)
      head = { tonumber(held[1] or '0'), math.max(now, tonumber(held[2] or '0')) }
      heads[partition] = head
      touched[#touched + 1] = partition
    end
    head[1] = head[1] + 1
    local position, instant = string.format('%.0f', head[1]), string.format('%.0f', head[2])
    redis.call('XADD', base .. ':s:' .. partition, position .. '-0', 'k', ARGV[at + 1], 't', instant, 'd', ARGV[at + 3], 'i', id)
    if id ~= '' then redis.call('HSET', base .. ':i:' .. partition, id, position) end
    placed[i] = { position, instant }
  end
  local where = #out
  out[where + 1], out[where + 2], out[where + 3], out[where + 4] = partition, placed[i][1], placed[i][2], duplicate
end
for _, partition in ipairs(touched) do
  local head = heads[partition]
  redis.call('HSET', m, 'l' .. partition, string.format('%.0f', head[1]), 't' .. partition, string.format('%.0f', head[2]))
  redis.call(ARGV[2], base .. ':n:' .. partition, '')
end
return out
`;

/** KEYS m · ARGV partition through step. Forgets up to step records and their ids; 1 while there are more. */
const TRIM = `
local m, base, partition = KEYS[1], string.sub(KEYS[1], 1, -3), ARGV[1]
local held = redis.call('HMGET', m, 'n', 'l' .. partition, 'f' .. partition)
if not held[1] then return -1 end
local last, first = tonumber(held[2] or '0'), tonumber(held[3] or '1')
local through = math.min(tonumber(ARGV[2]), last)
if through < first then return 0 end
local to = math.min(through, first + tonumber(ARGV[3]) - 1)
local stream, ids = base .. ':s:' .. partition, {}
for _, entry in ipairs(redis.call('XRANGE', stream, '-', string.format('%.0f-0', to))) do
  if entry[2][8] ~= '' then ids[#ids + 1] = entry[2][8] end
end
if #ids > 0 then redis.call('HDEL', base .. ':i:' .. partition, unpack(ids)) end
redis.call('XTRIM', stream, 'MINID', '=', string.format('%.0f-0', to + 1))
redis.call('HSET', m, 'f' .. partition, string.format('%.0f', to + 1))
return through > to and 1 or 0
`;

export const EVENT_LOG_SCRIPTS = {
  porticoLogAppend: { lua: APPEND, numberOfKeys: 1 },
  porticoLogTrim: { lua: TRIM, numberOfKeys: 1 },
} as const;
