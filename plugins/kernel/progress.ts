import type { Environment } from './environment.ts';
import type { Batch, Source } from './source.ts';
import type { WorkStatus } from './work.ts';

type PartitionState = WorkStatus['state'];

interface Waiter {
  readonly position: number;
  resolve(isApplied: boolean): void;
}

const ENDS_EVERY_MS = 1_000;

/** How far a projection is: its numbers for the monitor, and whoever waits for a position. */
export function createProgress<T>(name: string, source: Source<T>, environment: Pick<Environment, 'clock' | 'meter'>) {
  const { clock, meter } = environment;
  const size = source.partitions;
  const positions = Array.from({ length: size }, () => 0);
  const ends = Array.from({ length: size }, () => 0);
  const states = Array.from({ length: size }, (): PartitionState => 'starting');
  const waiters = Array.from({ length: size }, () => new Set<Waiter>());
  let lastAppliedAtMs = clock.now();
  let lastFault = '';

  const applied = meter.counter(`${name}_applied_total`, `Records applied by the ${name} projection.`, ['partition']);
  const errors = meter.counter(`${name}_errors_total`, `Failed steps of the ${name} projection.`, ['partition']);
  const poison = meter.counter(`${name}_poison_total`, `Records the ${name} projection could not read.`, ['partition']);
  const lag = (partition: number) => Math.max(0, (ends[partition] ?? 0) - (positions[partition] ?? 0));
  meter.gauge(`${name}_lag_records`, `Records the ${name} projection has not applied yet.`, () =>
    positions.map((_, partition) => ({ value: lag(partition), labels: { partition: String(partition) } })),
  );
  meter.gauge(`${name}_last_applied_age_seconds`, `Seconds since the ${name} projection applied something.`, () => [
    { value: (clock.now() - lastAppliedAtMs) / 1000 },
  ]);

  const reach = (partition: number, position: number) => {
    positions[partition] = position;
    if (position > (ends[partition] ?? 0)) ends[partition] = position;
    for (const waiter of waiters[partition] ?? []) if (waiter.position <= position) waiter.resolve(true);
  };

  return {
    started(partition: number, position: number) {
      states[partition] = 'running';
      reach(partition, position);
    },
    applied(partition: number, batch: Batch<T>) {
      states[partition] = 'running';
      lastAppliedAtMs = clock.now();
      applied.add(batch.records.length, { partition: String(partition) });
      reach(partition, batch.position);
    },
    observed(partition: number, position: number) {
      if (position > (positions[partition] ?? 0)) reach(partition, position);
    },
    standby(partition: number) {
      states[partition] = 'standby';
    },
    failed(partition: number, error: unknown) {
      states[partition] = 'failing';
      lastFault = error instanceof Error ? error.message : String(error);
      errors.add(1, { partition: String(partition) });
    },
    poisoned: (partition: number) => poison.add(1, { partition: String(partition) }),
    stopped: () => states.fill('stopped'),
    position: (partition: number) => positions[partition] ?? 0,
    /** Asks the source once a second how far it reaches, so that lag is known while nothing moves. */
    async watchEnds(signal: AbortSignal) {
      while (!signal.aborted) {
        const newest = await source.ends({ signal }).catch(() => []);
        for (const [partition, end] of newest.entries()) ends[partition] = Math.max(end, positions[partition] ?? 0);
        await clock.sleep(ENDS_EVERY_MS, signal);
      }
    },
    waitFor(partition: number, position: number, signal: AbortSignal): Promise<boolean> {
      if ((positions[partition] ?? 0) >= position) return Promise.resolve(true);
      if (signal.aborted) return Promise.resolve(false);
      return new Promise((resolve) => {
        const onAbort = () => waiter.resolve(false);
        const waiter: Waiter = {
          position,
          resolve(isApplied) {
            waiters[partition]?.delete(waiter);
            signal.removeEventListener('abort', onAbort);
            resolve(isApplied);
          },
        };
        waiters[partition]?.add(waiter);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
    status(): WorkStatus {
      const order: readonly PartitionState[] = ['failing', 'starting', 'running', 'standby', 'stopped'];
      const state = order.find((candidate) => states.includes(candidate)) ?? 'running';
      const total = positions.reduce((sum, _, partition) => sum + lag(partition), 0);
      return { state, lag: total, ...(state === 'failing' ? { detail: lastFault } : {}) };
    },
  };
}
