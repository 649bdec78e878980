import { type Grant, type Instance, Lease, type LeaseCaps, type LeaseState, type OpenContext, type Provider } from '../../ports/index.ts';
import { checkAborted, checkInteger, checkText, openInstance } from '../kit/index.ts';
import { type Conn, instanceSignal } from './connection.ts';
import { watchLease } from './lease-watch.ts';

const caps: LeaseCaps = { scope: 'cluster', fencing: true, durable: 'disk' };
const TTL_MIN_MS = 100;
const TTL_MAX_MS = 600_000;

export const LEASE_CHANNEL = 'portico_lease';
export const leaseProvider: Provider<typeof Lease, Conn> = { port: Lease, caps, open: openLease };

type GrantRow = readonly [token: string, expiresAtMs: string];

/** One row per name, kept for ever, so that tokens never fall. All instants are the server's `clock_timestamp()`, read under the row's lock. */
function openLease(conn: Conn, context: OpenContext): Promise<Instance<Lease>> {
  const { namespace } = context;
  const { signal: ended, end } = instanceSignal(context);
  const ask = async (text: string, params: readonly unknown[], name: string, signal?: AbortSignal): Promise<Grant | null> => {
    const [row] = await conn.call<GrantRow>('lease', text, [namespace, name, ...params], { signal, asArrays: true });
    return row === undefined ? null : { name, token: Number(row[0]), expiresAtMs: Number(row[1]) };
  };

  const api: Lease = {
    async acquire(name, { holder, ttlMs, signal }) {
      checkText('name', name, 200);
      checkText('holder', holder, 200);
      checkInteger('ttlMs', ttlMs, TTL_MIN_MS, TTL_MAX_MS);
      checkAborted(signal);
      return ask(ACQUIRE, [holder, ttlMs, LEASE_CHANNEL], name, signal);
    },
    async renew({ name, token }, { ttlMs, signal }) {
      checkInteger('ttlMs', ttlMs, TTL_MIN_MS, TTL_MAX_MS);
      checkAborted(signal);
      return ask(RENEW, [token, ttlMs], name, signal);
    },
    async release({ name, token }) {
      await conn.call('lease', RELEASE, [namespace, name, token, LEASE_CHANNEL]);
    },
    watch(name, options) {
      checkText('name', name, 200);
      const read = async (signal: AbortSignal) => {
        const [row] = await conn.call<readonly [holder: string | null, token: string, leftMs: string]>('lease', STATE, [namespace, name], {
          signal,
          asArrays: true,
        });
        const state: LeaseState = { name, holder: row?.[0] ?? null, token: Number(row?.[1] ?? 0) };
        return { state, leftMs: state.holder === null ? null : Number(row?.[2] ?? 0) };
      };
      const signal = AbortSignal.any([options.signal, ended]);
      return watchLease({ listener: conn.listener, channel: LEASE_CHANNEL, payload: `${namespace} ${name}`, read, signal });
    },
  };
  const instance = openInstance(api, { port: 'lease', adapter: 'postgres', health: () => conn.health(), close: end }, ['watch']);
  return Promise.resolve(instance);
}

const EXPIRES_MS = 'floor(extract(epoch from expires_at) * 1000)::bigint';

/** A free or run-out lease gets the next token; the holder's own living one keeps its token. */
const ACQUIRE = `
with granted as (
  insert into portico.leases as l (namespace, name, holder, token, expires_at)
  values ($1::text, $2::text, $3::text, 1, clock_timestamp() + $4::int * interval '1 ms')
  on conflict (namespace, name) do update set
    token = case when l.holder = $3::text and l.expires_at > clock_timestamp() then l.token else l.token + 1 end,
    holder = $3::text, expires_at = clock_timestamp() + $4::int * interval '1 ms'
  where l.holder is null or l.holder = $3::text or l.expires_at <= clock_timestamp()
  returning token, expires_at
)
select token, ${EXPIRES_MS}, pg_notify($5::text, $1::text || ' ' || $2::text) from granted`;

const RENEW = `
update portico.leases set expires_at = clock_timestamp() + $4::int * interval '1 ms'
 where namespace = $1 and name = $2 and token = $3::bigint and holder is not null and expires_at > clock_timestamp()
returning token, ${EXPIRES_MS}`;

const RELEASE = `
with freed as (
  update portico.leases set holder = null where namespace = $1::text and name = $2::text and token = $3::bigint and holder is not null
  returning 1
)
select pg_notify($4::text, $1::text || ' ' || $2::text) from freed`;

const STATE = `
select case when expires_at > clock_timestamp() then holder end, token,
       greatest(0, ceil(extract(epoch from expires_at - clock_timestamp()) * 1000))::bigint
  from portico.leases where namespace = $1 and name = $2`;
