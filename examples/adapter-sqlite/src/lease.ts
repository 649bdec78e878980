import { setTimeout as pause } from 'node:timers/promises';
import { checkAborted, checkInteger, openInstance, type Provider } from 'portico/adapter';
import { type Grant, Lease, type LeaseState } from 'portico/ports';
import type { Database } from './database.ts';

const TTL_MS = { min: 100, max: 600_000 };
/** SQLite tells nobody of changes, so watching is looking; well within the second the port allows. */
const WATCH_MS = 200;

export const lease: Provider<typeof Lease, Database> = {
  port: Lease,
  caps: { scope: 'cluster', fencing: true, durable: 'disk' },
  async open(database, { namespace, now }) {
    const closing = new AbortController();
    return openInstance<Lease>(
      createLease(database, namespace, now, closing.signal),
      { port: 'lease', adapter: 'sqlite', health: async () => database.health(), close: () => closing.abort() },
      ['watch'],
    );
  },
};

/** The engine is in this process, so its clock is the machine's, which all processes that share the file have in common. */
function createLease(database: Database, namespace: string, now: () => number, closed: AbortSignal): Lease {
  const { statement, reading, writing } = database;
  const stateOf = (name: string): LeaseState => {
    const row = statement('select holder, token, expires_at_ms from lease where namespace = ? and name = ?').get(namespace, name);
    if (row === undefined) return { name, holder: null, token: 0 };
    const isHeld = row['holder'] !== null && Number(row['expires_at_ms']) > now();
    return { name, holder: isHeld ? String(row['holder']) : null, token: Number(row['token']) };
  };
  const store = (name: string, holder: string | null, token: number, ttlMs: number): Grant => {
    const expiresAtMs = now() + ttlMs;
    statement('insert or replace into lease values (?, ?, ?, ?, ?)').run(namespace, name, holder, token, expiresAtMs);
    return { name, token, expiresAtMs };
  };
  const isHeldBy = ({ name, token }: Grant, state = stateOf(name)) => state.holder !== null && state.token === token;

  return {
    async acquire(name, { holder, ttlMs, signal }) {
      checkAborted(signal);
      checkTtl(ttlMs);
      return writing(() => {
        const state = stateOf(name);
        if (state.holder !== null && state.holder !== holder) return null;
        return store(name, holder, state.holder === null ? state.token + 1 : state.token, ttlMs);
      });
    },
    async renew(grant, { ttlMs, signal }) {
      checkAborted(signal);
      checkTtl(ttlMs);
      return writing(() => {
        const state = stateOf(grant.name);
        return isHeldBy(grant, state) ? store(grant.name, state.holder, grant.token, ttlMs) : null;
      });
    },
    async release(grant) {
      writing(() => {
        if (isHeldBy(grant)) store(grant.name, null, grant.token, 0);
      });
    },
    async *watch(name, { signal }) {
      const ending = AbortSignal.any([signal, closed]);
      let shown: LeaseState | undefined;
      while (!ending.aborted) {
        const state = reading(() => stateOf(name));
        if (shown === undefined || state.holder !== shown.holder || state.token !== shown.token) {
          shown = state;
          yield state;
        } else await pause(WATCH_MS, undefined, { signal: ending }).catch(() => undefined);
      }
    },
  };
}

function checkTtl(ttlMs: number): void {
  checkInteger('ttlMs', ttlMs, TTL_MS.min, TTL_MS.max);
}
