import type { Ask } from './ask.ts';
import type { RedisConn } from './connection.ts';
import type { Keys } from './ranked-set.ts';

/**
 * `replace` between boards whose names hash to different slots of a Cluster. No command spans two slots, so the board is
 * dumped, restored beside its target and renamed there in one step; the source is dropped last.
 *
 *   source z h c d ──DUMP──► target z:r h:r c:r d:r ──rename──► target z h c d,  then source is unlinked
 *
 * Readers of the target see the old board or the new one. The source must not be written meanwhile; a key may be 512 MB dumped
 * (some ten million members). After a fault in between, the source still stands and the call can be made again.
 */
export async function copyAcrossSlots(conn: RedisConn, ask: Ask, source: Keys, target: Keys): Promise<number> {
  const beside = target.map((key) => `${key}:r`);
  const dumped = await Promise.all(source.map((key) => Promise.all([conn.client.dumpBuffer(key), conn.client.pexpiretime(key)])));
  if (dumped[2]?.[0] === null) return 0;
  await conn.client.unlink(...beside);
  await Promise.all(
    dumped.map(async ([bytes, expiresAtMs], i) => {
      if (bytes !== null) await conn.client.restore(beside[i] ?? '', Math.max(expiresAtMs, 0), bytes, 'ABSTTL');
    }),
  );
  const replaced = await ask.script('porticoRankedReplace', ...beside, ...target);
  await conn.client.unlink(...source);
  return Number(replaced);
}
