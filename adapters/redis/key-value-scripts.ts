/**
 * KEYS key · ARGV delta min max expiresAt ('' none). {1, result as text}, {0} where a bound would be crossed, {-1} where the value is no
 * integer. Both summands are within ±(2^53 - 1), so a sum past the bounds is past them as a double too.
 */
const ADD = `
local held = redis.call('GET', KEYS[1])
local current = 0
if held then
  if not string.match(held, '^-?%d+$') then return { -1 } end
  current = tonumber(held)
  if current > 9007199254740991 or current < -9007199254740991 then return { -1 } end
end
local sum = current + tonumber(ARGV[1])
if sum < tonumber(ARGV[2]) or sum > tonumber(ARGV[3]) then return { 0 } end
local text = string.format('%.0f', sum)
if text == '-0' then text = '0' end
if held then
  redis.call('SET', KEYS[1], text, 'KEEPTTL')
elseif ARGV[4] ~= '' then
  redis.call('SET', KEYS[1], text, 'PXAT', ARGV[4])
else
  redis.call('SET', KEYS[1], text)
end
return { 1, text }
`;

export const KEY_VALUE_SCRIPTS = {
  porticoKeyValueAdd: { lua: ADD, numberOfKeys: 1 },
} as const;
