import type { Grant, Instance, Lease, LeaseState, OpenContext } from '../../ports/index.ts';
import { checkInteger, checkText, openInstance } from '../kit/index.ts';
import { createAsk } from './ask.ts';
import { createBell } from './bell.ts';
import { backoffMs } from './client.ts';
import type { RedisConn } from './connection.ts';
import { mapRedisError } from './errors.ts';

/**
 * A lease is two keys and a channel under one hash tag:
 *
 *   portico:{<ns>:le:<name>}:l   hash     h: holder, t: token; expires with the lease
 *   portico:{<ns>:le:<name>}:f   string   the last token; never expires
 *   portico:{<ns>:le:<name>}:n   channel  rung by every grant and release
 *
 * A watcher re-reads at a ring, after a gap, and when the lease it saw would run out.
 */
export async function openLease(conn: RedisConn, { namespace, signal: stopped }: OpenContext): Promise<Instance<Lease>> {
  const ask = createAsk(conn, 'lease');
  const closing = new AbortController();
  const verb = conn.isCluster ? 'SPUBLISH' : 'PUBLISH';
  const keysOf = (name: string) => {
    checkText('name', name, 200);
    const base = `portico:{${namespace}:le:${name}}`;
    return { lease: `${base}:l`, tokens: `${base}:f`, channel: `${base}:n` };
  };
  const toGrant = (name: string, answer: unknown): Grant | null => {
    const [token, expiresAtMs] = answer as string[];
    return token === undefined ? null : { name, token: Number(token), expiresAtMs: Number(expiresAtMs) };
  };

  const api: Lease = {
    async acquire(name, { holder, ttlMs, signal }) {
      const { lease, tokens, channel } = keysOf(name);
      checkText('holder', holder, 200);
      checkInteger('ttlMs', ttlMs, 100, 600_000);
      return toGrant(name, await ask.write(signal, () => ask.script('porticoLeaseAcquire', lease, tokens, holder, ttlMs, verb, channel)));
    },

    async renew({ name, token }, { ttlMs, signal }) {
      const { lease } = keysOf(name);
      checkInteger('ttlMs', ttlMs, 100, 600_000);
      return toGrant(name, await ask.write(signal, () => ask.script('porticoLeaseRenew', lease, token, ttlMs)));
    },

    async release({ name, token }) {
      const { lease, channel } = keysOf(name);
      await ask.write(undefined, () => ask.script('porticoLeaseRelease', lease, token, verb, channel));
    },

    async *watch(name, { signal }) {
      const { lease, tokens, channel } = keysOf(name);
      const end = AbortSignal.any([signal, stopped, closing.signal]);
      const bell = createBell();
      const hearer = { message: bell.ring, gap: bell.ring };
      let seen: LeaseState | undefined;
      let isHeard = false;
      let failures = 0;
      try {
        while (!end.aborted) {
          let answer: [string | null, string, number];
          try {
            if (!isHeard) await conn.listener.add(channel, hearer);
            isHeard = true;
            answer = (await ask.read(end, () => ask.script('porticoLeaseState', lease, tokens))) as typeof answer;
          } catch (error) {
            if (end.aborted) return;
            const fault = mapRedisError(error, { port: 'lease', effect: 'read' });
            if (!fault.retryable) throw fault;
            failures += 1;
            await createBell().wait(end, backoffMs(failures));
            continue;
          }
          failures = 0;
          const [holder, token, leftMs] = answer;
          const state: LeaseState = { name, holder, token: Number(token) };
          if (seen?.holder !== state.holder || seen.token !== state.token) {
            seen = state;
            yield state;
          }
          await bell.wait(end, holder === null ? undefined : Math.max(leftMs, 0) + 5);
        }
      } finally {
        conn.listener.remove(channel, hearer);
      }
    },
  };
  return openInstance(api, { port: 'lease', adapter: 'redis', health: conn.health, close: () => closing.abort() }, ['watch']);
}
