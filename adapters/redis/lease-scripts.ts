/**
 * Leases as scripts; keys are drawn in `lease.ts`. Instants are the engine's. A token is at least the instant of its grant, so tokens rise
 * even over an engine that forgot them, as long as its clock does.
 */
const NOW = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function text(n) return string.format('%.0f', n) end
`;

/** KEYS l f · ARGV holder ttl verb channel. {token, expiry} or {} when somebody else holds it. */
const ACQUIRE = `${NOW}
local held = redis.call('HMGET', KEYS[1], 'h', 't')
local ends = text(now + tonumber(ARGV[2]))
if held[1] then
  if held[1] ~= ARGV[1] then return {} end
  redis.call('PEXPIREAT', KEYS[1], ends)
  return { held[2], ends }
end
local token = text(math.max(now, tonumber(redis.call('GET', KEYS[2]) or '0') + 1))
redis.call('SET', KEYS[2], token)
redis.call('HSET', KEYS[1], 'h', ARGV[1], 't', token)
redis.call('PEXPIREAT', KEYS[1], ends)
redis.call(ARGV[3], ARGV[4], '')
return { token, ends }
`;

/** KEYS l · ARGV token ttl. {token, expiry} or {} when it was lost. */
const RENEW = `${NOW}
if redis.call('HGET', KEYS[1], 't') ~= ARGV[1] then return {} end
local ends = text(now + tonumber(ARGV[2]))
redis.call('PEXPIREAT', KEYS[1], ends)
return { ARGV[1], ends }
`;

/** KEYS l · ARGV token verb channel. */
const RELEASE = `
if redis.call('HGET', KEYS[1], 't') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call(ARGV[2], ARGV[3], '')
return 1
`;

/** KEYS l f. {holder, token, milliseconds left} or {false, last token, -1}. */
const STATE = `
local held = redis.call('HMGET', KEYS[1], 'h', 't')
if held[1] then return { held[1], held[2], redis.call('PTTL', KEYS[1]) } end
return { false, redis.call('GET', KEYS[2]) or '0', -1 }
`;

export const LEASE_SCRIPTS = {
  porticoLeaseAcquire: { lua: ACQUIRE, numberOfKeys: 2 },
  porticoLeaseRenew: { lua: RENEW, numberOfKeys: 1 },
  porticoLeaseRelease: { lua: RELEASE, numberOfKeys: 1 },
  porticoLeaseState: { lua: STATE, numberOfKeys: 2 },
} as const;
