import type { AdapterLog } from '../../ports/index.ts';
import type { Conn } from './connection.ts';

const EVERY_MS = 30_000;
const BATCH = 1_000;
const BATCHES_MAX = 20;

/** Frees the rows of keys whose instant has passed, in bounded batches that skip whatever somebody is using. */
export function startSweeper(call: Conn['call'], log: AdapterLog): { stop(): void } {
  let isSweeping = false;
  const timer = setInterval(() => {
    if (isSweeping) return;
    isSweeping = true;
    sweep(call)
      .catch((error: unknown) => log.warn('expired keys could not be swept', { error: String(error) }))
      .finally(() => {
        isSweeping = false;
      });
  }, EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** Resolves with the number of rows that were freed, at most `BATCH * BATCHES_MAX`. */
export async function sweep(call: Conn['call']): Promise<number> {
  let freed = 0;
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    const { count } = await call(
      'key-value',
      `delete from portico.key_values where ctid = any(array(
         select ctid from portico.key_values where expires_at_ms <= portico.now_ms() order by expires_at_ms limit ${BATCH} for update skip locked))
         and expires_at_ms <= portico.now_ms()`,
      [],
    );
    freed += count ?? 0;
    if ((count ?? 0) < BATCH) break;
  }
  return freed;
}
