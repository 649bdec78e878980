/** KEYS g · ARGV ids. 1 where a point was there, in order, so that a second mention of an id finds nothing. */
const REMOVE = `
local out = {}
for i, id in ipairs(ARGV) do out[i] = redis.call('ZREM', KEYS[1], id) end
return out
`;

export const GEO_INDEX_SCRIPTS = {
  porticoGeoRemove: { lua: REMOVE, numberOfKeys: 1 },
} as const;
