/** KEYS g · ARGV ids. 1 where a point was there, in order, so that a second mention of an id finds nothing. */
const REMOVE = `
local out = {}
for i, id in ipairs(ARGV) do out[i] = redis.call('ZREM', KEYS[1], id) end
return out
`;

/** KEYS g · ARGV pairs of scores, inclusive. A list of id, score, … per pair, all of one moment. */
const RANGES = `
local out = {}
for i = 1, #ARGV, 2 do
  out[#out + 1] = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[i], ARGV[i + 1], 'WITHSCORES')
end
return out
`;

export const GEO_INDEX_SCRIPTS = {
  porticoGeoRemove: { lua: REMOVE, numberOfKeys: 1 },
  porticoGeoRanges: { lua: RANGES, numberOfKeys: 1 },
} as const;
