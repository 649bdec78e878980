import { isPortError, type Lease, PortError } from '../../ports/index.ts';
import type { Environment } from './environment.ts';
import { hold } from './hold.ts';
import { createProgress } from './progress.ts';
import type { Batch, Source, Sourced } from './source.ts';
import type { Work, WorkStatus } from './work.ts';

/** Where a projection's results and its checkpoint live, together. */
export interface Sink<T> {
  /** Highest position applied; 0 where there is none. */
  position(partition: number): Promise<number>;
  /**
   * Applies the records and moves the checkpoint from `after` to `position` as one atomic step. CONFLICT when the stored checkpoint is not
   * `after`: somebody else has moved it, and the projection reads it again.
   */
  apply(partition: number, records: readonly Sourced<T>[], step: Step): Promise<void>;
  /** A second, empty sink beside the live one; `swap` puts it in its place. Absent: it cannot be rebuilt. */
  shadow?(): Promise<{ readonly sink: Sink<T>; swap(): Promise<void> }>;
}

export interface Step {
  readonly after: number;
  readonly position: number;
  readonly signal: AbortSignal;
}

export interface ProjectionOptions<T> {
  readonly name: string;
  readonly source: Source<T>;
  readonly sink: Sink<T>;
  /** With a sink that every process shares, one process at a time holds a partition. Left out: every process runs all partitions. */
  readonly holding?: { readonly lease: Lease; readonly holder: string; readonly ttlMs?: number };
  /** Records applied in one step, default 1000. */
  readonly batch?: number;
  readonly environment: Pick<Environment, 'clock' | 'log' | 'meter'>;
}

export interface Projection extends Work {
  /** True once the position is applied, here or (`observed`) elsewhere; false when the signal aborts first. */
  waitFor(partition: number, position: number, options: { readonly signal: AbortSignal }): Promise<boolean>;
  /** Tells of progress made by another process. */
  observed(partition: number, position: number): void;
  /** Highest position known to be applied. */
  position(partition: number): number;
  /** The sink may have changed under it: forget what is known, read the checkpoints again and go on from there. */
  reread(): void;
  /** Builds from zero beside the live one, then swaps. UNSUPPORTED when the sink has no shadow. Answers the number of records applied. */
  rebuild(options: { readonly signal: AbortSignal }): Promise<number>;
}

const BATCH = 1_000;
const LEASE_TTL_MS = 2_000;
const PAUSE_FIRST_MS = 50;
const PAUSE_MAX_MS = 5_000;

/**
 * Follows a source per partition and applies it to a sink, exactly once: position and result move together, so a process killed at any
 * moment goes on where the sink stands. A fault is retried after a growing, bounded pause; a record that cannot be decoded is passed over.
 */
export function createProjection<T>(options: ProjectionOptions<T>): Projection {
  const { name, source, sink, environment } = options;
  const { clock, log } = environment;
  const limit = options.batch ?? BATCH;
  const progress = createProgress(name, source, environment);
  let again = new AbortController();

  const applyBatch = async (partition: number, after: number, batch: Batch<T>, signal: AbortSignal) => {
    await sink.apply(partition, batch.records, { after, position: batch.position, signal });
    for (const { position, cause } of batch.poison) {
      progress.poisoned(partition);
      log.error('a record cannot be read and is passed over', { projection: name, partition, position, cause: String(cause) });
    }
    progress.applied(partition, batch);
  };

  const pump = async (partition: number, signal: AbortSignal) => {
    const until = AbortSignal.any([signal, again.signal]);
    let position = await sink.position(partition);
    progress.started(partition, position);
    for await (const batch of source.follow(partition, { after: position, limit, signal: until })) {
      if (until.aborted) return;
      await applyBatch(partition, position, batch, until);
      position = batch.position;
    }
  };

  const held = (partition: number, signal: AbortSignal) => {
    const { holding } = options;
    if (holding === undefined) return pump(partition, signal);
    return hold(
      {
        lease: holding.lease,
        name: `${name}.p${partition}`,
        holder: holding.holder,
        ttlMs: holding.ttlMs ?? LEASE_TTL_MS,
        clock,
        signal,
        onStandby: () => progress.standby(partition),
      },
      (lasting) => pump(partition, lasting),
    );
  };

  const keep = async (partition: number, signal: AbortSignal) => {
    let pauseMs = PAUSE_FIRST_MS;
    while (!signal.aborted) {
      const before = progress.position(partition);
      try {
        await held(partition, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (progress.position(partition) > before) pauseMs = PAUSE_FIRST_MS;
        if (!isPortError(error, 'CONFLICT') && !again.signal.aborted) {
          progress.failed(partition, error);
          if (pauseMs === PAUSE_FIRST_MS)
            log.warn('a projection failed and will try again', { projection: name, partition, cause: String(error) });
        }
        await clock.sleep(pauseMs, signal);
        pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS);
      }
      if (again.signal.aborted) again = new AbortController();
    }
  };

  return {
    name,
    async run(signal) {
      await Promise.all([
        progress.watchEnds(signal),
        ...Array.from({ length: source.partitions }, (_, partition) => keep(partition, signal)),
      ]);
      progress.stopped();
    },
    status: (): WorkStatus => progress.status(),
    waitFor: (partition, position, { signal }) => progress.waitFor(partition, position, signal),
    observed: (partition, position) => progress.observed(partition, position),
    position: (partition) => progress.position(partition),
    reread: () => again.abort(),
    async rebuild({ signal }) {
      if (sink.shadow === undefined) throw new PortError('UNSUPPORTED', `${name} cannot be rebuilt`);
      const shadow = await sink.shadow();
      const built = await Promise.all(
        Array.from({ length: source.partitions }, (_, partition) => catchUp({ source, sink: shadow.sink, partition, limit, signal })),
      );
      if (signal.aborted) throw new PortError('CANCELLED', 'the rebuild was given up');
      await shadow.swap();
      again.abort();
      return built.reduce((sum, count) => sum + count, 0);
    },
  };
}

/** Applies everything that the partition holds at the start, and answers the number of records. */
async function catchUp<T>(job: {
  source: Source<T>;
  sink: Sink<T>;
  partition: number;
  limit: number;
  signal: AbortSignal;
}): Promise<number> {
  const { source, sink, partition, limit, signal } = job;
  const end = (await source.ends({ signal }))[partition] ?? 0;
  let position = 0;
  let count = 0;
  if (end === 0) return 0;
  for await (const batch of source.follow(partition, { after: 0, limit, signal })) {
    await sink.apply(partition, batch.records, { after: position, position: batch.position, signal });
    position = batch.position;
    count += batch.records.length;
    if (position >= end) break;
  }
  return count;
}
