import type { Work } from '../kernel/index.ts';
import { type LeaderboardContext, type Machinery, SCORES } from './machinery.ts';

const EVERY_MS = 600_000;
const STEP = 5_000;
/** Records forgotten of one partition in one round. */
const ROUND_MAX = 500_000;
const DAY_MS = 86_400_000;

/**
 * Forgets score records that the record projection has applied and that are older than the option `scoreRetentionDays`. Every process may do
 * it: trimming twice is trimming once.
 */
export function createTrimming(context: LeaderboardContext, { repository }: Pick<Machinery, 'repository'>): Work {
  const { clock, options, ports } = context;
  const log = ports.scores.api;
  const trim = async (partition: number, applied: number, first: number, signal: AbortSignal) => {
    const oldMs = clock.now() - options.scoreRetentionDays * DAY_MS;
    let through = first - 1;
    while (through < Math.min(applied, first + ROUND_MAX) && !signal.aborted) {
      const records = await log.read(SCORES, partition, { after: through, limit: STEP, signal });
      const old = records.filter(({ position, atMs }) => position <= applied && atMs < oldMs);
      through = old.at(-1)?.position ?? through;
      if (old.length < STEP) break;
    }
    if (through >= first) await log.trim(SCORES, partition, { through });
  };
  return {
    name: 'score-trimming',
    status: () => ({ state: 'running' }),
    async run(signal) {
      // Positions of the round before: by now they are on the disk whatever the record's engine loses in a crash.
      let applied: readonly number[] = [];
      while (!signal.aborted) {
        const now = await repository.recordPositions(options.partitions);
        for (const { partition, first } of await log.extents(SCORES, { signal }))
          await trim(partition, applied[partition] ?? 0, first, signal);
        applied = now;
        await clock.sleep(EVERY_MS, signal);
      }
    },
  };
}
